package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Caller
import io.github.vippspartnerauth.VippsAuth
import io.github.vippspartnerauth.authorize
import io.github.vippspartnerauth.okHttpInterceptor
import io.github.vippspartnerauth.send
import io.github.vippspartnerauth.emulator.EmulatorReply
import io.ktor.client.HttpClient
import io.ktor.client.engine.java.Java
import io.ktor.client.request.get
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import java.io.IOException
import java.net.URI
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import kotlinx.coroutines.runBlocking
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource

/** Each adapter with its real client, against the emulator. */
class AdaptersTest {
    /** Sends a request with a client and tells the status. */
    enum class Adapter(val follows: Boolean, val send: (Caller, String, String?) -> Int) {
        OK_HTTP(true, { caller, url, body ->
            val client = OkHttpClient.Builder().authorize(caller).build()
            val request = Request.Builder().url(url).apply { body?.let { post(it.toRequestBody()) } }.build()
            client.newCall(request).execute().use { it.code }
        }),
        KTOR(true, { caller, url, body ->
            runBlocking {
                HttpClient(Java) { install(VippsAuth) { this.caller = caller } }.use { client ->
                    (if (body == null) client.get(url) else client.post(url) { setBody(body) }).status.value
                }
            }
        }),
        JAVA_HTTP(false, { caller, url, body ->
            val method = if (body == null) "GET" else "POST"
            val content = body?.let(BodyPublishers::ofString) ?: BodyPublishers.noBody()
            val request = HttpRequest.newBuilder(URI(url)).method(method, content).build()
            caller.send(java.net.http.HttpClient.newHttpClient(), request, BodyHandlers.discarding()).statusCode()
        }),
    }

    @ParameterizedTest
    @EnumSource
    fun `a call goes through with the headers of the merchant`(adapter: Adapter) = Shop().use { shop ->
        assertEquals(200, adapter.send(shop.merchant, shop.payments, null))
        val call = shop.vipps.requests().last()
        assertEquals("123456", call.headers.first { it.name == "merchant-serial-number" }.value)
    }

    @ParameterizedTest
    @EnumSource
    fun `a revoked token is renewed and the call made again, body and all`(adapter: Adapter) = Shop().use { shop ->
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        val status = adapter.send(shop.merchant, shop.payments, """{"reference":"acme-1"}""")
        val calls = shop.vipps.requests().filter { it.path == PAYMENTS }
        assertEquals(listOf(401, status), calls.map { it.status })
        assertTrue(status in 200..299, "$status")
        assertEquals(listOf("""{"reference":"acme-1"}"""), calls.map { it.body }.distinct())
        assertEquals(2, shop.tokenRequests())
    }

    @ParameterizedTest
    @EnumSource
    fun `a second refusal is handed on`(adapter: Adapter) = Shop().use { shop ->
        shop.vipps.script(PAYMENTS, List(3) { EmulatorReply(status = 401) })
        assertEquals(401, adapter.send(shop.merchant, shop.payments, null))
        assertEquals(2, shop.vipps.count(PAYMENTS))
    }

    @ParameterizedTest
    @EnumSource
    fun `another host gets nothing, not even after a redirect`(adapter: Adapter) = Shop().use { shop ->
        Shop().use { stranger ->
            adapter.send(shop.merchant, stranger.payments, null)
            shop.vipps.script(PAYMENTS, listOf(EmulatorReply(302, mapOf("Location" to stranger.payments))))
            val status = adapter.send(shop.merchant, shop.payments, null)
            assertEquals(if (adapter.follows) 401 else 302, status)
            stranger.vipps.requests().flatMap { it.headers }.forEach { header ->
                assertFalse(header.name in KEY_HEADERS, header.name)
            }
        }
    }

    @Test
    fun `what would let keys go astray is refused`(): Unit = Shop().use { shop ->
        val wrong = OkHttpClient.Builder().addInterceptor(shop.merchant.okHttpInterceptor()).build()
        val call = wrong.newCall(Request.Builder().url(shop.payments).build())
        assertThrows(IllegalStateException::class.java) { call.execute() }
        val follower = java.net.http.HttpClient.newBuilder().followRedirects(java.net.http.HttpClient.Redirect.NORMAL)
        val request = HttpRequest.newBuilder(URI(shop.payments)).build()
        assertThrows(IllegalArgumentException::class.java) {
            shop.merchant.send(follower.build(), request, BodyHandlers.discarding())
        }
        assertEquals(0, shop.tokenRequests())
    }

    @Test
    fun `trouble with the network is the client's own error`(): Unit = Shop().use { shop ->
        shop.merchant.headersBlocking()
        shop.vipps.stop()
        val request = HttpRequest.newBuilder(URI(shop.payments)).build()
        assertThrows(IOException::class.java) {
            shop.merchant.send(java.net.http.HttpClient.newHttpClient(), request, BodyHandlers.discarding())
        }
    }
}

private val KEY_HEADERS = listOf("authorization", "ocp-apim-subscription-key", "merchant-serial-number")

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.VippsAuth
import io.github.vippspartnerauth.VippsAuthIOException
import io.github.vippspartnerauth.emulator.Endpoint
import io.github.vippspartnerauth.emulator.ErrorShape
import io.github.vippspartnerauth.emulator.Mishap
import io.github.vippspartnerauth.emulator.Reply
import io.ktor.client.HttpClient
import io.ktor.client.HttpClientConfig
import io.ktor.client.engine.java.Java
import io.ktor.client.engine.mock.MockEngine
import io.ktor.client.engine.mock.respond
import io.ktor.client.plugins.ClientRequestException
import io.ktor.client.plugins.HttpRequestRetry
import io.ktor.client.plugins.HttpRequestTimeoutException
import io.ktor.client.plugins.HttpTimeout
import io.ktor.client.request.get
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import io.ktor.client.statement.bodyAsText
import io.ktor.http.HttpStatusCode
import io.ktor.utils.io.ByteReadChannel
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

/** What belongs to Ktor alone. */
class KtorTest {
    private fun Shop.client(more: HttpClientConfig<*>.() -> Unit = {}) = HttpClient(Java) {
        install(VippsAuth) { caller = merchant }
        more()
    }

    @Test
    fun `a client that expects success gets its second try`(): Unit = Shop().use { shop ->
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        shop.client { expectSuccess = true }.use { client ->
            assertEquals(200, runBlocking { client.get(shop.payments).status.value })
            shop.vipps.script(PAYMENTS, List(2) { Reply(401) })
            assertThrows(ClientRequestException::class.java) { runBlocking { client.get(shop.payments) } }
        }
        assertEquals(2, shop.tokenRequests())
    }

    @Test
    fun `time limits hold while a token is fetched, wherever they were installed`() {
        val orders = listOf<Shop.() -> HttpClient>(
            { client { install(HttpTimeout) { requestTimeoutMillis = 200 } } },
            {
                HttpClient(Java) {
                    install(HttpTimeout) { requestTimeoutMillis = 200 }
                    install(VippsAuth) { caller = merchant }
                }
            },
        )
        for (order in orders) Shop().use { shop ->
            shop.vipps.failNext(Endpoint.STANDARD_TOKEN) { kind(Mishap.HANG) }
            order(shop).use { client ->
                assertThrows(HttpRequestTimeoutException::class.java) { runBlocking { client.get(shop.payments) } }
                shop.vipps.releaseHung()
                assertEquals(0, shop.vipps.count(PAYMENTS))
            }
        }
    }

    @Test
    fun `a limit of the coroutine ends the wait`(): Unit = Shop().use { shop ->
        shop.vipps.failNext(Endpoint.STANDARD_TOKEN) { kind(Mishap.HANG) }
        shop.client().use { client ->
            assertThrows(TimeoutCancellationException::class.java) {
                runBlocking { withTimeout(200) { client.get(shop.payments) } }
            }
        }
        shop.vipps.releaseHung()
        assertEquals(0, shop.vipps.count(PAYMENTS))
    }

    @Test
    fun `repeats of another plugin carry the headers`(): Unit = Shop().use { shop ->
        shop.vipps.failNext(Endpoint.PAYMENTS) { status(503).shape(ErrorShape.PROBLEM) }
        shop.client { install(HttpRequestRetry) { retryOnServerErrors(1).also { delayMillis { 1 } } } }.use { client ->
            assertEquals(200, runBlocking { client.get(shop.payments).status.value })
        }
        assertEquals(1, shop.tokenRequests())
    }

    @Test
    fun `a channel that was read is not sent again`(): Unit = Shop().use { shop ->
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        shop.client().use { client ->
            val status = runBlocking { client.post(shop.payments) { setBody(ByteReadChannel("{}")) }.status.value }
            assertEquals(401, status)
            assertEquals(200, runBlocking { client.get(shop.payments).status.value })
        }
        assertEquals(listOf("{}"), shop.vipps.requests().filter { it.path == PAYMENTS && it.method == "POST" }.map { it.body })
    }

    @Test
    fun `a token that can't be fetched is an IOException`(): Unit = Shop().use { shop ->
        shop.vipps.wrongEnvironment()
        shop.client().use { client ->
            val failure = assertThrows(VippsAuthIOException::class.java) { runBlocking { client.get(shop.payments) } }
            assertEquals("credentials_rejected", failure.cause.code)
        }
    }

    @Test
    fun `MockEngine sees what is sent`(): Unit = Shop().use { shop ->
        var calls = 0
        val engine = MockEngine { request ->
            calls += 1
            val msn = request.headers["merchant-serial-number"].orEmpty()
            respond(msn, if (calls == 1) HttpStatusCode.Unauthorized else HttpStatusCode.OK)
        }
        val client = HttpClient(engine) { install(VippsAuth) { caller = shop.merchant } }
        assertEquals("123456", runBlocking { client.get(shop.payments).bodyAsText() })
        assertEquals(listOf(2, 2), listOf(calls, shop.tokenRequests().toInt()))
    }
}

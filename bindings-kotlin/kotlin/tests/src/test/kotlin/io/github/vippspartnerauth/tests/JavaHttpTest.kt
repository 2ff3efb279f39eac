package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.VippsAuthIOException
import io.github.vippspartnerauth.emulator.Reply
import io.github.vippspartnerauth.send
import io.github.vippspartnerauth.sendAsync
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandler
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.ExecutionException
import java.util.concurrent.atomic.AtomicInteger
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

/** What belongs to `java.net.http` alone. */
class JavaHttpTest {
    private val client = HttpClient.newHttpClient()

    private fun Shop.get() = HttpRequest.newBuilder(URI(payments)).build()

    @Test
    fun `the user's handler is asked once for a call, with the answer that counts`(): Unit = Shop().use { shop ->
        val asked = AtomicInteger()
        val counting = BodyHandler { info -> asked.incrementAndGet().let { BodyHandlers.ofString().apply(info) } }
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        assertEquals(200, shop.merchant.send(client, shop.get(), counting).statusCode())
        assertEquals(1, asked.get())
        shop.vipps.script(PAYMENTS, List(2) { Reply(401).body("not you") })
        assertEquals("not you", shop.merchant.send(client, shop.get(), counting).body())
        assertEquals(2, asked.get())
    }

    @Test
    fun `a 401 that is handed over can be read in any way`(): Unit = Shop().use { shop ->
        val handlers = mapOf(
            "string" to BodyHandlers.ofString(), "stream" to BodyHandlers.ofInputStream(), "lines" to BodyHandlers.ofLines(),
            "nothing" to BodyHandlers.discarding(),
        )
        for ((name, handler) in handlers) {
            shop.vipps.script(PAYMENTS, List(2) { Reply(401).body("not you") })
            val response = shop.merchant.send(client, shop.get(), handler)
            assertEquals(401, response.statusCode())
            val body = when (val body = response.body() as Any?) {
                is java.io.InputStream -> body.use { String(it.readAllBytes()) }
                is java.util.stream.Stream<*> -> body.use { it.toList().single().toString() }
                else -> body?.toString() ?: "not you"
            }
            assertEquals("not you", body, name)
            shop.vipps.clearFailures()
        }
    }

    @Test
    fun `a supplier that gives its stream once is not asked twice`(): Unit = Shop().use { shop ->
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        val once = "{}".byteInputStream()
        val request = HttpRequest.newBuilder(URI(shop.payments)).POST(BodyPublishers.ofInputStream { once }).build()
        assertEquals(401, shop.merchant.send(client, request, BodyHandlers.discarding()).statusCode())
        assertEquals(listOf("{}"), shop.vipps.requests().filter { it.path == PAYMENTS }.map { it.body })
        assertEquals(200, shop.merchant.send(client, shop.get(), BodyHandlers.discarding()).statusCode())
    }

    @Test
    fun `errors are of the client's own kind, from a future too`(): Unit = Shop().use { shop ->
        shop.vipps.wrongEnvironment()
        assertThrows(VippsAuthIOException::class.java) { shop.merchant.send(client, shop.get(), BodyHandlers.ofString()) }
        val failure = assertThrows(ExecutionException::class.java) {
            shop.merchant.sendAsync(client, shop.get(), BodyHandlers.ofString()).get()
        }
        assertInstanceOf(VippsAuthIOException::class.java, failure.cause)
    }

    @Test
    fun `trouble with the network is the client's own error`(): Unit = Shop().use { shop ->
        shop.merchant.headersBlocking()
        shop.vipps.close()
        assertThrows(IOException::class.java) { shop.merchant.send(client, shop.get(), BodyHandlers.ofString()) }
    }

    @Test
    fun `a client that follows redirects is refused`(): Unit = Shop().use { shop ->
        val follower = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build()
        assertThrows(IllegalArgumentException::class.java) {
            shop.merchant.send(follower, shop.get(), BodyHandlers.discarding())
        }
        assertThrows(IllegalArgumentException::class.java) {
            shop.merchant.sendAsync(follower, shop.get(), BodyHandlers.discarding())
        }
        assertEquals(0, shop.tokenRequests())
    }
}

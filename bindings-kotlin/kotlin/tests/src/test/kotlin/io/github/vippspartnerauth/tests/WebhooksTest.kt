package io.github.vippspartnerauth.tests

import com.sun.net.httpserver.HttpServer
import io.github.vippspartnerauth.ManualClock
import io.github.vippspartnerauth.VippsAuthException
import io.github.vippspartnerauth.WebhookOptions
import io.github.vippspartnerauth.WebhookVerifier
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.time.Duration
import java.time.Instant
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Webhooks: what the JVM and its servers hand over. What passes and what does not is in the vectors. */
class WebhooksTest {
    private val clock = ManualClock(Instant.ofEpochSecond(1_767_225_600))
    private val verifier = WebhookVerifier(ID, SECRET, WebhookOptions { clock(clock) })
    private val signed = verifier.sign(ID, "https://shop.example$PATH", BODY)

    @Test
    fun `a webhook`() {
        val webhook = verifier.verify("POST", PATH, several(signed), BODY)
        assertEquals(ID, webhook.webhookId)
        assertEquals(clock.now, webhook.sentAt)
        assertArrayEquals(BODY, webhook.body())
        webhook.body().fill(0)
        assertArrayEquals(BODY, webhook.body(), "what was checked stays what it was")
        assertEquals("fixture-auth-req-0001", webhook.ping().authReqId)
        assertNull(webhook.ping().msn)
        assertFalse(SECRET in "$verifier $webhook")
    }

    @Test
    fun `a refusal says why`() {
        val parsed = "{\"auth_req_id\":\"fixture-auth-req-0001\"} ".toByteArray()
        val refused = assertThrows(VippsAuthException.InvalidWebhook::class.java) {
            verifier.verify("POST", PATH, several(signed), parsed)
        }
        assertEquals(listOf("invalid_webhook", "hash"), listOf(refused.code, refused.reason))
        assertTrue("raw bytes" in refused.hint.orEmpty())
        for (odd in listOf("", "\ud800", "\u0000")) {
            val headers = several(signed + ("x-ms-date" to odd))
            val date = assertThrows(VippsAuthException.InvalidWebhook::class.java) {
                verifier.verify("POST", PATH, headers, BODY)
            }
            assertEquals("date", date.reason)
            assertThrows(VippsAuthException.InvalidWebhook::class.java) { verifier.verify(odd, PATH, headers, BODY) }
            assertThrows(VippsAuthException.InvalidWebhook::class.java) { verifier.verify("POST", odd, headers, BODY) }
        }
    }

    @Test
    fun `several secrets of one id, and settings that can not be`() {
        val options = WebhookOptions { clock(clock).tolerance(Duration.ofSeconds(10)) }
        WebhookVerifier(mapOf(ID to listOf("new-secret", SECRET)), options).use {
            it.verify("POST", PATH, several(signed), BODY)
        }
        val wrong = mapOf<String, () -> WebhookVerifier>(
            "secrets" to { WebhookVerifier(emptyMap()) },
            "secret" to { WebhookVerifier(ID, "$SECRET\n") },
            "webhook_id" to { WebhookVerifier("", SECRET) },
            "public_host" to { WebhookVerifier(ID, SECRET, WebhookOptions { publicHost("https://shop.example") }) },
            "tolerance" to { WebhookVerifier(ID, SECRET, WebhookOptions { tolerance(Duration.ofSeconds(-1)) }) },
        )
        for ((field, make) in wrong) {
            val error = assertThrows(VippsAuthException.InvalidConfig::class.java) { make() }
            assertEquals(field, error.field)
            assertFalse(SECRET in error.stackTraceToString())
        }
    }

    @Test
    fun `a ping ends a login`(): Unit = Shop().use { shop ->
        val phone = shop.merchant.backchannel()
        val pending = phone.startBlocking("urn:msisdn:4791234567", listOf("openid"))
        shop.vipps.approve(pending.authReqId, "4791234567")
        val body = shop.vipps.pingBody(pending.authReqId).toByteArray()
        val headers = several(verifier.sign(ID, "https://shop.example$PATH", body))
        val webhook = verifier.verify("POST", PATH, headers, body)
        assertEquals(pending.authReqId, webhook.ping().authReqId)
        assertEquals("123456", phone.finishWebhookBlocking(webhook, pending)?.claims?.msn)
        assertEquals("123456", phone.finishWebhookAsync(webhook, pending).get()?.claims?.msn)
    }

    /** As a receiver is written with the server of the JDK: the raw body, and the request's own map of headers. */
    private fun receiver(verifier: WebhookVerifier, events: LinkedBlockingQueue<String>): HttpServer {
        val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        server.createContext("/webhooks/vipps") { exchange ->
            exchange.use {
                val body = exchange.requestBody.readAllBytes()
                try {
                    val path = exchange.requestURI.toString()
                    val webhook = verifier.verify(exchange.requestMethod, path, exchange.requestHeaders, body)
                    events.put(String(webhook.body()))
                    exchange.sendResponseHeaders(200, -1)
                } catch (refused: VippsAuthException.InvalidWebhook) {
                    System.getLogger("webhooks").log(System.Logger.Level.DEBUG, refused.message)
                    exchange.sendResponseHeaders(401, -1)
                }
            }
        }
        server.start()
        return server
    }

    @Test
    fun `with the server of the JDK`() {
        val (events, signer) = LinkedBlockingQueue<String>() to WebhookVerifier(ID, SECRET)
        val server = receiver(signer, events)
        try {
            val origin = "http://localhost:${server.address.port}"
            val client = HttpClient.newHttpClient()
            val body = "{ \"name\" : \"\\u00c5se\",\r\n \"amount\":1.0 }"
            for (path in listOf("/webhooks/vipps", "/webhooks/vipps?shop=7&a=%2F+")) {
                val headers = signer.sign(ID, origin + path, body.toByteArray())
                assertEquals(200, client.post(origin + path, headers, body))
                assertEquals(body, events.poll(1, TimeUnit.MINUTES))
                assertEquals(401, client.post(origin + path, headers, "{}"))
                assertEquals(401, client.post("$origin/webhooks/vipps?other", headers, body))
                assertEquals(401, client.post(origin + path, emptyMap(), body))
            }
            assertTrue(events.isEmpty())
        } finally {
            server.stop(0)
        }
    }

    /** The client sets `Host` by itself, to what it calls. */
    private fun HttpClient.post(url: String, headers: Map<String, String>, body: String): Int {
        val request = HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString(body))
        (headers - "host").forEach(request::header)
        return send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode()
    }

    private fun several(headers: Map<String, String>) = headers.mapValues { listOf(it.value) }

    private companion object {
        const val ID = "3cc1dd85-0000-4000-8000-000000000001"
        const val SECRET = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW9uZQ=="
        const val PATH = "/webhooks/vipps?shop=7"
        val BODY = "{ \"auth_req_id\" : \"fixture-auth-req-0001\" }".toByteArray()
    }
}

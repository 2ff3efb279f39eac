package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Event
import io.github.vippspartnerauth.Expect
import io.github.vippspartnerauth.IdTokenVerifier
import io.github.vippspartnerauth.NotSentException
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.TokenCache
import io.github.vippspartnerauth.Transport
import io.github.vippspartnerauth.TransportReply
import io.github.vippspartnerauth.TransportRequest
import io.github.vippspartnerauth.VippsAuthException
import java.io.IOException
import java.net.InetAddress
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.atomic.AtomicInteger
import net.rubyeye.xmemcached.XMemcachedClient
import okhttp3.Headers.Companion.toHeaders
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

/** Transports and token caches of the user's own, with the real clients. Needs `memcached`. */
class OwnTest {
    private fun Shop.partnerOf(cache: TokenCache? = null, settings: Settings = Settings()) =
        Partner(vipps.partnerKeys().forPartner(), SystemInfo("acme", "1"), vipps.environment, settings, null, cache)

    @Test
    fun `two partners share a token through Memcached`(): Unit = MemcachedServer().use { server ->
        Shop().use { shop ->
            val clients = List(2) { XMemcachedClient("127.0.0.1", server.port) }
            val (first, other) = clients.map { shop.partnerOf(Memcached(it)) }
            assertEquals(first.headersBlocking(), other.headersBlocking())
            assertEquals(listOf(1L, 1L), listOf(shop.tokenRequests(), other.stats.tokensFromCache))
            assertEquals(listOf(0L, 0L), listOf(first, other).map { it.stats.cacheFailures })
            clients.forEach(XMemcachedClient::shutdown)
        }
    }

    @Test
    fun `two processes share a token through Memcached`(): Unit = MemcachedServer().use { server ->
        Shop().use { shop ->
            val workers = List(2) { Worker() }
            val keys = shop.vipps.partnerKeys()
            val settings = mapOf(
                "environment" to shop.vipps.baseUrl, "client_id" to keys.clientId, "memcached" to "${server.port}",
                "client_secret" to keys.clientSecret, "subscription_key" to keys.subscriptionKey,
            )
            workers.forEach { assertEquals("{}", it.ask(mapOf("do" to "start", "settings" to settings))) }
            assertEquals(1, workers.map { it.ask(mapOf("do" to "token")) }.distinct().size)
            assertEquals(1, shop.tokenRequests())
            workers.forEach { assertEquals(0, it.end()) }
        }
    }

    @Test
    fun `nobody can read a token in the cache, and one that is dropped leaves it`(): Unit = Shop().use { shop ->
        val cache = Kept()
        shop.partnerOf(cache).use { partner ->
            val token = partner.accessTokenBlocking()
            while ("delete" !in cache.asked) Thread.onSpinWait()
            val (name, value) = cache.values.entries.single()
            assertTrue(name.startsWith("vipps-partner-auth:1:token:"))
            assertFalse(token.secret in String(value, Charsets.ISO_8859_1))
            partner.invalidate(token)
            while (cache.values.isNotEmpty()) Thread.onSpinWait()
        }
    }

    @TestFactory
    fun `trouble with a cache costs an event and no call`(): List<DynamicTest> {
        val troubles = mapOf<String, (Partner, CountDownLatch) -> ByteArray?>(
            "it throws" to { _, _ -> throw StackOverflowError("the cache is down") },
            "it stalls" to { _, end -> end.await().let { null } },
            "it brings garbage" to { _, _ -> "garbage".toByteArray() },
            "it calls the library" to { partner, _ -> partner.headersBlocking().let { null } },
        )
        return troubles.map { (name, trouble) ->
            dynamicTest(name) {
                Shop().use { shop ->
                    lateinit var partner: Partner
                    val end = CountDownLatch(1)
                    val told = LinkedBlockingQueue<Event>()
                    val cache = object : Kept() {
                        override fun get(name: String) = trouble(partner, end)
                    }
                    partner = shop.partnerOf(cache, Settings { onEvent(told::put) })
                    partner.headersBlocking()
                    val failed = generateSequence(told::take).first { it.name == "cache_failed" }
                    assertEquals("load", failed.details["operation"])
                    assertEquals(1, shop.tokenRequests())
                    end.countDown()
                }
            }
        }
    }

    @Test
    fun `a cache that forgets costs nothing`(): Unit = Shop().use { shop ->
        val cache = object : Kept() {
            override fun set(name: String, value: ByteArray, ttl: Duration) = Unit
        }
        shop.partnerOf(cache).use {
            it.headersBlocking()
            assertEquals(0, it.stats.cacheFailures)
        }
    }

    @TestFactory
    fun `everything goes through a transport`(): List<DynamicTest> =
        mapOf("java.net.http" to byJavaHttp, "OkHttp" to byOkHttp).map { (name, client) ->
            dynamicTest(name) {
                val sent = AtomicInteger()
                val settings = Settings { transport { client.send(it).also { sent.incrementAndGet() } } }
                Shop(settings).use { shop ->
                    val callback = "https://shop.example/callback"
                    shop.vipps.registerRedirectUri("123456", callback)
                    shop.vipps.autoApprove("4791234567")
                    val login = shop.merchant.login(callback)
                    val request = login.startBlocking(listOf("openid", "name"))
                    val before = shop.vipps.requests().size
                    val url = whereTheBrowserGoes(request.url)
                    val browsed = shop.vipps.requests().size - before
                    val result = login.finishBlocking(url, request)
                    assertEquals(result.claims.sub, login.userinfoBlocking(result).sub)
                    val expect = Expect("123456").withNonce(request.nonce)
                    IdTokenVerifier(shop.vipps.environment, settings).use { it.verifyBlocking(result.idToken, expect) }
                    assertEquals(shop.vipps.requests().size - browsed, sent.get())
                }
            }
        }

    @Test
    fun `what a transport throws may have been sent`(): Unit = Shop().use { shop ->
        for (failure in listOf(IOException("s3cret"), StackOverflowError("s3cret"))) {
            val settings = Settings { transport { throw failure }.deadline(Duration.ofMillis(500)) }
            val error = assertThrows(VippsAuthException.Unavailable::class.java) {
                shop.partnerOf(settings = settings).use { it.headersBlocking() }
            }
            val text = "the transport failed, and the request may have been sent: error=`${failure.javaClass.simpleName}`"
            assertTrue(error.message.orEmpty().startsWith(text), error.message)
            assertFalse("s3cret" in error.stackTraceToString())
        }
    }

    @TestFactory
    fun `a code is sent again only where it was certainly not sent`(): List<DynamicTest> =
        listOf(IOException("lost"), NotSentException("no connection")).map { failure ->
            dynamicTest(failure.javaClass.simpleName) {
                val tries = AtomicInteger()
                val once = Transport { request ->
                    val isCode = "authorization_code" in String(request.body ?: ByteArray(0))
                    if (isCode && tries.incrementAndGet() == 1) throw failure
                    byJavaHttp.send(request)
                }
                Shop(Settings { transport(once) }).use { shop ->
                    val callback = "https://shop.example/callback"
                    shop.vipps.registerRedirectUri("123456", callback)
                    shop.vipps.autoApprove("4791234567")
                    val login = shop.merchant.login(callback)
                    val request = login.startBlocking(listOf("openid"))
                    val url = whereTheBrowserGoes(request.url)
                    if (failure is NotSentException) {
                        login.finishBlocking(url, request)
                        assertEquals(2, tries.get())
                    } else {
                        val error = assertThrows(VippsAuthException.LoginFailed::class.java) { login.finishBlocking(url, request) }
                        assertEquals(listOf("reply_lost", "1"), listOf(error.reason, "$tries"))
                    }
                }
            }
        }

    @Test
    fun `a transport that forgets its limit hangs nobody`(): Unit = Shop().use { shop ->
        val end = CountDownLatch(1)
        val settings = Settings {
            transport { end.await().let { TransportReply(200, emptyMap(), ByteArray(0)) } }
            requestTimeout(Duration.ofMillis(100)).deadline(Duration.ofMillis(200))
        }
        shop.partnerOf(settings = settings).use {
            assertThrows(VippsAuthException.Unavailable::class.java) { it.headersBlocking() }
        }
        end.countDown()
    }

    @Test
    fun `what is no reply is no answer`(): Unit = Shop().use { shop ->
        for (brought in listOf(
            TransportReply(99, emptyMap(), ByteArray(0)),
            TransportReply(-1, emptyMap(), ByteArray(0)),
            TransportReply(200, emptyMap(), ByteArray(300_000)),
        )) {
            val settings = Settings { transport { brought }.deadline(Duration.ofMillis(500)) }
            shop.partnerOf(settings = settings).use {
                val error = assertThrows(VippsAuthException.Unavailable::class.java) { it.headersBlocking() }
                assertTrue("transport" in error.message.orEmpty())
            }
        }
    }

    @Test
    fun `a transport may call the library`(): Unit = Shop().use { shop ->
        lateinit var partner: Partner
        val curious = Transport { request ->
            assertEquals(null, partner.cachedHeaders())
            partner.headersAsync()
            byOkHttp.send(request)
        }
        partner = shop.partnerOf(settings = Settings { transport(curious) })
        partner.use { it.headersBlocking() }
        assertEquals(1, shop.tokenRequests())
    }

    @Test
    fun `both are let go of when the partner is closed`(): Unit = Shop().use { shop ->
        val before = waiting()
        shop.partnerOf(Kept(), Settings { transport(byJavaHttp) }).use {
            it.headersBlocking()
            assertEquals(before + 2, waiting())
        }
        while (waiting() > before) Thread.onSpinWait()
    }

    private fun waiting() = Thread.getAllStackTraces().count { (thread, frames) ->
        thread.name in setOf("vipps-partner-auth transport", "vipps-partner-auth cache") && frames.any { it.methodName == "take" && "Calls" in it.className }
    }

    @Test
    fun `nothing secret is shown`(): Unit = Shop().use { shop ->
        val shown = LinkedBlockingQueue<String>()
        val settings = Settings { transport { shown.put("$it"); byOkHttp.send(it).also { reply -> shown.put("$reply") } } }
        shop.partnerOf(settings = settings).use { it.headersBlocking() }
        assertEquals(listOf("TransportRequest(POST)", "TransportReply(200)"), shown.take(2))
    }
}

/** As a backend would with the client of the JDK. */
private val byJavaHttp = HttpClient.newHttpClient().let { client ->
    Transport { request: TransportRequest ->
        val body = request.body?.let(BodyPublishers::ofByteArray) ?: BodyPublishers.noBody()
        val call = HttpRequest.newBuilder(URI(request.url)).timeout(request.timeout).method(request.method, body)
        request.headers.forEach(call::header)
        val reply = client.send(call.build(), BodyHandlers.ofByteArray())
        TransportReply(reply.statusCode(), reply.headers().map(), reply.body())
    }
}

/** The same with OkHttp. */
private val byOkHttp = OkHttpClient.Builder().followRedirects(false).retryOnConnectionFailure(false).build().let { client ->
    Transport { request: TransportRequest ->
        val call = Request.Builder().url(request.url).headers(request.headers.toHeaders())
            .method(request.method, request.body?.toRequestBody()).build()
        client.newBuilder().callTimeout(request.timeout).build().newCall(call).execute().use { reply ->
            TransportReply(reply.code, reply.headers.toMultimap(), reply.body!!.bytes())
        }
    }
}

/** A cache within this process that remembers what it was asked. */
private open class Kept : TokenCache {
    val values = ConcurrentHashMap<String, ByteArray>()
    val asked = LinkedBlockingQueue<String>()

    override fun get(name: String): ByteArray? = values[name].also { asked.put("get") }

    override fun set(name: String, value: ByteArray, ttl: Duration) {
        check(ttl >= Duration.ofSeconds(1) && ttl.nano == 0)
        values[name] = value
        asked.put("set")
    }

    override fun add(name: String, value: ByteArray, ttl: Duration): Boolean =
        (values.putIfAbsent(name, value) == null).also { asked.put("add") }

    override fun delete(name: String) {
        values.remove(name)
        asked.put("delete")
    }
}

/** A server of its own. */
private class MemcachedServer : AutoCloseable {
    val port = freePort()
    private val user = if (System.getProperty("user.name") == "root") listOf("-u", "nobody") else emptyList()
    private val options = listOf("-l", "127.0.0.1", "-p", "$port", "-U", "0") + user
    private val process = ProcessBuilder(listOf("memcached") + options).inheritIO().start()

    init {
        while (process.isAlive && !answers()) Thread.sleep(10)
    }

    private fun answers() = try {
        Socket(InetAddress.getLoopbackAddress(), port).use { true }
    } catch (_: IOException) {
        false
    }

    override fun close() {
        process.destroy()
        process.waitFor()
    }
}

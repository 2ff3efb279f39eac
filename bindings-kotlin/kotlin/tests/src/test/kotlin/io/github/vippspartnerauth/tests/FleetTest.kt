package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Event
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import java.util.concurrent.LinkedBlockingQueue
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.io.TempDir

/** One token for many, through a real Redis. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FleetTest(@TempDir folder: File) {
    private val redis = Redis(folder)

    @AfterAll
    fun stop() = redis.close()

    @Test
    fun `two partners share one token`() = Shop(Settings { redisUrl(redis.url) }).use { shop ->
        val first = shop.merchant.headersBlocking()
        val other = Partner(
            shop.vipps.partnerKeys().forPartner(), SystemInfo("acme", "3.1.2"), shop.vipps.environment, Settings { redisUrl(redis.url) },
        )
        assertEquals(first, other.merchant("123456").headersBlocking())
        assertEquals(listOf(1L, 1L), listOf(shop.tokenRequests(), other.stats.tokensFromCache))
    }

    @Test
    fun `two processes share one token`() = Shop().use { shop ->
        List(2) { Worker() }.let { workers ->
            val keys = shop.vipps.partnerKeys()
            val settings = mapOf(
                "environment" to shop.vipps.baseUrl, "client_id" to keys.clientId, "redis_url" to redis.url,
                "client_secret" to keys.clientSecret, "subscription_key" to keys.subscriptionKey,
            )
            workers.forEach { assertEquals("{}", it.ask(mapOf("do" to "start", "settings" to settings))) }
            assertEquals(1, workers.map { it.ask(mapOf("do" to "token")) }.distinct().size)
            assertEquals(1, shop.tokenRequests())
            assertEquals("""{"tokens_from_cache":1,"token_requests":0}""", workers[1].ask(mapOf("do" to "stats")))
            workers.forEach { assertEquals(0, it.end()) }
        }
    }

    @Test
    fun `a Redis that is out of reach costs an event and no call`() {
        val told = LinkedBlockingQueue<Event>()
        val settings = Settings { redisUrl("redis://127.0.0.1:${freePort()}").onEvent(told::put) }
        Shop(settings).use { assertEquals("123456", it.merchant.headersBlocking()["merchant-serial-number"]) }
        assertTrue(generateSequence(told::take).first { it.name == "cache_failed" }.isWarning)
    }

    @Test
    fun `a wrong setting is refused by its name`() {
        val wrong = mapOf(
            "redis_url" to Settings.builder().redisUrl("http://:hunter2@cache.example").build(),
            "redis_ca_pem" to Settings.builder().redisUrl("rediss://cache.example").redisCaPem("no pem").build(),
        )
        for ((field, settings) in wrong) {
            val error = assertThrows(VippsAuthException.InvalidConfig::class.java) { Shop(settings) }
            assertEquals(field, error.field)
            assertFalse("hunter2" in error.stackTraceToString())
        }
    }
}

/** A server of its own. */
private class Redis(folder: File) : AutoCloseable {
    private val port = freePort()
    val url = "redis://127.0.0.1:$port"
    private val options = listOf("--port", "$port", "--bind", "127.0.0.1", "--save", "", "--dir", "$folder")
    private val process = ProcessBuilder(listOf("redis-server") + options).redirectErrorStream(true).start()

    init {
        process.inputReader().lineSequence().first { "Ready to accept connections" in it }
    }

    override fun close() {
        process.destroy()
        process.waitFor()
    }
}

internal fun freePort() = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }

/** A [FleetWorker] as a process. Its command line stays in `target/jvm`, for tests that mix languages. */
internal class Worker {
    private val command = listOf("${System.getProperty("java.home")}/bin/java", "@$arguments")
    private val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val requests = process.outputWriter()
    private val replies = process.inputReader()

    fun ask(request: Map<String, Any>): String {
        requests.appendLine("${json(request)}")
        requests.flush()
        return replies.readLine()
    }

    /** The exit code, once its standard input has ended. */
    fun end(): Int {
        requests.close()
        return process.waitFor()
    }
}

/** Written once, since another process may be reading it. */
private val arguments by lazy {
    val classPath = System.getProperty("java.class.path").replace("\\", "\\\\")
    val words = listOf("-cp", "\"$classPath\"", FleetWorker::class.java.name)
    File(System.getProperty("output"), "fleet-worker.args").apply { writeText(words.joinToString("\n")) }
}

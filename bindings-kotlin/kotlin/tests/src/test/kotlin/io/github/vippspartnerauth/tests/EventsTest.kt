package io.github.vippspartnerauth.tests

import com.sun.jna.Platform
import io.github.vippspartnerauth.Event
import io.github.vippspartnerauth.EventListener
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.emulator.Endpoint
import io.github.vippspartnerauth.emulator.ErrorShape
import java.io.File
import java.net.URLClassLoader
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class EventsTest {
    private val told = LinkedBlockingQueue<Event>()

    private fun shop(listener: EventListener) = Shop(Settings { onEvent(listener) })

    private fun next(name: String) = generateSequence(told::take).first { it.name == name }

    @Test
    fun `events are told by name`(): Unit = shop(told::put).use { shop ->
        shop.merchant.headersBlocking()
        val event = next("token_fetched")
        assertTrue("lifetime" in event.details && !event.isWarning)
        assertTrue("$event".startsWith("token_fetched lifetime=`"))
    }

    @Test
    fun `what a listener throws is logged and hurts nobody`() {
        val logged = LinkedBlockingQueue<LogRecord>()
        listening(logged::put) {
            shop { told.put(it); throw AssertionError("listener") }.use { shop ->
                shop.merchant.headersBlocking()
                next("token_fetched")
                shop.partner.invalidate(shop.partner.accessTokenBlocking())
                shop.merchant.headersBlocking()
                next("token_fetched")
            }
            val record = generateSequence(logged::take).first { it.thrown != null }
            assertEquals(listOf("listener", Level.WARNING), listOf(record.thrown.message, record.level))
            assertTrue("token_fetched" in record.message)
        }
    }

    @Test
    fun `warnings are logged by default, and the others for whoever looks closer`() {
        val logged = LinkedBlockingQueue<LogRecord>()
        listening(logged::put) {
            Shop().use { shop ->
                shop.vipps.wrongEnvironment()
                runCatching { shop.merchant.headersBlocking() }
                val failed = generateSequence(logged::take).first { "token_fetch_failed" in it.message }
                assertEquals(Level.WARNING, failed.level)
                assertFalse(shop.vipps.partnerKeys().clientSecret in failed.message)
            }
            Shop().use { it.merchant.headersBlocking() }
            assertEquals(Level.FINE, generateSequence(logged::take).first { "token_fetched" in it.message }.level)
        }
    }

    private fun listening(record: (LogRecord) -> Unit, work: () -> Unit) {
        val logger = Logger.getLogger("io.github.vippspartnerauth")
        val handler = object : Handler() {
            override fun publish(entry: LogRecord) = record(entry)

            override fun flush() = Unit

            override fun close() = Unit
        }
        logger.level = Level.ALL
        logger.useParentHandlers = false
        logger.addHandler(handler)
        try {
            work()
        } finally {
            logger.removeHandler(handler)
            logger.useParentHandlers = true
            logger.level = null
        }
    }

    @Test
    fun `a listener may call the library, blocking and suspending`() {
        val called = CompletableFuture<List<Any?>>()
        lateinit var shop: Shop
        shop = shop { event ->
            if (event.name == "token_fetched" && !called.isDone) {
                shop.partner.invalidate(shop.partner.accessTokenBlocking())
                val blocking = shop.merchant.headersBlocking()["merchant-serial-number"]
                shop.partner.invalidate(shop.partner.accessTokenBlocking())
                called.complete(listOf(blocking, runBlocking { shop.merchant.headers() }["merchant-serial-number"]))
            }
        }
        shop.use {
            it.merchant.headersBlocking()
            assertEquals(listOf("123456", "123456"), called.get())
        }
    }

    @Test
    fun `a listener that sleeps delays neither calls nor another's events`() {
        val asleep = CountDownLatch(1)
        val wake = CountDownLatch(1)
        shop { asleep.countDown(); wake.await() }.use { slow ->
            slow.merchant.headersBlocking()
            asleep.await()
            shop(told::put).use { other ->
                other.merchant.headersBlocking()
                next("token_fetched")
                slow.partner.invalidate(slow.partner.accessTokenBlocking())
                assertEquals("123456", slow.merchant.headersBlocking()["merchant-serial-number"])
            }
            wake.countDown()
        }
    }

    @Test
    fun `what a listener that sleeps has no room for is counted and told`() {
        val asleep = CountDownLatch(1)
        val wake = CountDownLatch(1)
        shop { asleep.countDown(); wake.await(); told.put(it) }.use { shop ->
            shop.merchant.headersBlocking()
            asleep.await()
            repeat(300) { shop.partner.apply { invalidate(accessTokenBlocking()) } }
            wake.countDown()
            val dropped = next("events_dropped")
            assertTrue(dropped.isWarning && dropped.details.getValue("count").toInt() > 0, "$dropped")
        }
    }

    @Test
    fun `closing a partner ends its thread, and so does forgetting it`() {
        val threads = LinkedBlockingQueue<Thread>()
        shop { threads.put(Thread.currentThread()) }.use { it.merchant.headersBlocking() }
        threads.take().run { assertTrue(isDaemon); join() }
        shop { threads.put(Thread.currentThread()) }.apply { merchant.headersBlocking() }
        val thread = threads.take()
        while (thread.isAlive) System.gc().also { thread.join(50) }
    }

    @Test
    fun `a coroutine without a thread of its own does not go on where the network is served`(): Unit = Shop().use { shop ->
        shop.vipps.failNext(Endpoint.STANDARD_TOKEN) { status(503).shape(ErrorShape.PROBLEM) }
        val other = Shop()
        val names = runBlocking(Dispatchers.Unconfined) {
            async { shop.merchant.headers(); other.merchant.headersBlocking(); Thread.currentThread().name }.await()
        }
        assertFalse(names.startsWith("vipps-partner-auth"), names)
        other.close()
    }

    /** Two applications in one server, with the native library in a folder: there is one of it then. */
    @Test
    fun `each class loader hears its own events and can go`() {
        val folder = File(System.getProperty("output"), "native/server/${Platform.RESOURCE_PREFIX}")
        assertTrue(folder.isDirectory, "$folder")
        val urls = System.getProperty("java.class.path").split(File.pathSeparator).map { File(it).toURI().toURL() }
        System.setProperty("jna.library.path", "$folder")
        try {
            Shop().use { shop ->
                val keys = shop.vipps.partnerKeys()
                val arguments = arrayOf<Any>(shop.vipps.baseUrl, keys.clientId, keys.clientSecret, keys.subscriptionKey)
                val loaders = List(2) { URLClassLoader(urls.toTypedArray(), ClassLoader.getPlatformClassLoader()) }
                val applications = loaders.map { it.loadClass(Application::class.java.name) }
                fun call(at: Int, name: String, vararg given: Any): Any? =
                    applications[at].methods.single { it.name == name }.invoke(null, *given)
                repeat(2) { call(it, "start", *arguments) }
                assertEquals(listOf(1, 0), listOf(call(0, "fetch"), call(1, "told")))
                assertEquals(listOf(1, 1), listOf(call(1, "fetch"), call(0, "told")))
                call(1, "stop")
                loaders[1].close()
                assertEquals(2, call(0, "fetch"), "the first still hears after the second has gone")
                assertSame(loaders[0], applications[0].classLoader)
                call(0, "stop")
            }
        } finally {
            System.clearProperty("jna.library.path")
        }
    }
}

/** Loaded anew by each class loader. */
object Application {
    private val fetched = LinkedBlockingQueue<String>()
    private var count = 0
    private lateinit var partner: io.github.vippspartnerauth.Partner

    @JvmStatic
    fun start(baseUrl: String, clientId: String, clientSecret: String, subscriptionKey: String) {
        val settings = Settings { onEvent { if (it.name == "token_fetched") fetched.put(it.name) } }
        partner = io.github.vippspartnerauth.Partner(
            io.github.vippspartnerauth.PartnerKeys(clientId, clientSecret, subscriptionKey),
            io.github.vippspartnerauth.SystemInfo("acme", "3.1.2"), io.github.vippspartnerauth.Environment.of(baseUrl), settings,
        )
    }

    /** Fetches a token and tells how many events of that came so far. */
    @JvmStatic
    fun fetch(): Int {
        partner.invalidate(partner.accessTokenBlocking())
        fetched.take()
        count += 1
        return count
    }

    @JvmStatic
    fun told(): Int = count + fetched.size

    @JvmStatic
    fun stop() = partner.close()
}

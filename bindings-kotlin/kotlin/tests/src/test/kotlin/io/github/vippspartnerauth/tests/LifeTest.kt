package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.emulator.Endpoint
import io.github.vippspartnerauth.emulator.Mishap
import java.net.URLClassLoader
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.Future
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledForJreRange
import org.junit.jupiter.api.condition.JRE

/** How the library lives in a process. */
class LifeTest {
    @Test
    fun `ten thousand coroutines fetch one token`() = Shop().use { shop ->
        runBlocking(Dispatchers.Default) { List(10_000) { async { shop.merchant.headers() } }.awaitAll() }
        assertEquals(1, shop.tokenRequests())
    }

    @Test
    fun `threads of a pool fetch one token`() = Shop().use { shop -> fetchOn(Executors.newFixedThreadPool(50), shop) }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    fun `virtual threads fetch one token`() = Shop().use { shop ->
        val make = Executors::class.java.getMethod("newVirtualThreadPerTaskExecutor")
        fetchOn(make.invoke(null) as ExecutorService, shop)
    }

    private fun fetchOn(pool: ExecutorService, shop: Shop) {
        val calls: List<Future<Map<String, String>>> =
            List(1_000) { pool.submit<Map<String, String>>(shop.merchant::headersBlocking) }
        assertEquals(1, calls.map { it.get().getValue("authorization") }.distinct().size)
        assertEquals(1, shop.tokenRequests())
        pool.shutdown()
    }

    @Test
    fun `a coroutine that is cancelled in mid-fetch stops waiting and leaves the fetch to others`() = Shop().use { shop ->
        shop.vipps.failNext(Endpoint.STANDARD_TOKEN) { kind(Mishap.HANG) }
        runBlocking {
            val first = launch(Dispatchers.Default) { shop.merchant.headers() }
            while (shop.tokenRequests() == 0L) yield()
            first.cancelAndJoin()
            assertTrue(first.isCancelled)
            val second = async(Dispatchers.Default) { shop.merchant.headers() }
            shop.vipps.releaseHung()
            assertEquals("123456", second.await()["merchant-serial-number"])
        }
        assertEquals(1, shop.tokenRequests())
    }

    @Test
    fun `an interrupt ends a blocking call`() = Shop().use { shop ->
        shop.vipps.failNext(Endpoint.STANDARD_TOKEN) { kind(Mishap.HANG) }
        val ended = CountDownLatch(1)
        val caller = Thread {
            assertThrows(InterruptedException::class.java) { shop.merchant.headersBlocking() }
            ended.countDown()
        }
        caller.start()
        while (shop.tokenRequests() == 0L) Thread.onSpinWait()
        caller.interrupt()
        ended.await()
        shop.vipps.releaseHung()
    }

    @Test
    fun `ten thousand handles may be left open`() = Shop().use { shop ->
        repeat(10_000) { number -> shop.partner.merchant("%06d".format(number)) }
        System.gc()
        assertEquals("123456", shop.merchant.headersBlocking()["merchant-serial-number"])
    }

    @Test
    fun `a million cached calls hand out one object and ask nobody`() = Shop().use { shop ->
        val headers = shop.merchant.headersBlocking()
        val garbage = arrayOfNulls<ByteArray>(64)
        repeat(1_000_000) { round ->
            garbage[round % 64] = ByteArray(1_024)
            assertSame(headers, shop.merchant.cachedHeaders())
        }
        assertEquals(1, shop.tokenRequests())
    }

    /** As an application server does when an application is deployed again. */
    @Test
    fun `class loaders come and go`() = Shop().use { shop ->
        val keys = shop.vipps.partnerKeys()
        val arguments = arrayOf<Any>(shop.vipps.baseUrl, keys.clientId, keys.clientSecret, keys.subscriptionKey)
        val locations = System.getProperty("java.class.path").split(java.io.File.pathSeparator)
        val urls = locations.map { java.io.File(it).toURI().toURL() }.toTypedArray()
        repeat(5) {
            URLClassLoader(urls, ClassLoader.getPlatformClassLoader()).use { loader ->
                val strings = Array(4) { String::class.java }
                val fetch = loader.loadClass(Deployed::class.java.name).getMethod("fetch", *strings)
                assertEquals("123456", fetch.invoke(null, *arguments))
            }
            System.gc()
        }
        assertEquals(5, shop.tokenRequests())
        assertEquals("123456", shop.merchant.headersBlocking()["merchant-serial-number"])
    }
}

/** Loaded anew by each class loader. */
object Deployed {
    @JvmStatic
    fun fetch(baseUrl: String, clientId: String, clientSecret: String, subscriptionKey: String): String {
        val keys = io.github.vippspartnerauth.PartnerKeys(clientId, clientSecret, subscriptionKey)
        val system = io.github.vippspartnerauth.SystemInfo("acme", "3.1.2")
        val partner = Partner(keys, system, io.github.vippspartnerauth.Environment.of(baseUrl))
        return partner.merchant("123456").headersBlocking().getValue("merchant-serial-number")
    }
}

package io.github.vippspartnerauth.emulator

import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import java.time.Duration
import java.time.Instant
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.api.extension.RegisterExtension
import org.junit.platform.engine.discovery.DiscoverySelectors.selectClass
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request
import org.junit.platform.launcher.core.LauncherFactory
import org.junit.platform.launcher.listeners.SummaryGeneratingListener

private const val TOKENS = "/accesstoken/get"

@ExtendWith(VippsEmulatorExtension::class)
class VippsEmulatorExtensionTest {
    private lateinit var before: Emulator

    @BeforeEach
    fun keep(vipps: Emulator) {
        before = vipps
        vipps.addUser("4798765432")
    }

    @Test
    fun `a test has an emulator of its own`(vipps: Emulator) {
        assertSame(before, vipps)
        assertEquals(2 to 0, vipps.users().size to vipps.requests().size)
        assertTrue(vipps.now().running)
    }

    @Test
    fun `the merchant is that of the partner`(vipps: Emulator, shop: Merchant, partner: Partner) {
        assertEquals("123456", shop.headersBlocking()["merchant-serial-number"])
        assertEquals(1L to 1L, vipps.count(TOKENS) to partner.stats.tokenRequests)
    }

    @Test
    @VippsMerchants("654321", "123456")
    fun `a test names its merchants`(vipps: Emulator, kit: EmulatorKit) {
        assertEquals(setOf("654321", "123456"), vipps.merchants().map { it.msn }.toSet())
        assertEquals("654321", kit.merchant("654321").headersBlocking()["merchant-serial-number"])
    }

    @Test
    fun `one call moves both clocks`(vipps: Emulator, kit: EmulatorKit, shop: Merchant) {
        val first = shop.headersBlocking()
        kit.advance(Duration.ofHours(23))
        assertEquals(first to kit.now, shop.headersBlocking() to vipps.now().now)
        kit.advance(Duration.ofHours(1))
        assertNotEquals(first, shop.headersBlocking())
        assertEquals(2, vipps.count(TOKENS))
        val at = Instant.parse("2031-01-01T00:00:00Z")
        kit.setTime(at)
        assertEquals(at to at, kit.now to vipps.now().now)
    }

    @Test
    fun `nobody waits for the clock`(vipps: Emulator, kit: EmulatorKit, shop: Merchant) {
        val before = kit.now
        vipps.failNext(Endpoint.STANDARD_TOKEN) { status(429).retryAfter(7) }
        assertEquals("123456", shop.headersBlocking()["merchant-serial-number"])
        assertTrue(kit.now >= before.plusSeconds(7))
        kit.sync()
        // The emulator tells its time less exactly.
        assertTrue(Duration.between(kit.now, vipps.now().now).abs() < Duration.ofMillis(1))
        val phone = shop.backchannel()
        val pending = phone.startBlocking("urn:msisdn:4791234567", listOf("openid"))
        assertNull(phone.pollBlocking(pending))
        vipps.approve(pending.authReqId)
        kit.advance(pending.interval)
        assertEquals("123456", phone.pollBlocking(pending)?.claims?.text("msn"))
    }
}

/** Classes that are run from within a test, to see how they end. */
class LifecycleTest {
    @Test
    fun `a class shares one and it ends with the class`() {
        seen.clear()
        assertEquals(2L to 0L, run(OnePerClass::class.java))
        assertSame(seen[0], seen[1])
        assertTrue(seen.none(::isAlive))
    }

    @Test
    fun `each test has one and it ends with the test`() {
        seen.clear()
        assertEquals(2L to 0L, run(OnePerMethod::class.java))
        assertNotEquals(seen[0], seen[1])
        assertTrue(seen.none(::isAlive))
    }

    @Test
    fun `where there is none yet is said`() {
        assertEquals(0L to 1L, run(InConstructor::class.java))
    }

    private fun run(kind: Class<*>): Pair<Long, Long> {
        val summary = SummaryGeneratingListener()
        LauncherFactory.create().execute(request().selectors(selectClass(kind)).build(), summary)
        return summary.summary.let { it.testsSucceededCount to it.testsFailedCount }
    }

    private fun isAlive(vipps: Emulator) = ProcessHandle.of(vipps.processId!!).isPresent
}

private val seen = mutableListOf<Emulator>()

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OnePerClass {
    @JvmField
    @RegisterExtension
    val extension = VippsEmulatorExtension { mode(Mode.TEST) }

    @BeforeAll
    fun start(vipps: Emulator) {
        vipps.addUser("4798765432")
    }

    @Test
    fun one(vipps: Emulator) = look(vipps)

    @Test
    fun other(vipps: Emulator, kit: EmulatorKit) = look(vipps).also { assertSame(vipps, kit.emulator) }

    private fun look(vipps: Emulator) {
        seen += vipps
        assertEquals(Mode.TEST to 2, vipps.info().mode to vipps.users().size)
        assertEquals("123456", vipps.merchants().single().msn)
    }
}

@VippsMerchants("654321")
class OnePerMethod {
    @Test
    fun one(vipps: Emulator) = look(vipps)

    @Test
    fun other(vipps: Emulator) = look(vipps)

    private fun look(vipps: Emulator) {
        seen += vipps
        assertEquals("654321", vipps.merchants().single().msn)
    }

    companion object {
        @JvmField
        @RegisterExtension
        val extension = VippsEmulatorExtension()
    }
}

@ExtendWith(VippsEmulatorExtension::class)
class InConstructor(private val vipps: Emulator) {
    @Test
    fun one() = assertTrue(vipps.now().running)
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.KeySource
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

/** Keys that change while the process runs. */
class KeysTest {
    private val wrong = PartnerKeys("11111111-2222-4333-8444-555555555555", "wrong", "wrong")

    private fun Shop.partnerOf(keys: PartnerKeys, source: KeySource? = null) =
        Partner(keys, SystemInfo("acme", "1"), vipps.environment, Settings(), source)

    @Test
    fun `keys and token change at one moment, or nothing does`(): Unit = Shop().use { shop ->
        val before = shop.merchant.headersBlocking()
        assertThrows(VippsAuthException.CredentialsRejected::class.java) { shop.partner.replaceKeysBlocking(wrong) }
        assertSame(before, shop.merchant.headersBlocking())
        runBlocking { shop.partner.replaceKeys(shop.vipps.partnerKeys().forPartner()) }
        assertEquals(before, shop.merchant.headersBlocking(), "the same keys cost nothing")
    }

    @Test
    fun `keys that were refused are replaced`(): Unit = Shop().use { shop ->
        shop.partnerOf(wrong).use { partner ->
            assertThrows(VippsAuthException.CredentialsRejected::class.java) { partner.headersBlocking() }
            partner.replaceKeysAsync(shop.vipps.partnerKeys().forPartner()).join()
            assertEquals("123456", partner.merchant("123456").headersBlocking()["merchant-serial-number"])
        }
    }

    @Test
    fun `keys for another purpose are refused`(): Unit = Shop().use { shop ->
        val refused = assertThrows(VippsAuthException.InvalidConfig::class.java) {
            shop.partner.replaceKeysBlocking(shop.vipps.specializedKeys().forPartner())
        }
        assertEquals("keys", refused.field)
    }

    @Test
    fun `a source is asked when Vipps refuses the keys`(): Unit = Shop().use { shop ->
        val asked = AtomicInteger()
        val source = KeySource { shop.vipps.partnerKeys().forPartner().also { asked.incrementAndGet() } }
        shop.partnerOf(wrong, source).use { partner -> repeat(2) { partner.headersBlocking() } }
        assertEquals(1, asked.get())
    }

    @Test
    fun `a source that fails changes nothing`(): Unit = Shop().use { shop ->
        shop.partnerOf(wrong) { error("no vault") }.use { partner ->
            assertThrows(VippsAuthException.CredentialsRejected::class.java) { partner.headersBlocking() }
        }
    }
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.BackchannelState
import io.github.vippspartnerauth.ManualClock
import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import java.time.Duration
import java.util.concurrent.CompletionException
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** How far a login by phone number is: as a flow, for a loop of Java, and for a listener. */
class StatesTest {
    @Test
    fun `a flow tells each time that Vipps was asked`(): Unit = Shop().use { shop ->
        hurried(shop) { merchant ->
            val phone = merchant.backchannel()
            val pending = phone.startBlocking(KARI, listOf("openid"))
            val told = mutableListOf<BackchannelState>()
            runBlocking { phone.states(pending).collect { told += it.also { decide(shop, pending.authReqId, told.size) } } }
            compare(told)
        }
    }

    @Test
    fun `a loop of Java waits for each`(): Unit = Shop().use { shop ->
        hurried(shop) { merchant ->
            val phone = merchant.backchannel()
            val pending = phone.startBlocking(KARI, listOf("openid"))
            val told = mutableListOf<BackchannelState>()
            for (state in phone.statesBlocking(pending)) {
                decide(shop, pending.authReqId, told.size)
                told += state
            }
            compare(told)
        }
    }

    @Test
    fun `a listener is told, and the future has the result`(): Unit = Shop().use { shop ->
        hurried(shop) { merchant ->
            val phone = merchant.backchannel()
            val pending = phone.startBlocking(KARI, listOf("openid"))
            val told = mutableListOf<BackchannelState>()
            val result = phone.statesAsync(pending) { state ->
                decide(shop, pending.authReqId, told.size)
                told += state
            }.join()
            assertEquals("123456", result.claims.msn)
            compare(told)
        }
    }

    @Test
    fun `a refusal and a listener's own exception end them`(): Unit = Shop().use { shop ->
        val phone = shop.merchant.backchannel()
        val pending = phone.startBlocking(KARI, listOf("openid"))
        shop.vipps.deny(pending.authReqId)
        val denied = assertThrows(VippsAuthException.LoginFailed::class.java) { runBlocking { phone.states(pending).toList() } }
        assertEquals("denied", denied.reason)
        val other = phone.startBlocking(KARI, listOf("openid"))
        val future = phone.statesAsync(other) { error("the listener's own") }
        assertInstanceOf(IllegalStateException::class.java, assertThrows(CompletionException::class.java) { future.join() }.cause)
    }

    @Test
    fun `a login goes on when nobody follows it any more`(): Unit = Shop().use { shop ->
        val phone = shop.merchant.backchannel()
        val pending = phone.startBlocking(KARI, listOf("openid"))
        runBlocking {
            assertInstanceOf(BackchannelState.Pending::class.java, phone.states(pending).first())
            launch { phone.states(pending).collect {} }.cancelAndJoin()
        }
        shop.vipps.approve(pending.authReqId, MSISDN)
        shop.vipps.advance(pending.interval)
        assertTrue(phone.finishPingBlocking(shop.vipps.pingBody(pending.authReqId), pending) != null)
    }

    private fun hurried(shop: Shop, test: (Merchant) -> Unit) {
        val clock = ManualClock(shop.vipps.now().now, runsThroughSleeps = true)
        val settings = Settings { clock(clock) }
        Partner(shop.vipps.partnerKeys().forPartner(), SystemInfo("acme", "3.1.2"), shop.vipps.environment, settings).use { test(it.merchant("123456")) }
    }

    private fun decide(shop: Shop, login: String, told: Int) {
        shop.vipps.advance(INTERVAL)
        if (told == 2) shop.vipps.approve(login, MSISDN)
    }

    private fun compare(told: List<BackchannelState>) {
        assertEquals(List(3) { BackchannelState.Pending(INTERVAL) }, told.dropLast(1))
        assertEquals("123456", assertInstanceOf(BackchannelState.Complete::class.java, told.last()).result.claims.msn)
    }

    private companion object {
        const val MSISDN = "4791234567"
        const val KARI = "urn:msisdn:$MSISDN"
        val INTERVAL: Duration = Duration.ofSeconds(5)
    }
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.BackchannelOptions
import io.github.vippspartnerauth.BackchannelPing
import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.Event
import io.github.vippspartnerauth.Expect
import io.github.vippspartnerauth.Flow
import io.github.vippspartnerauth.IdTokenVerifier
import io.github.vippspartnerauth.LoginRequest
import io.github.vippspartnerauth.ManualClock
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.PendingLogin
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import io.github.vippspartnerauth.emulator.EmulatorException
import io.github.vippspartnerauth.emulator.EmulatorIdToken
import io.github.vippspartnerauth.emulator.advance
import io.github.vippspartnerauth.emulator.environment
import io.github.vippspartnerauth.emulator.partnerKeys
import io.github.vippspartnerauth.emulator.salesUnitKeys
import io.github.vippspartnerauth.emulator.specializedKeys
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class FaceTest {
    @Test
    fun `cached headers are the very same object`() = Shop().use { shop ->
        assertNull(shop.merchant.cachedHeaders())
        val headers = shop.merchant.headersBlocking()
        assertEquals("123456", headers["merchant-serial-number"])
        assertSame(headers, shop.merchant.cachedHeaders())
        assertSame(headers, runBlocking { shop.merchant.headers() })
        assertThrows(UnsupportedOperationException::class.java) { (headers as MutableMap)["x"] = "y" }
        assertEquals(1, shop.tokenRequests())
        assertEquals(1, shop.partner.stats.tokensFetched)
    }

    @Test
    fun `a token that is dropped takes the headers of every merchant with it`() = Shop().use { shop ->
        val before = shop.merchant.headersBlocking()
        val token = shop.partner.accessTokenBlocking()
        assertTrue(shop.partner.invalidate(token))
        assertNull(shop.merchant.cachedHeaders())
        assertNotSame(before, shop.merchant.headersBlocking())
        assertFalse(shop.partner.invalidate(token), "a late refusal can't evict a newer token")
        assertEquals(2, shop.tokenRequests())
    }

    @Test
    fun `a clock of one's own is followed`() {
        val clock = ManualClock(Instant.ofEpochSecond(1_767_225_660))
        Shop(Settings(clock = clock)).use { shop ->
            shop.merchant.headersBlocking()
            clock.advance(Duration.ofHours(25))
            assertNull(shop.merchant.cachedHeaders())
        }
        assertEquals(Instant.ofEpochSecond(1_767_225_660).plus(Duration.ofHours(25)), clock.now)
    }

    @Test
    fun `all kinds of keys get their headers`() = Shop().use { shop ->
        val system = SystemInfo("acme", "3.1.2", "plugin", "4")
        val unit = Partner(shop.vipps.salesUnitKeys("123456")!!, system, shop.vipps.environment)
        assertEquals("plugin", unit.merchant("123456").headersBlocking()["vipps-system-plugin-name"])
        val special = Partner(shop.vipps.specializedKeys, system, shop.vipps.environment)
        assertFalse("ocp-apim-subscription-key" in special.headersBlocking())
        assertNull(shop.vipps.salesUnitKeys("999999"))
    }

    @Test
    fun `events are told and a listener that throws harms nobody`() {
        val told = CopyOnWriteArrayList<Event>()
        Shop(Settings(onEvent = { told += it; error("listener") })).use { it.merchant.headersBlocking() }
        assertTrue(told.any { it.name == "token_fetched" && "lifetime" in it.details && !it.isWarning }, "$told")
    }

    @Test
    fun `an ID token is checked with and without the network`() = Shop().use { shop ->
        val jwt = shop.vipps.mintIdToken(EmulatorIdToken(msn = "123456", nonce = "n-0001", claims = mapOf("x" to "7")))
        val expect = Expect(nonce = "n-0001")
        assertNull(shop.merchant.verifyIdTokenCached(jwt, expect))
        val claims = shop.merchant.verifyIdTokenBlocking(jwt, expect)
        assertEquals("123456", claims.msn)
        assertEquals(listOf("7", "n-0001", null), listOf(claims.claim("x"), claims.text("nonce"), claims.text("x")))
        assertEquals(claims.json, shop.merchant.verifyIdTokenCached(jwt, expect)?.json)

        val verifier = IdTokenVerifier(shop.vipps.environment, shop.vipps.jwks())
        assertEquals(claims.sub, verifier.verifyCached(jwt, Expect(msn = "123456").withNonce("n-0001"))?.sub)
        val error = assertThrows(VippsAuthException.InvalidIdToken::class.java) {
            verifier.verifyBlocking(jwt, Expect(msn = "654321", nonce = "n-0001"))
        }
        assertEquals("msn", error.claim)
    }

    @Test
    fun `a plain native call says what the generated one would`(): Unit = Shop().use { shop ->
        val extra = mapOf("name" to "\"Kåre 🦉\"", "half" to "\"?\"")
        val jwt = shop.vipps.mintIdToken(EmulatorIdToken(msn = "123456", nonce = "?", claims = extra))
        val verifier = IdTokenVerifier(shop.vipps.environment, shop.vipps.jwks())
        val plain = verifier.verifyCached(jwt, Expect("123456", flow = Flow.BROWSER, nonce = "?"))!!
        assertEquals("Kåre 🦉", plain.text("name"))
        assertNull(plain.claim("\ud83d"))
        val wrong = listOf(Expect("123456", nonce = "\ud800"), Expect("123456", nonce = ""), Expect("123456", nonce = "!"))
        wrong.forEach { assertThrows(VippsAuthException::class.java) { verifier.verifyCached(jwt, it) } }
        val halves = listOf("a.b.\ud83d", "\udc00", "\ud800".repeat(1 shl 20))
        (halves + listOf("", "?", jwt.dropLast(2), "$jwt\u0000", jwt + "A".repeat(1 shl 20))).forEach {
            val error = assertThrows(VippsAuthException.InvalidIdToken::class.java) {
                verifier.verifyCached(it, Expect("123456", nonce = "?"))
            }
            assertEquals(if (it == jwt.dropLast(2)) "signature" else "form", error.claim)
        }
        verifier.close()
        assertThrows(IllegalStateException::class.java) { verifier.verifyCached(jwt, Expect("123456", nonce = "?")) }
    }

    @Test
    fun `bad input is a typed error that names it`(): Unit = Shop().use { shop ->
        val kari = "urn:msisdn:4791234567"
        val phone = shop.merchant.backchannel()
        val login = shop.merchant.login("https://shop.example/callback")
        val calls: Map<String, () -> Any?> = mapOf(
            "msn" to { shop.partner.merchant("12 345") },
            "client_id" to { PartnerKeys("", "secret", "key") },
            "subscription_key" to { PartnerKeys("id", "secret", "k\u0000") },
            "system_name" to { SystemInfo("acme\r\nX: 1", "1") },
            "plugin_version" to { SystemInfo("acme", "1", "plugin") },
            "environment" to { Environment.of("http://vipps.example") },
            "request" to { LoginRequest.fromJson("{}") },
            "pending" to { PendingLogin.fromJson("[") },
            "body" to { BackchannelPing.parse("\u0000") },
            "redirect_uri" to { shop.merchant.login("/callback") },
            "scopes" to { login.startBlocking(listOf("name")) },
            "login_hint" to { phone.startBlocking("+47 912 34 567", listOf("openid")) },
            "binding_message" to { phone.startBlocking(kari, listOf("openid"), BackchannelOptions("a")) },
            "requested_expiry" to {
                phone.startBlocking(kari, listOf("openid"), BackchannelOptions(requestedExpiry = Duration.ofMillis(-1)))
            },
            "msisdn" to { phone.userExistsBlocking("1") },
            "deadline" to { IdTokenVerifier(settings = Settings(deadline = Duration.ofSeconds(-1))) },
            "leeway" to { IdTokenVerifier(settings = Settings(leeway = Duration.ofSeconds(Long.MAX_VALUE))) },
            "ca_pem" to { IdTokenVerifier(settings = Settings(caPem = "no pem")) },
            "basic_encoding" to { IdTokenVerifier(settings = Settings(basicEncoding = "other")) },
            "login_basic_encoding" to { IdTokenVerifier(settings = Settings(loginBasicEncoding = "other")) },
            "jwks" to { IdTokenVerifier(jwks = "{}") },
            "auth_req_id" to { shop.merchant.verifyIdTokenCached("a.b.c", Expect(flow = Flow.BACKCHANNEL_REDIRECT)) },
            "unix_seconds" to { ManualClock(Instant.MIN) },
        )
        calls.forEach { (field, call) ->
            val error = assertThrows(VippsAuthException.InvalidConfig::class.java, { call() }, field)
            assertEquals(field, error.field, error.message)
            assertEquals("invalid_config", error.code)
            assertFalse(error.retryable)
        }
        assertThrows(VippsAuthException.InvalidConfig::class.java) { BackchannelPing.parse("\ud800") }
        assertThrows(EmulatorException::class.java) { shop.vipps.advance(Duration.ofSeconds(-1)) }
        assertThrows(EmulatorException::class.java) { shop.vipps.setLatency("nowhere", 1.0) }
    }

    @Test
    fun `an error says what happened`() = Shop().use { shop ->
        shop.vipps.wrongEnvironment(true)
        val error = assertThrows(VippsAuthException.CredentialsRejected::class.java) { shop.merchant.headersBlocking() }
        assertTrue(error.message!!.contains("status=`400`"), error.message)
        assertTrue(error.detail in error.message!!)
        assertEquals(400, error.status)
        assertTrue(error.hint != null && error.traceId != null)
    }

    @Test
    fun `nothing shows a secret`() = Shop().use { shop ->
        val token = shop.partner.accessTokenBlocking()
        val login = shop.merchant.login("https://shop.example/callback")
        val request = login.startBlocking(listOf("openid"))
        val shown = listOf(token, shop.vipps.partnerKeys, shop.merchant, shop.partner, request, login).joinToString()
        val keys = shop.vipps.keysOfPartner()
        val secrets = listOf(token.secret, keys.clientSecret, keys.subscriptionKey, request.codeVerifier, request.state)
        secrets.forEach { assertFalse(it in shown) }
    }

    @Test
    fun `what is closed says so`() {
        val shop = Shop()
        shop.merchant.headersBlocking()
        shop.merchant.close()
        assertThrows(IllegalStateException::class.java) { shop.merchant.headersBlocking() }
        shop.close()
        assertThrows(IllegalStateException::class.java) { shop.partner.stats }
    }
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.BackchannelOptions
import io.github.vippspartnerauth.BackchannelPing
import io.github.vippspartnerauth.BasicEncoding
import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.Expect
import io.github.vippspartnerauth.Flow
import io.github.vippspartnerauth.IdTokenVerifier
import io.github.vippspartnerauth.LoginAuthMethod
import io.github.vippspartnerauth.LoginRequest
import io.github.vippspartnerauth.ManualClock
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.PendingLogin
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import io.github.vippspartnerauth.VippsAuthIOException
import io.github.vippspartnerauth.emulator.EmulatorException
import io.github.vippspartnerauth.emulator.Endpoint
import io.github.vippspartnerauth.emulator.Mishap
import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.time.Duration
import java.time.Instant
import java.util.concurrent.ExecutionException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class FaceTest {
    @Test
    fun `cached headers are the very same object`(): Unit = Shop().use { shop ->
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
    fun `a token that is dropped takes the headers of every merchant with it`(): Unit = Shop().use { shop ->
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
        Shop(Settings { clock(clock) }).use { shop ->
            shop.merchant.headersBlocking()
            clock.advance(Duration.ofHours(25))
            assertNull(shop.merchant.cachedHeaders())
        }
        assertEquals(Instant.ofEpochSecond(1_767_225_660).plus(Duration.ofHours(25)), clock.now)
    }

    @Test
    fun `all kinds of keys get their headers`(): Unit = Shop().use { shop ->
        val system = SystemInfo("acme", "3.1.2", "plugin", "4")
        val unit = Partner(shop.vipps.salesUnitKeys("123456").forSalesUnit("123456"), system, shop.vipps.environment)
        assertEquals("plugin", unit.merchant("123456").headersBlocking()["vipps-system-plugin-name"])
        val special = Partner(shop.vipps.specializedKeys().forPartner(), system, shop.vipps.environment)
        assertFalse("ocp-apim-subscription-key" in special.headersBlocking())
        assertThrows(EmulatorException::class.java) { shop.vipps.salesUnitKeys("999999") }
    }

    @Test
    fun `an ID token is checked with and without the network`(): Unit = Shop().use { shop ->
        val jwt = shop.vipps.mintIdToken("123456") { nonce("n-0001").claims(mapOf("x" to 7)) }
        val expect = Expect().withNonce("n-0001")
        assertNull(shop.merchant.verifyIdTokenCached(jwt, expect))
        val claims = shop.merchant.verifyIdTokenBlocking(jwt, expect)
        assertEquals("123456", claims.msn)
        assertEquals(listOf("7", "n-0001", null), listOf(claims.claim("x"), claims.text("nonce"), claims.text("x")))
        assertEquals(claims.json, shop.merchant.verifyIdTokenCached(jwt, expect)?.json)

        val verifier = IdTokenVerifier(shop.vipps.environment, shop.vipps.jwks())
        assertEquals(claims.sub, verifier.verifyCached(jwt, Expect("123456").withNonce("n-0001"))?.sub)
        val error = assertThrows(VippsAuthException.InvalidIdToken::class.java) {
            verifier.verifyBlocking(jwt, Expect("654321").withNonce("n-0001"))
        }
        assertEquals("msn", error.claim)
    }

    @Test
    fun `a plain native call says what the generated one would`(): Unit = Shop().use { shop ->
        val extra = mapOf("name" to "Kåre 🦉", "half" to "?")
        val jwt = shop.vipps.mintIdToken("123456") { nonce("?").claims(extra) }
        val verifier = IdTokenVerifier(shop.vipps.environment, shop.vipps.jwks())
        val plain = verifier.verifyCached(jwt, Expect("123456").withFlow(Flow.BROWSER).withNonce("?"))!!
        assertEquals("Kåre 🦉", plain.text("name"))
        assertThrows(VippsAuthException.InvalidConfig::class.java) { plain.claim("\ud83d") }
        val wrong = listOf("\ud800", "", "!").map(Expect("123456")::withNonce)
        wrong.forEach { assertThrows(VippsAuthException::class.java) { verifier.verifyCached(jwt, it) } }
        val halves = listOf("a.b.\ud83d", "\udc00", "\ud800".repeat(1 shl 20))
        (halves + listOf("", "?", jwt.dropLast(2), "$jwt\u0000", jwt + "A".repeat(1 shl 20))).forEach {
            val error = assertThrows(VippsAuthException.InvalidIdToken::class.java) {
                verifier.verifyCached(it, Expect("123456").withNonce("?"))
            }
            assertEquals(if (it == jwt.dropLast(2)) "signature" else "form", error.claim)
        }
        verifier.close()
        assertThrows(IllegalStateException::class.java) { verifier.verifyCached(jwt, Expect("123456").withNonce("?")) }
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
            "binding_message" to { phone.startBlocking(kari, listOf("openid"), BackchannelOptions { bindingMessage("a") }) },
            "requested_expiry" to {
                phone.startBlocking(kari, listOf("openid"), BackchannelOptions { requestedExpiry(Duration.ofMillis(-1)) })
            },
            "msisdn" to { phone.userExistsBlocking("1") },
            "deadline" to { IdTokenVerifier(settings = Settings { deadline(Duration.ofSeconds(-1)) }) },
            "leeway" to { IdTokenVerifier(settings = Settings { leeway(Duration.ofSeconds(Long.MAX_VALUE)) }) },
            "ca_pem" to { IdTokenVerifier(settings = Settings { caPem("no pem") }) },
            "proxy" to { IdTokenVerifier(settings = Settings { proxy("ftp://proxy.example") }) },
            "basic_encoding" to { BasicEncoding.of("base64") },
            "login_auth_method" to { LoginAuthMethod.of("none") },
            "jwks" to { IdTokenVerifier(Environment.Production, "{}") },
            "auth_req_id" to { shop.merchant.verifyIdTokenCached("a.b.c", Expect().withFlow(Flow.BACKCHANNEL_REDIRECT)) },
            "unix_seconds" to { ManualClock(Instant.MIN) },
        )
        calls.forEach { (field, call) ->
            val error = assertThrows(VippsAuthException.InvalidConfig::class.java, { call() }, field)
            assertEquals(field, error.field, error.message)
            assertEquals("invalid_config", error.code)
            assertFalse(error.retryable)
        }
        assertThrows(VippsAuthException.InvalidConfig::class.java) { BackchannelPing.parse("\ud800") }
    }

    @Test
    fun `a proxy is asked, and named`() {
        val settings = Settings { proxy("http://127.0.0.1:2").deadline(Duration.ofSeconds(1)) }
        val partner = Partner(PartnerKeys("11111111-2222-4333-8444-555555555555", "secret", "key"), SystemInfo("acme", "1"), settings = settings)
        val error = assertThrows(VippsAuthException.Unavailable::class.java) { partner.headersBlocking() }
        assertTrue("through the proxy 127.0.0.1:2" in error.message!!, error.message)
    }

    @Test
    fun `an error says what happened`(): Unit = Shop().use { shop ->
        shop.vipps.wrongEnvironment()
        val error = assertThrows(VippsAuthException.CredentialsRejected::class.java) { shop.merchant.headersBlocking() }
        assertTrue(error.message!!.contains("status=`400`"), error.message)
        assertTrue(error.detail in error.message!!)
        assertEquals(400, error.status)
        assertTrue(error.hint != null && error.traceId != null)
    }

    @Test
    fun `nothing shows a secret`(): Unit = Shop().use { shop ->
        val token = shop.partner.accessTokenBlocking()
        val login = shop.merchant.login("https://shop.example/callback")
        val request = login.startBlocking(listOf("openid"))
        val shown = listOf(token, shop.vipps.partnerKeys().forPartner(), shop.merchant, shop.partner, request, login).joinToString()
        val keys = shop.vipps.partnerKeys()
        val secrets = listOf(token.secret, keys.clientSecret, keys.subscriptionKey, request.codeVerifier, request.state)
        secrets.forEach { assertFalse(it in shown) }
    }

    @Test
    fun `what is closed says so`() {
        val shop = Shop()
        shop.merchant.headersBlocking()
        shop.close()
        assertThrows(IllegalStateException::class.java) { shop.partner.stats }
        assertThrows(IllegalStateException::class.java) { shop.partner.headersBlocking() }
        assertEquals("Partner(environment=${shop.partner.environment})", "${shop.partner}")
    }

    @Test
    fun `members of claims and userinfo are read by their types`(): Unit = Shop().use { shop ->
        val values = mapOf(
            "name" to "Kåre 🦉", "yes" to true, "count" to 42, "half" to 0.5, "none" to null,
            "roles" to listOf("a", "b"), "mixed" to listOf("a", 1),
        )
        val jwt = shop.vipps.mintIdToken("123456") { claims(values) }
        val claims = IdTokenVerifier(shop.vipps.environment, shop.vipps.jwks()).verifyBlocking(jwt, Expect("123456"))
        assertEquals(listOf("Kåre 🦉", null, null, null), listOf("name", "count", "none", "absent").map(claims::text))
        assertEquals(listOf(true, null), listOf("yes", "name").map(claims::bool))
        assertEquals(listOf(42L, null, null), listOf("count", "half", "name").map(claims::long))
        assertEquals(listOf("a", "b"), claims.list("roles"))
        assertEquals(1, claims.list("aud")?.size, "one text is a list of one")
        assertEquals(listOf(null, null), listOf("mixed", "count").map(claims::list))
        assertEquals("\"Kåre 🦉\"", claims.claim("name"))
        assertEquals("Kåre 🦉", claims.read { json(it)["name"].textValue() })

        shop.vipps.registerRedirectUri("123456", "https://shop.example/callback")
        shop.vipps.autoApprove("4791234567")
        val login = shop.merchant.login("https://shop.example/callback")
        val request = login.startBlocking(listOf("openid", "name", "email"))
        val result = login.finishBlocking(whereTheBrowserGoes(request.url), request)
        val person = login.userinfoAsync(result).get()
        assertEquals(person.name, person.text("name"))
        val kept = copy(person)
        assertEquals(listOf(person.json, person.sub, person.name), listOf(kept.json, kept.sub, kept.name))
        assertEquals(person.address?.formatted, kept.address?.formatted)
        assertEquals(result.claims.issuedAt, copy(result.claims).issuedAt)
        assertEquals(person.emailVerified, person.bool("email_verified"))
        assertEquals(person.sub, person.read { json(it)["sub"].textValue() })
    }

    @Test
    fun `an exception survives being written and read`(): Unit = Shop().use { shop ->
        shop.vipps.wrongEnvironment()
        val error = assertThrows(VippsAuthException.CredentialsRejected::class.java) { shop.merchant.headersBlocking() }
        for (thrown in listOf(error, VippsAuthIOException(error))) {
            val read = copy(thrown)
            val told = read as? VippsAuthException ?: (read as VippsAuthIOException).cause
            assertEquals(listOf(error.code, error.hint, error.traceId, 400), listOf(told.code, told.hint, told.traceId, told.status))
            assertEquals(thrown.message, read.message)
        }
    }

    @Suppress("UNCHECKED_CAST")
    private fun <T> copy(of: T): T {
        val bytes = ByteArrayOutputStream().also { ObjectOutputStream(it).writeObject(of) }.toByteArray()
        return ObjectInputStream(bytes.inputStream()).readObject() as T
    }

    @Test
    fun `values come from any source that knows the names of the variables`(): Unit = Shop().use { shop ->
        val vars = shop.vipps.environment() + mapOf("VIPPS_SYSTEM_NAME" to "acme", "VIPPS_SYSTEM_VERSION" to "3.1.2")
        Partner.fromVars(vars).use { assertEquals("123456", it.merchant("123456").headersBlocking()["merchant-serial-number"]) }
        val error = assertThrows(VippsAuthException.InvalidConfig::class.java) { Partner.fromVars(vars - "VIPPS_CLIENT_SECRET") }
        assertEquals("VIPPS_CLIENT_SECRET", error.field)
    }

    @Test
    fun `keys say whose they are and no secret`(): Unit = Shop().use { shop ->
        val keys = shop.vipps.salesUnitKeys("123456")
        assertEquals(listOf(keys.clientId, "123456"), keys.forSalesUnit("123456").let { listOf(it.clientId, it.msn) })
        val partnerKeys = shop.vipps.partnerKeys().forPartner()
        assertEquals("PartnerKeys(clientId=${partnerKeys.clientId})", "$partnerKeys")
    }

    @Test
    fun `a future is the same call, and cancelling it ends the wait`(): Unit = Shop().use { shop ->
        shop.vipps.failNext(Endpoint.STANDARD_TOKEN) { kind(Mishap.HANG) }
        val waiting = shop.merchant.headersAsync()
        while (shop.tokenRequests() == 0L) Thread.onSpinWait()
        waiting.cancel(true)
        shop.vipps.releaseHung()
        assertEquals("123456", shop.merchant.headersAsync().get()["merchant-serial-number"])
        shop.vipps.wrongEnvironment()
        shop.partner.invalidate(shop.partner.accessTokenAsync().get())
        val failure = assertThrows(ExecutionException::class.java) { shop.partner.accessTokenAsync().get() }
        assertTrue(failure.cause is VippsAuthException.CredentialsRejected)
    }

    @Test
    fun `a refused token is replaced together with its headers`(): Unit = Shop().use { shop ->
        val used = shop.merchant.authorizationBlocking()
        assertSame(used.headers, shop.merchant.cachedHeaders())
        assertTrue(used.isCarriedBy(used.headers::get))
        assertFalse(used.isCarriedBy { "another" })
        val other = shop.merchant.refusedBlocking(used)
        assertEquals("123456", other.headers["merchant-serial-number"])
        assertNotEquals(used.token.secret, other.token.secret)
        assertSame(other.headers, shop.merchant.cachedHeaders())
        assertEquals(other.headers, shop.merchant.refusedBlocking(used).headers, "another call had it replaced already")
        assertThrows(VippsAuthException.Unavailable::class.java) { shop.merchant.refusedBlocking(other) }
        assertFalse(listOf(used, other).any { it.token.secret in "$it" })
        assertEquals(2, shop.tokenRequests())
    }
}

package io.github.vippspartnerauth.tests

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.ObjectNode
import io.github.vippspartnerauth.Address
import io.github.vippspartnerauth.Agreement
import io.github.vippspartnerauth.Backchannel
import io.github.vippspartnerauth.BackchannelOptions
import io.github.vippspartnerauth.BackchannelState
import io.github.vippspartnerauth.BasicEncoding
import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.FlowElement
import io.github.vippspartnerauth.FlowResult
import io.github.vippspartnerauth.FlowScreen
import io.github.vippspartnerauth.IdTokenVerifier
import io.github.vippspartnerauth.Login
import io.github.vippspartnerauth.LoginAuthMethod
import io.github.vippspartnerauth.LoginOptions
import io.github.vippspartnerauth.LoginRequest
import io.github.vippspartnerauth.LoginResult
import io.github.vippspartnerauth.ManualClock
import io.github.vippspartnerauth.Market
import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PendingLogin
import io.github.vippspartnerauth.RequestedFlow
import io.github.vippspartnerauth.SalesUnit
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.UnverifiedConsentRevoked
import io.github.vippspartnerauth.Userinfo
import io.github.vippspartnerauth.VerifiedWebhook
import io.github.vippspartnerauth.WebhookOptions
import io.github.vippspartnerauth.WebhookVerifier
import java.security.MessageDigest
import java.time.Duration
import java.time.Instant
import java.util.Base64
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue

/** One call of the library, as a case describes it; what came out, as the case would write it. */
internal class VectorCall(private val op: String, private val given: Given, private val environment: String) {
    private val clock by lazy {
        ManualClock(Instant.ofEpochSecond(checkNotNull(given["now"]).longValue()), runsThroughSleeps = true)
    }

    fun make(): JsonNode = when (op) {
        "msn" -> json(mapOf("msn" to anyPartner().merchant(given.needed("text")).msn))
        "system_info" -> json(mapOf("headers" to given.ownSystem().headers()))
        "keys" -> given.keys().let { json("{}") }
        "environment" -> Environment.of(given.needed("text")).let {
            json(mapOf("base_url" to it.baseUrl, "issuer" to it.issuer))
        }
        "token" -> token()
        "headers" -> json(mapOf("headers" to headers()))
        "id_token" -> idToken()
        "authorize_url" -> authorizeUrl()
        "login_request" -> loginRequest()
        "login_callback" -> request().code(given.needed("callback_url")).let {
            json(mapOf("code" to it.code, "scopes" to it.scopes))
        }
        "login_resume_uri" -> json(mapOf("resume_uri" to resumeUri()))
        "login_finish" -> told(login().finishBlocking(given.needed("callback_url"), request()))
        "userinfo" -> userinfo()
        "consent_revoked" -> consentRevoked()
        "sales_units" -> salesUnits(partner().salesUnitsBlocking())
        "sales_units_of" -> salesUnits(partner().salesUnitsOfBlocking(given.needed("scheme"), given.needed("business")))
        "sales_unit" -> salesUnit()
        "sales_unit_changes" -> salesUnitChanges()
        "check" -> check()
        "user_exists" -> json(mapOf("exists" to phone().userExistsBlocking(given.needed("msisdn"))))
        "backchannel_start" -> start()
        "pending_login" -> pendingLogin()
        "backchannel_poll" -> soFar { phone, pending -> phone.pollBlocking(pending) }
        "backchannel_ping" -> soFar { phone, pending -> phone.finishPingBlocking(given.needed("text"), pending) }
        "backchannel_wait" -> waited()
        "backchannel_states" -> states()
        "backchannel_redirect" -> phone().let { told(it.finishRedirectBlocking(given.needed("callback_url"), pending())) }
        "webhook_verify" -> webhook().let {
            assertEquals(body().toList(), it.body().toList())
            json(mapOf("webhook_id" to it.webhookId, "sent_at" to it.sentAt.epochSecond))
        }
        "webhook_ping" -> webhook().ping().let { json(mapOf("auth_req_id" to it.authReqId, "msn" to it.msn)) }
        "webhook_sign" -> webhookVerifier().use {
            json(mapOf("headers" to it.sign(given.needed("webhook_id"), given.needed("url"), body())))
        }
        else -> error("unknown op $op")
    }

    private fun webhook(): VerifiedWebhook = webhookVerifier().use {
        it.verify(given.needed("method"), given.needed("path"), several(checkNotNull(given["headers"])), body())
    }

    private fun webhookVerifier() = WebhookVerifier(
        several(checkNotNull(given.resolved("secrets"))),
        WebhookOptions {
            clock(this@VectorCall.clock)
            given.text("public_host")?.let(::publicHost)
            given["tolerance"]?.let { tolerance(Duration.ofSeconds(it.longValue())) }
        },
    )

    /** Pairs as a map: what comes twice has two values. */
    private fun several(pairs: JsonNode): Map<String, List<String>> =
        pairs.groupBy({ it[0].textValue() }, { it[1].textValue() })

    private fun body(): ByteArray =
        given.text("body_base64")?.let(Base64.getDecoder()::decode) ?: given.needed("body").toByteArray()

    private fun anyPartner() = Partner(
        io.github.vippspartnerauth.PartnerKeys("11111111-2222-4333-8444-555555555555", "secret", "key"),
        io.github.vippspartnerauth.SystemInfo("acme", "3.1.2"),
    )

    private fun token(): JsonNode {
        val token = partner().accessTokenBlocking()
        return json(mapOf("token" to token.secret, "lifetime" to secondsFromNow(token.expiresAt)))
    }

    private fun headers(): Map<String, String> {
        val partner = partner()
        return given.text("msn")?.let { partner.merchant(it).headersBlocking() } ?: partner.headersBlocking()
    }

    private fun idToken(): JsonNode {
        val expect = given.expect()
        val jwks = given.text("jwks_text") ?: given.resolved("jwks")?.toString()
        val issuer = Environment.of(environment)
        val verifier = jwks?.let { IdTokenVerifier(issuer, it, settings()) } ?: IdTokenVerifier(issuer, settings())
        val claims = verifier.verifyBlocking(given.needed("jwt"), expect)
        val all = json(claims.json) as ObjectNode
        all.properties().forEach { (name, claim) -> assertEquals(claim, json(checkNotNull(claims.claim(name))), name) }
        all.properties().forEach { (name, claim) -> assertEquals(claim.textValue(), claims.text(name), name) }
        return json(mapOf("claims" to all.put("sub", claims.sub).put("msn", claims.msn)))
    }

    private fun authorizeUrl(): JsonNode {
        val (login, options) = login() to loginOptions()
        val scopes = checkNotNull(given["scopes"]).map { it.textValue() }
        val requests = List(2) { login.startBlocking(scopes, options) }
        requests.forEach(::checkRandomness)
        val random: List<(LoginRequest) -> String> =
            listOf(LoginRequest::state, LoginRequest::nonce, LoginRequest::codeVerifier)
        random.forEach { assertNotEquals(it(requests[0]), it(requests[1])) }
        val (endpoint, query) = parts(requests[0].url)
        val fixed = query.filterNot { it.first in RANDOM }.map { it.toList() }
        return json(mapOf("endpoint" to endpoint.replace(baseUrl(), "{base_url}"), "query" to fixed))
    }

    private fun checkRandomness(request: LoginRequest) {
        val digest = MessageDigest.getInstance("SHA-256").digest(request.codeVerifier.toByteArray())
        val challenge = Base64.getUrlEncoder().withoutPadding().encodeToString(digest)
        val own = listOf("state" to request.state, "nonce" to request.nonce, "code_challenge" to challenge)
        assertEquals(own, parts(request.url).second.filter { it.first in RANDOM })
        assertTrue(request.state.length >= 32 && request.nonce.length >= 32)
        assertTrue(request.codeVerifier.length in 43..128)
        assertEquals(request, LoginRequest.fromJson(request.toJson()))
    }

    private fun parts(url: String): Pair<String, List<Pair<String, String>>> {
        assertFalse('+' in url.substringAfter('?'), "a space in a url is %20")
        return url.substringBefore('?') to form(url.substringAfter('?'))
    }

    private fun loginOptions() = LoginOptions {
        given.option("market")?.let { market(Market.of(it)) }
        given.option("acr_values")?.let(::acrValues)
        given.option("requested_flow")?.let { requestedFlow(RequestedFlow.of(it)) }
        given.option("app_callback_uri")?.let(::appCallbackUri)
        given.options["final_redirect_is_app"]?.let { finalRedirectIsApp(it.booleanValue()) }
    }

    private fun loginRequest(): JsonNode {
        val request = LoginRequest.fromJson(given.text("text") ?: kept("request"))
        assertEquals(request, LoginRequest.fromJson(request.toJson()))
        return json(
            mapOf(
                "url" to request.url, "msn" to request.msn, "redirect_uri" to request.redirectUri,
                "scopes" to request.scopes, "state" to request.state, "nonce" to request.nonce,
                "code_verifier" to request.codeVerifier, "acr_values" to request.acrValues,
                "stored" to json(request.toJson()),
            ),
        )
    }

    private fun resumeUri() = request().resumeUri(given.needed("app_callback_uri"), given.needed("callback_url"))

    private fun userinfo(): JsonNode {
        val after = Duration.ofSeconds(given["after"]?.longValue() ?: 0)
        if (given["pending"] != null) {
            val phone = phone()
            val result = checkNotNull(phone.pollBlocking(pending())) { "the login is still pending" }
            clock.advance(after)
            return described(phone.userinfoBlocking(result))
        }
        val login = login()
        val result = login.finishBlocking(given.needed("callback_url"), request())
        clock.advance(after)
        return described(login.userinfoBlocking(result))
    }

    private fun consentRevoked(): JsonNode = UnverifiedConsentRevoked.parse(given.needed("text")).let {
        json(
            mapOf(
                "sub" to it.claimedSub, "issued_at" to it.claimedIssuedAt?.epochSecond,
                "expires_at" to it.claimedExpiresAt?.epochSecond,
            ),
        )
    }

    private fun start(): JsonNode {
        val phone = phone()
        val scopes = checkNotNull(given["scopes"]).map { it.textValue() }
        val options = BackchannelOptions {
            given.option("binding_message")?.let(::bindingMessage)
            given.options["requested_expiry"]?.let { requestedExpiry(Duration.ofSeconds(it.longValue())) }
            given.option("redirect_uri")?.let(::redirectUri)
        }
        val pending = phone.startBlocking(given.needed("login_hint"), scopes, options)
        val restored = PendingLogin.fromJson(pending.toJson())
        assertEquals(json(pending.toJson()), json(restored.toJson()))
        return json(
            mapOf(
                "auth_req_id" to pending.authReqId, "msn" to pending.msn, "scopes" to pending.scopes,
                "interval" to pending.interval.seconds, "lifetime" to secondsFromNow(pending.expiresAt),
                "ends_by_redirect" to pending.endsByRedirect,
            ),
        )
    }

    private fun pendingLogin(): JsonNode {
        val pending = PendingLogin.fromJson(given.text("text") ?: kept("pending"))
        return json(
            mapOf(
                "auth_req_id" to pending.authReqId, "msn" to pending.msn, "scopes" to pending.scopes,
                "expires_at" to pending.expiresAt.epochSecond, "interval" to pending.interval.seconds,
                "ends_by_redirect" to pending.endsByRedirect, "stored" to json(pending.toJson()),
            ),
        )
    }

    private fun soFar(ask: (Backchannel, PendingLogin) -> LoginResult?): JsonNode {
        val (phone, pending) = phone() to pending()
        return soFar(phone, pending, ask(phone, pending))
    }

    private fun soFar(phone: Backchannel, pending: PendingLogin, result: LoginResult?): ObjectNode {
        if (result != null) return told(result).put("state", "complete")
        val (interval, next) = pending.interval.seconds to phone.nextPollIn(pending).seconds
        return json(mapOf("state" to "pending", "interval" to interval, "next_poll_in" to next)) as ObjectNode
    }

    private fun waited(): JsonNode {
        val (phone, pending, began) = Triple(phone(), pending(), clock.now)
        val result = phone.waitBlocking(pending, given["timeout"]?.longValue()?.let(Duration::ofSeconds))
        val ended = soFar(phone, pending, result)
        return ended.put("interval", pending.interval.seconds).put("waited", Duration.between(began, clock.now).seconds)
    }

    private fun states(): JsonNode {
        val (phone, login, began) = Triple(phone(), pending(), clock.now)
        val states = phone.statesBlocking(login).toList()
        val pending = states.dropLast(1).map { (it as BackchannelState.Pending).nextPollIn.seconds }
        val ended = told((states.last() as BackchannelState.Complete).result).put("state", "complete")
        ended.set<JsonNode>("pending", json(pending))
        return ended.put("waited", Duration.between(began, clock.now).seconds)
    }

    private fun told(result: LoginResult) = json(
        mapOf(
            "sub" to result.claims.sub, "msn" to result.claims.msn, "scopes" to result.scopes,
            "asked" to result.askedScopes, "missing" to result.missingScopes,
            "access_token" to result.accessToken.secret, "lifetime" to secondsFromNow(result.accessToken.expiresAt),
        ),
    ) as ObjectNode

    private fun described(person: Userinfo) = json(
        mapOf(
            "sub" to person.sub, "name" to person.name, "given_name" to person.givenName,
            "family_name" to person.familyName, "phone_number" to person.phoneNumber,
            "phone_number_verified" to person.phoneNumberVerified, "email" to person.email,
            "email_verified" to person.emailVerified, "birthdate" to person.birthdate, "gender" to person.gender,
            "nin" to person.nin, "address" to person.address?.let(::described),
            "other_addresses" to person.otherAddresses.map(::described).ifEmpty { null },
            "delegated_consents" to person.delegatedConsents?.let { json(it) },
            "flow_result" to person.flowResult?.let(::described), "agreement" to person.agreement?.let(::described),
            "json" to json(person.json),
        ).filterValues { it != null },
    )

    private fun described(flow: FlowResult) =
        mapOf("language" to flow.language, "screens" to flow.screens.map(::described)).filterValues { it != null }

    private fun described(screen: FlowScreen) = mapOf(
        "title" to screen.title, "description" to screen.description,
        "links" to screen.links.map { link -> mapOf("title" to link.title, "url" to link.url).filterValues { it != null } },
        "elements" to screen.elements.map(::described),
    ).filterValues { it != null }

    private fun described(element: FlowElement) = mapOf(
        "type" to element.type, "id" to element.id, "title" to element.title, "checked" to element.checked,
    ).filterValues { it != null }

    private fun described(agreement: Agreement) = mapOf(
        "language" to agreement.language, "description" to agreement.description, "button_text" to agreement.buttonText,
        "terms_link_text" to agreement.termsLinkText, "terms_link_url" to agreement.termsLinkUrl,
        "privacy_statement_link_text" to agreement.privacyStatementLinkText,
        "privacy_statement_link_url" to agreement.privacyStatementLinkUrl, "timestamp" to agreement.timestamp,
        "accepted" to agreement.accepted,
    ).filterValues { it != null }

    private fun salesUnits(units: List<SalesUnit>) = json(mapOf("units" to units.map(::described)))

    private fun salesUnit(): JsonNode = partner().salesUnitBlocking(given.needed("msn")).let {
        val state = it.state.name.lowercase()
        json(mapOf("msn" to it.msn, "state" to state, "unit" to it.unit?.let(::described)))
    }

    private fun salesUnitChanges(): JsonNode {
        val known = checkNotNull(given["known"]).map { it.textValue() }
        val changes = partner().salesUnitChangesBlocking(known)
        val (units, connected) = changes.units.map(::described) to changes.connected.map(::described)
        return json(mapOf("units" to units, "connected" to connected, "gone" to changes.gone))
    }

    private fun check(): JsonNode {
        val check = partner().checkBlocking(given.needed("msn"))
        val findings = mapOf(
            "token" to check.token, "clock" to check.clock, "connected" to check.connected, "login" to check.login,
        )
        val told = mapOf(
            "good" to check.isGood, "clock_difference" to check.clockDifference,
            "sales_unit" to check.salesUnit?.state?.name?.lowercase(),
            "codes" to findings.mapValues { it.value.code }.filterValues { it != null },
        )
        return json(findings.mapValues { it.value.outcome.name.lowercase() } + told)
    }

    private fun described(unit: SalesUnit) = mapOf(
        "msn" to unit.msn, "name" to unit.name, "active" to unit.active, "flags" to unit.flags,
        "members" to json(unit.json),
    )

    private fun described(address: Address) = mapOf(
        "street_address" to address.streetAddress, "postal_code" to address.postalCode, "region" to address.region,
        "country" to address.country, "formatted" to address.formatted, "address_type" to address.addressType,
    ).filterValues { it != null }

    private fun secondsFromNow(moment: Instant) = Duration.between(clock.now, moment).seconds

    private fun settings() = Settings {
        clock(this@VectorCall.clock)
        given["leeway"]?.let { leeway(Duration.ofSeconds(it.longValue())) }
        given.option("basic_encoding")?.let { basicEncoding(BasicEncoding.of(it)) }
        given.option("login_basic_encoding")?.let { loginBasicEncoding(BasicEncoding.of(it)) }
        given.option("backchannel_basic_encoding")?.let { backchannelBasicEncoding(BasicEncoding.of(it)) }
        given.option("login_auth_method")?.let { loginAuthMethod(LoginAuthMethod.of(it)) }
    }

    private fun partner(): Partner {
        val keys = given.keys()
        return Partner(keys, given.system(), Environment.of(environment), settings())
    }

    private fun merchant(): Merchant = partner().let { it.merchant(given.needed("msn")) }

    private fun login(): Login = merchant().login(given.needed("redirect_uri"))

    private fun phone(): Backchannel = merchant().backchannel()

    private fun request() = LoginRequest.fromJson(kept("request"))

    private fun pending() = PendingLogin.fromJson(kept("pending"))

    private fun kept(name: String) = checkNotNull(given.resolved(name)).toString().replace("{base_url}", baseUrl())

    private fun baseUrl() = Environment.of(environment).baseUrl
}

private val RANDOM = listOf("state", "nonce", "code_challenge")

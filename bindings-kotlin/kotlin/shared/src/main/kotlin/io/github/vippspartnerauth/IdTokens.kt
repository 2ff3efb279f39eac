package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.ClaimsParts
import io.github.vippspartnerauth.ffi.ExpectParts
import io.github.vippspartnerauth.ffi.VerifierHandle
import io.github.vippspartnerauth.ffi.jsonMember
import io.github.vippspartnerauth.ffi.jsonText
import io.github.vippspartnerauth.ffi.longestToken
import java.time.Instant

/** Which flow an ID token came out of; decides which algorithms are good and which claims are required. */
enum class Flow(internal val text: String) {
    /** The browser flow. RS256 only. */
    BROWSER("browser"),

    /** Login from a phone number, by polling or after a ping. RS256 or ES256. */
    BACKCHANNEL("backchannel"),

    /** Login from a phone number that ends on a web page. The token must name the `auth_req_id`. */
    BACKCHANNEL_REDIRECT("backchannel_redirect"),
}

/**
 * What an ID token must say. Only the MSN is always needed, and [Merchant] fills it in by itself. From Java use the
 * methods that begin with `with`.
 *
 * @property msn the sales unit the login was for
 * @property flow which flow the token came out of; browser unless set
 * @property nonce the nonce that was sent; when none was, the token must hold none
 * @property clientId the merchant's `client_id`, where it is known: `aud` is checked as well then
 * @property accessToken the access token that came along: `at_hash` is checked then
 * @property acr the `acr_values` that was asked for
 * @property authReqId the `auth_req_id` of the backchannel request
 */
class Expect @JvmOverloads constructor(
    val msn: String? = null,
    val flow: Flow? = null,
    val nonce: String? = null,
    val clientId: String? = null,
    val accessToken: String? = null,
    val acr: String? = null,
    val authReqId: String? = null,
) {
    /** The same, from this flow. */
    fun withFlow(flow: Flow) = Expect(msn, flow, nonce, clientId, accessToken, acr, authReqId)

    /** The same, with this nonce. */
    fun withNonce(nonce: String) = Expect(msn, flow, nonce, clientId, accessToken, acr, authReqId)

    /** The same, for this client. */
    fun withClientId(clientId: String) = Expect(msn, flow, nonce, clientId, accessToken, acr, authReqId)

    /** The same, with this access token. */
    fun withAccessToken(accessToken: String) = Expect(msn, flow, nonce, clientId, accessToken, acr, authReqId)

    /** The same, with this `acr`. */
    fun withAcr(acr: String) = Expect(msn, flow, nonce, clientId, accessToken, acr, authReqId)

    /** The same, with this `auth_req_id`. */
    fun withAuthReqId(authReqId: String) = Expect(msn, flow, nonce, clientId, accessToken, acr, authReqId)

    internal fun parts() = ExpectParts(msn, flow?.text, nonce, clientId, accessToken, acr, authReqId)

    override fun toString() = "Expect(msn=$msn, flow=$flow)"
}

/**
 * The claims of an ID token that has passed every check. There is no other way to read them.
 *
 * @property sub the user, as this sales unit knows them; another MSN gets another value for the same person
 * @property msn the sales unit the user logged in at
 * @property issuedAt when the token was made
 * @property expiresAt when it runs out
 * @property json all claims, as the JSON object that was signed, but for what not every language can hold: that is a text
 *   (a whole number beyond ±(2^53 − 1), a number too large for a double, what is nested more than 64 levels deep), and half
 *   of a surrogate pair is U+FFFD
 */
class IdTokenClaims internal constructor(
    val sub: String,
    val msn: String,
    val issuedAt: Instant,
    val expiresAt: Instant,
    val json: String,
) {
    internal constructor(parts: ClaimsParts) : this(parts.sub, parts.msn, parts.issuedAt, parts.expiresAt, parts.json)

    /** Any claim as JSON; `null` when it is absent. Vipps may put user data here or leave it to userinfo. */
    fun claim(name: String): String? = if (name.isText()) native { jsonMember(json, name) } else null

    /** A claim that is a text; `null` when it is absent or no text. */
    fun text(name: String): String? = if (name.isText()) native { jsonText(json, name) } else null

    /** The user's data stays out of logs; `sub` and `msn` are enough to find a login. */
    override fun toString() = "IdTokenClaims(sub=$sub, msn=$msn)"
}

/**
 * Checks ID tokens of Vipps Login by the MSN, without any credentials: fit for apps. Build one and keep it; it may be
 * used from any thread.
 *
 * @param environment whose tokens to check; production unless given
 * @param jwks a key set (RFC 7517 section 5) to work offline with; without it Vipps' keys are fetched when first needed
 * @throws VippsAuthException.InvalidConfig for a wrong setting, naming it in `field`
 */
class IdTokenVerifier @JvmOverloads constructor(
    environment: Environment? = null,
    jwks: String? = null,
    settings: Settings = Settings(),
) : AutoCloseable {
    private val handle = native { VerifierHandle(settings.parts(environment), jwks, settings.sink()) }
    private val direct = DirectCheck { native { handle.checkNumber() } }

    /** What happened to the keys so far. */
    val stats: Stats get() = Stats(native { handle.stats() })

    /**
     * Checks a token.
     *
     * @throws VippsAuthException.InvalidIdToken for the first check that fails, naming the claim
     * @throws VippsAuthException.InvalidConfig for an expectation that makes no sense
     * @throws VippsAuthException.Unavailable when the keys can't be had, or may be older than the token
     */
    @JvmSynthetic
    suspend fun verify(jwt: String, expect: Expect): IdTokenClaims =
        verifyCached(jwt, expect) ?: IdTokenClaims(native { handle.verify(bounded(jwt), expect.parts(), null) })

    /** [verify] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun verifyBlocking(jwt: String, expect: Expect): IdTokenClaims =
        verifyCached(jwt, expect) ?: blocking { verify(jwt, expect) }

    /** The same check without I/O; `null` when keys must be fetched first. */
    fun verifyCached(jwt: String, expect: Expect): IdTokenClaims? {
        val parts = expect.parts()
        val token = bounded(jwt)
        return direct.verified(token, parts) ?: native { handle.verifyCached(token, parts) }?.let(::IdTokenClaims)
    }

    override fun close() = handle.close()
}

/**
 * A token as it crosses to the native library: of one that is too long no more than tells so, and in the place of half a
 * character a mark that no token holds.
 */
internal fun bounded(jwt: String): String {
    val token = if (jwt.length > LONGEST_TOKEN) jwt.substring(0, LONGEST_TOKEN + 1) else jwt
    return if (token.isText()) token else String(token.toByteArray())
}

private val LONGEST_TOKEN by lazy { native { longestToken() } }

/** Whether each surrogate is half of a pair. */
internal fun String.isText(): Boolean = none { it.isSurrogate() } || Charsets.UTF_8.newEncoder().canEncode(this)

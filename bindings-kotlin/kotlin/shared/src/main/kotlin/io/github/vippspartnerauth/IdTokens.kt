package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.ClaimsParts
import io.github.vippspartnerauth.ffi.NamedValue
import io.github.vippspartnerauth.ffi.VerifierHandle
import io.github.vippspartnerauth.ffi.jsonBool
import io.github.vippspartnerauth.ffi.jsonList
import io.github.vippspartnerauth.ffi.jsonLong
import io.github.vippspartnerauth.ffi.jsonMember
import io.github.vippspartnerauth.ffi.jsonText
import io.github.vippspartnerauth.ffi.longestToken
import java.io.Serializable
import java.time.Instant
import java.util.concurrent.CompletableFuture

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
 * What an ID token must say. Only the MSN is always needed, and `Merchant` fills it in by itself. All else is added by the
 * methods that begin with `with`; they take no `null`, so that no check is left out by mistake.
 */
class Expect private constructor(private val values: Map<String, NamedValue>) {
    /** A token of the browser flow, and nothing else about it. */
    constructor() : this(emptyMap())

    /** A token of the browser flow, for this sales unit. */
    constructor(msn: String) : this(mapOf("msn" to NamedValue.Text(msn)))

    // Generated from core/src/id_token.rs by `cargo run -p tests --bin make-settings`.
    /** The sales unit the login was for (`msn`). Default: none; required, but a merchant fills in its own. */
    fun withMsn(msn: String) = Expect(values.with("msn", msn))

    /**
     * The flow that the token came out of: it decides which algorithms are good and which claims are required. Default:
     * `browser`.
     */
    fun withFlow(flow: Flow) = Expect(values.with("flow", flow.text))

    /** The nonce that was sent with the request. Default: none; the token must hold none then. */
    fun withNonce(nonce: String) = Expect(values.with("nonce", nonce))

    /**
     * The merchant's client id, where it is known: `aud` is checked as well then. Default: none; with sales unit keys their
     * own.
     */
    fun withClientId(clientId: String) = Expect(values.with("client_id", clientId))

    /** The access token that came with the ID token: `at_hash` is checked then. Default: none. */
    fun withAccessToken(accessToken: String) = Expect(values.with("access_token", accessToken))

    /** The `acr_values` that was asked for. Default: none. */
    fun withAcr(acr: String) = Expect(values.with("acr", acr))

    /** The id of the login by phone number that the token must name. Default: none; required for `backchannel_redirect`. */
    fun withAuthReqId(authReqId: String) = Expect(values.with("auth_req_id", authReqId))
    // End of what is generated.

    internal fun values() = values

    /** For logs; holds no secret. */
    override fun toString() = "Expect(${values.shown(setOf("msn", "flow"))})"
}

private fun Map<String, NamedValue>.with(name: String, text: String) = this + (name to NamedValue.Text(text))

/**
 * What Vipps says of a person: a JSON object and its members by type. A member that is absent or of another type is `null`.
 * Serialisable, for sessions.
 *
 * @property json all members, as a JSON object
 */
sealed class Claims(val json: String) : Serializable {
    /** A text. */
    fun text(name: String): String? = native { jsonText(json, name) }

    /** `true` or `false`. */
    fun bool(name: String): Boolean? = native { jsonBool(json, name) }

    /** A whole number. */
    fun long(name: String): Long? = native { jsonLong(json, name) }

    /** A list of texts. One text stands for a list of one, as with `aud`. */
    fun list(name: String): List<String>? = native { jsonList(json, name) }

    /** A member of any type, as JSON: a text with its quotes. */
    fun claim(name: String): String? = native { jsonMember(json, name) }

    /**
     * All members as an object of your own, by the JSON library you use:
     * `claims.read { Json.decodeFromString<Person>(it) }`, in Java `claims.read(json -> mapper.readValue(json, Person.class))`.
     */
    fun <T> read(reader: JsonReader<T>): T = reader.read(json)
}

/** Makes an object of JSON. May throw whatever the JSON library does. */
fun interface JsonReader<T> {
    /** The object that this JSON spells. */
    @Throws(Exception::class)
    fun read(json: String): T
}

/**
 * The claims of an ID token that has passed every check. There is no other way to read them. Vipps may put user data here
 * or leave it to userinfo.
 *
 * @property sub the user, as this sales unit knows them; another MSN gets another value for the same person
 * @property msn the sales unit the user logged in at
 * @property issuedAt when the token was made
 * @property expiresAt when it runs out
 */
class IdTokenClaims internal constructor(
    val sub: String,
    val msn: String,
    val issuedAt: Instant,
    val expiresAt: Instant,
    json: String,
) : Claims(json) {
    internal constructor(parts: ClaimsParts) : this(parts.sub, parts.msn, parts.issuedAt, parts.expiresAt, parts.json)

    /** The user's data stays out of logs; `sub` and `msn` are enough to find a login. */
    override fun toString() = "IdTokenClaims(sub=$sub, msn=$msn)"
}

/**
 * Checks ID tokens of Vipps Login by the MSN, without any credentials: fit for apps. Build one and keep it; it may be
 * used from any thread.
 */
class IdTokenVerifier private constructor(private val fed: Fed<VerifierHandle>) : AutoCloseable {
    /**
     * Fetches Vipps' keys when it first needs them.
     *
     * @param environment whose tokens to check; production unless given
     * @throws VippsAuthException.InvalidConfig for a wrong setting, naming it in `field`
     */
    @JvmOverloads
    constructor(environment: Environment = Environment.Production, settings: Settings = Settings()) :
        this(verifier(environment, null, settings))

    /**
     * Works offline with this key set (RFC 7517 section 5).
     *
     * @throws VippsAuthException.InvalidConfig field `jwks`, for a set without a usable key
     */
    @JvmOverloads
    constructor(environment: Environment, jwks: String, settings: Settings = Settings()) :
        this(verifier(environment, jwks, settings))

    private val handle = fed.handle
    private val direct = DirectCheck { native { handle.checkNumber() } }

    /** What happened to the keys so far. */
    val stats: Stats get() = Stats(native { handle.stats() })

    /**
     * Checks a token.
     *
     * @throws VippsAuthException.InvalidIdToken for the first check that fails, naming the claim
     * @throws VippsAuthException.InvalidConfig for an expectation that makes no sense
     * @throws VippsAuthException.Unavailable when the keys can't be fetched, or may be older than the token
     */
    @JvmSynthetic
    suspend fun verify(jwt: String, expect: Expect): IdTokenClaims =
        verifyCached(jwt, expect) ?: IdTokenClaims(awaited { handle.verify(bounded(jwt), expect.values(), null) })

    /** [verify] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun verifyBlocking(jwt: String, expect: Expect): IdTokenClaims =
        verifyCached(jwt, expect) ?: blocking { verify(jwt, expect) }

    /** [verify] as a future. Cancelling it ends the wait. */
    fun verifyAsync(jwt: String, expect: Expect): CompletableFuture<IdTokenClaims> = future { verify(jwt, expect) }

    /** The same check without I/O; `null` when keys must be fetched first. */
    fun verifyCached(jwt: String, expect: Expect): IdTokenClaims? {
        val token = bounded(jwt)
        val values = expect.values()
        return direct.verified(token, values) ?: native { handle.verifyCached(token, values) }?.let(::IdTokenClaims)
    }

    /** Frees the native part and ends its events. */
    override fun close() {
        fed.end()
        handle.close()
    }
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
private fun verifier(environment: Environment, jwks: String?, settings: Settings) =
    fed(settings.listener) { VerifierHandle(settings.parts(environment), jwks, it) }

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.PartnerHandle
import io.github.vippspartnerauth.ffi.TokenHandle
import io.github.vippspartnerauth.ffi.TokenParts
import java.time.Instant
import java.util.concurrent.atomic.AtomicInteger

/**
 * One set of keys at work: the entry point. Build one per set of keys and keep it, since it holds the token; it may be
 * used from any thread.
 */
class Partner private constructor(private val handle: PartnerHandle) : Caller(), AutoCloseable {
    /**
     * Checks everything that can be checked without asking Vipps.
     *
     * @param environment production unless given, the only one where partner keys work
     * @throws VippsAuthException.InvalidConfig for a wrong setting, naming it in `field`; for partner keys in the test
     * environment
     */
    @JvmOverloads
    constructor(keys: Keys, system: SystemInfo, environment: Environment? = null, settings: Settings = Settings()) :
        this(native { PartnerHandle(keys.handle, system.parts, settings.parts(environment), settings.sink()) })

    /** How often a token was dropped by way of this object: snapshots from before don't hold any more. */
    internal val drops = AtomicInteger()
    override val partner: Partner get() = this
    override val source: HeaderSource = HeaderSource(drops, { handle.cachedHeaders() }, { handle.headers(null) })

    /** Where this partner's calls go. */
    val environment: Environment get() = Environment.of(native { handle.environment() })

    /** What happened so far. */
    val stats: Stats get() = Stats(native { handle.stats() })

    /** Changes with each new token and each one that is dropped. */
    val generation: Long get() = native { handle.generation() }

    /**
     * The same keys, bound to one merchant. Keep the object: it holds the finished headers.
     *
     * @throws VippsAuthException.InvalidConfig field `msn`, for anything but 4 to 10 digits
     */
    fun merchant(msn: String): Merchant = Merchant(this, msn, native { handle.merchant(msn) })

    /**
     * Headers for calls that are not for one merchant, such as a list of sales units; with specialized keys, for all
     * calls. Fetches a token if none is at hand.
     *
     * @throws VippsAuthException.CredentialsRejected or `Forbidden` when Vipps refuses the keys
     * @throws VippsAuthException.Unavailable or `RateLimited`, when there may be a token later
     */
    @JvmSynthetic
    suspend fun headers(): Map<String, String> = source.get().headers

    /** [headers] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun headersBlocking(): Map<String, String> = source.getBlocking().headers

    /** The same headers without I/O; `null` when a token must be fetched first. */
    fun cachedHeaders(): Map<String, String>? = source.cached()?.headers

    /** The token by itself, for clients that build headers on their own. Fails as [headers] does. */
    @JvmSynthetic
    suspend fun accessToken(): AccessToken = AccessToken(native { handle.accessToken(null) })

    /** [accessToken] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun accessTokenBlocking(): AccessToken = blocking { accessToken() }

    /** Drops this token, if it is still the one in use. Tells whether it was: a late refusal can't evict a newer one. */
    fun invalidate(token: AccessToken): Boolean = dropping { handle.invalidate(token.handle) }

    /**
     * For adapters, when an API answered 401 to a call that carried this token: drops it as [invalidate] does, at most
     * every 30 seconds, and tells whether one more try makes sense.
     */
    fun refused(token: AccessToken): Boolean = refused(token.handle)

    internal fun refused(token: TokenHandle): Boolean = dropping { handle.refused(token) }

    /** Whether headers may be sent to this URL. Adapters must ask before they attach headers. */
    fun covers(url: String): Boolean = native { handle.covers(url) }

    private inline fun dropping(call: () -> Boolean): Boolean = native(call).also { drops.incrementAndGet() }

    /** Frees the native part. What is in use goes on; using this object afterwards is an [IllegalStateException]. */
    override fun close() {
        source.forget()
        handle.close()
    }

    companion object {
        /**
         * Reads everything from the environment: the keys (sales unit keys where `VIPPS_MSN` is set, else partner keys),
         * the [SystemInfo] and `VIPPS_ENVIRONMENT` (production unless set). An error names the variable.
         */
        @JvmStatic
        @JvmOverloads
        fun fromEnv(settings: Settings = Settings()): Partner =
            Partner(native { PartnerHandle.fromEnv(settings.parts(null), settings.sink()) })
    }
}

/** A token for Vipps' APIs. */
class AccessToken internal constructor(parts: TokenParts) : AutoCloseable {
    internal val handle = parts.handle

    /** The token itself, without the word `Bearer`. */
    val secret: String = parts.secret

    /** When Vipps stops accepting it, by this machine's clock. */
    val expiresAt: Instant = parts.expiresAt

    /** Never the token. */
    override fun toString() = "AccessToken(expiresAt=$expiresAt)"

    override fun close() = handle.close()
}

/** A [Partner] or a [Merchant]: what an adapter can make calls for. */
sealed class Caller {
    /** The partner whose token is sent. */
    abstract val partner: Partner

    internal abstract val source: HeaderSource
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.PartnerHandle
import io.github.vippspartnerauth.ffi.TokenParts
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.AtomicInteger

/**
 * One set of keys at work: the entry point. Build one per set of keys and keep it, since it holds the token; it may be
 * used from any thread.
 *
 * Its own headers are for calls that are not for one merchant, such as a list of sales units; with specialized keys, for all
 * calls.
 */
class Partner private constructor(private val fed: Fed<PartnerHandle>) : Caller(), AutoCloseable {
    /**
     * Checks everything that can be checked without asking Vipps.
     *
     * @param environment production unless given, the only one where partner keys work
     * @param keySource asked for the keys when Vipps refuses those in use
     * @param tokenCache where processes share their token, in the place of `redisUrl`
     * @throws VippsAuthException.InvalidConfig for a wrong setting, naming it in `field`; for partner keys in the test
     * environment
     */
    @JvmOverloads
    constructor(
        keys: Keys,
        system: SystemInfo,
        environment: Environment = Environment.Production,
        settings: Settings = Settings(),
        keySource: KeySource? = null,
        tokenCache: TokenCache? = null,
    ) : this(
        fed(settings.listener) {
            val parts = settings.parts(environment)
            PartnerHandle(keys.handle, system.parts, parts, it, questionsTo(keySource), callsTo(tokenCache))
        },
    )

    private val handle = fed.handle
    private val drops = AtomicInteger()
    override val partner: Partner get() = this
    override val source = HeaderSource(
        drops, { handle.cachedHeaders() }, { handle.headers(null) }, { handle.refused(it, null) }, { handle.noteRefused(it) },
    )

    /** Where this partner's calls go. */
    val environment: Environment = Environment.of(native { handle.environment() })

    /** What happened so far. */
    val stats: Stats get() = Stats(native { handle.stats() })

    /** Changes with each new token and each one that is dropped. */
    val generation: Long get() = native { handle.generation() }

    /**
     * The same keys, bound to one merchant. Keep the object: it holds the finished headers.
     *
     * @throws VippsAuthException.InvalidConfig field `msn`, for anything but 4 to 10 digits
     */
    fun merchant(msn: String): Merchant = Merchant(this, msn, native { handle.merchant(msn) }, drops)

    /** The token by itself, for clients that build headers on their own. Fails as [headers] does. */
    @JvmSynthetic
    suspend fun accessToken(): AccessToken = AccessToken(awaited { handle.accessToken(null) })

    /** [accessToken] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun accessTokenBlocking(): AccessToken = blocking { accessToken() }

    /** [accessToken] as a future. Cancelling it ends the wait. */
    fun accessTokenAsync(): CompletableFuture<AccessToken> = future { accessToken() }

    /**
     * The sales units that these keys can act for, the whole list at once. From the second call on, what differs from the
     * list before is told as the events `merchant_connected` and `merchant_gone`.
     *
     * @throws VippsAuthException.InvalidConfig field `environment` in the test environment, which has no Management API
     */
    @JvmSynthetic
    suspend fun salesUnits(): List<SalesUnit> =
        awaited { handle.salesUnits(null) }.map(::SalesUnit)

    /** [salesUnits] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun salesUnitsBlocking(): List<SalesUnit> = blocking { salesUnits() }

    /** [salesUnits] as a future. Cancelling it ends the wait. */
    fun salesUnitsAsync(): CompletableFuture<List<SalesUnit>> = future { salesUnits() }

    /** Those of one merchant, by its number in a register of businesses, such as `NO:ORG` and nine digits. */
    @JvmSynthetic
    suspend fun salesUnitsOf(scheme: String, id: String): List<SalesUnit> =
        awaited { handle.salesUnitsOf(scheme, id, null) }.map(::SalesUnit)

    /** [salesUnitsOf] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun salesUnitsOfBlocking(scheme: String, id: String): List<SalesUnit> = blocking { salesUnitsOf(scheme, id) }

    /** [salesUnitsOf] as a future. Cancelling it ends the wait. */
    fun salesUnitsOfAsync(scheme: String, id: String): CompletableFuture<List<SalesUnit>> = future { salesUnitsOf(scheme, id) }

    /** Whether these keys can act for one sales unit, and what Vipps says of it. */
    @JvmSynthetic
    suspend fun salesUnit(msn: String): SalesUnitStatus =
        SalesUnitStatus(awaited { handle.salesUnit(msn, null) })

    /** [salesUnit] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun salesUnitBlocking(msn: String): SalesUnitStatus = blocking { salesUnit(msn) }

    /** [salesUnit] as a future. Cancelling it ends the wait. */
    fun salesUnitAsync(msn: String): CompletableFuture<SalesUnitStatus> = future { salesUnit(msn) }

    /** The list beside the MSNs that your records hold: what is new, and what is gone. Tells both as events. */
    @JvmSynthetic
    suspend fun salesUnitChanges(known: Collection<String>): SalesUnitChanges =
        SalesUnitChanges(awaited { handle.salesUnitChanges(known.toList(), null) })

    /** [salesUnitChanges] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun salesUnitChangesBlocking(known: Collection<String>): SalesUnitChanges = blocking { salesUnitChanges(known) }

    /** [salesUnitChanges] as a future. Cancelling it ends the wait. */
    fun salesUnitChangesAsync(known: Collection<String>): CompletableFuture<SalesUnitChanges> = future { salesUnitChanges(known) }

    /**
     * Looks whether a merchant is ready to be served, such as when it is added: token, clock, connection, Login. Changes
     * nothing at Vipps; of Login it asks for the tokens of a code that nobody was given, which is refused. What it finds is
     * data and no error.
     */
    @JvmSynthetic
    suspend fun check(msn: String): MerchantCheck =
        MerchantCheck(awaited { handle.check(msn, null) })

    /** [check] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun checkBlocking(msn: String): MerchantCheck = blocking { check(msn) }

    /** [check] as a future. Cancelling it ends the wait. */
    fun checkAsync(msn: String): CompletableFuture<MerchantCheck> = future { check(msn) }

    /**
     * Looks whether everything is as it must be: keys, network, clock, token, key set, sales units, Redis. What it finds is in
     * the report and throws nothing. Changes nothing at Vipps.
     *
     * @param msns sales units that must be connected; without any, all that Vipps lists are counted
     * @param redirectUri the `redirect_uri` of Login, as it is to be registered
     * @param offline looks at the settings alone, and asks nobody
     */
    @JvmSynthetic
    suspend fun doctor(
        msns: List<String> = emptyList(),
        redirectUri: String? = null,
        offline: Boolean = false,
    ): DoctorReport = DoctorReport(awaited { handle.doctor(msns, redirectUri, offline, null) })

    /** [doctor] for callers that are not coroutines. An interrupt ends it. */
    @JvmOverloads
    @Throws(InterruptedException::class)
    fun doctorBlocking(
        msns: List<String> = emptyList(),
        redirectUri: String? = null,
        offline: Boolean = false,
    ): DoctorReport = blocking { doctor(msns, redirectUri, offline) }

    /** [doctor] as a future. Cancelling it ends the wait. */
    @JvmOverloads
    fun doctorAsync(
        msns: List<String> = emptyList(),
        redirectUri: String? = null,
        offline: Boolean = false,
    ): CompletableFuture<DoctorReport> = future { doctor(msns, redirectUri, offline) }

    /**
     * Puts other keys in the place of those in use: of the same kind, and for the same sales unit and scope. They are tried
     * first. Until Vipps has given a token for them, and where it gives none, everything stays as it was; then keys and token
     * change at one moment, for all merchants of this partner.
     *
     * @throws VippsAuthException as [headers] does; [VippsAuthException.InvalidConfig] for keys that can't take the place of
     * those in use
     */
    @JvmSynthetic
    suspend fun replaceKeys(keys: Keys) {
        awaited { handle.replaceKeys(keys.handle, null) }
        drops.incrementAndGet()
    }

    /** [replaceKeys] for callers that are not coroutines. An interrupt ends the wait. */
    @Throws(InterruptedException::class)
    fun replaceKeysBlocking(keys: Keys) = blocking { replaceKeys(keys) }

    /** [replaceKeys] as a future. Cancelling it ends the wait. */
    fun replaceKeysAsync(keys: Keys): CompletableFuture<Unit> = future { replaceKeys(keys) }

    /** Drops this token, if it is still the one in use. Tells whether it was: a late refusal can't evict a newer one. */
    fun invalidate(token: AccessToken): Boolean =
        native { handle.invalidate(token.handle) }.also { drops.incrementAndGet() }

    internal fun isCovered(url: String): Boolean = native { handle.covers(url) }

    internal fun tellWithheld(url: String) = native { handle.withheld(url) }

    internal fun isWithin(from: String, to: String): Boolean = native { handle.mayFollow(from, to) }

    /** For logs; holds no secret. */
    override fun toString() = "Partner(environment=$environment)"

    /**
     * Frees the native part and ends its events. What is in use goes on, and so does a [Merchant] of it; using this object
     * afterwards is an [IllegalStateException].
     */
    override fun close() {
        source.forget()
        fed.end()
        handle.close()
    }

    /** Ways to make one. */
    companion object {
        /**
         * Reads everything from the environment: the keys (sales unit keys where `VIPPS_MSN` is set, else partner keys),
         * the [SystemInfo] and `VIPPS_ENVIRONMENT` (production unless set). An error names the variable.
         */
        @JvmStatic
        @JvmOverloads
        fun fromEnv(
            settings: Settings = Settings(),
            keySource: KeySource? = null,
            tokenCache: TokenCache? = null,
        ): Partner = Partner(
            fed(settings.listener) {
                PartnerHandle.fromEnv(settings.parts(), it, questionsTo(keySource), callsTo(tokenCache))
            },
        )

        /**
         * The same from any other source of values that go by the names of the variables, such as a secret store. Names that
         * mean nothing here are left alone.
         */
        @JvmStatic
        @JvmOverloads
        fun fromVars(
            vars: Map<String, String>,
            settings: Settings = Settings(),
            keySource: KeySource? = null,
            tokenCache: TokenCache? = null,
        ): Partner = Partner(
            fed(settings.listener) {
                PartnerHandle.fromVars(vars, settings.parts(), it, questionsTo(keySource), callsTo(tokenCache))
            },
        )
    }
}

/**
 * A token for Vipps' APIs.
 *
 * @property secret the token itself, without the word `Bearer`
 * @property expiresAt when Vipps stops accepting it, by this machine's clock
 */
class AccessToken internal constructor(parts: TokenParts) {
    internal val handle = parts.handle
    val secret: String = parts.secret
    val expiresAt: Instant = parts.expiresAt

    /** Never the token. */
    override fun toString() = "AccessToken(expiresAt=$expiresAt)"
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.MerchantHandle

/**
 * A [Partner] bound to one merchant. It may be used from any thread.
 *
 * @property msn the sales unit this object speaks for
 */
class Merchant internal constructor(
    override val partner: Partner,
    val msn: String,
    private val handle: MerchantHandle,
) : Caller(), AutoCloseable {
    private val direct = DirectCheck { native { handle.checkNumber() } }
    override val source: HeaderSource = HeaderSource(partner.drops, { handle.cachedHeaders() }, { handle.headers(null) })

    /**
     * All headers of a call for this merchant. Fetches a token if none is at hand; else it is a look at memory.
     *
     * @throws VippsAuthException.CredentialsRejected or `Forbidden` when Vipps refuses the keys
     * @throws VippsAuthException.Unavailable or `RateLimited`, when there may be a token later
     */
    @JvmSynthetic
    suspend fun headers(): Map<String, String> = source.get().headers

    /** [headers] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun headersBlocking(): Map<String, String> = source.getBlocking().headers

    /** The same headers without I/O; `null` when a token must be fetched first, or the keys are for another MSN. */
    fun cachedHeaders(): Map<String, String>? = source.cached()?.headers

    /**
     * Checks an ID token for this merchant: [IdTokenVerifier.verify] with this MSN, and with the `client_id` where the
     * keys tell it.
     *
     * @throws VippsAuthException.InvalidConfig field `msn`, for an `expect` that names another MSN
     */
    @JvmSynthetic
    suspend fun verifyIdToken(jwt: String, expect: Expect = Expect()): IdTokenClaims =
        verifyIdTokenCached(jwt, expect) ?: IdTokenClaims(native { handle.verifyIdToken(bounded(jwt), expect.parts(), null) })

    /** [verifyIdToken] for callers that are not coroutines. An interrupt ends it. */
    @JvmOverloads
    @Throws(InterruptedException::class)
    fun verifyIdTokenBlocking(jwt: String, expect: Expect = Expect()): IdTokenClaims =
        verifyIdTokenCached(jwt, expect) ?: blocking { verifyIdToken(jwt, expect) }

    /** The same check without I/O; `null` when keys must be fetched first. */
    @JvmOverloads
    fun verifyIdTokenCached(jwt: String, expect: Expect = Expect()): IdTokenClaims? {
        val parts = expect.parts()
        val token = bounded(jwt)
        return direct.verified(token, parts) ?: native { handle.verifyIdTokenCached(token, parts) }?.let(::IdTokenClaims)
    }

    /**
     * Login in the browser, with this `redirect_uri`: the very text that is registered in the portal.
     *
     * @throws VippsAuthException.InvalidConfig field `redirect_uri` or `msn`
     */
    fun login(redirectUri: String): Login = Login(native { handle.login(redirectUri) })

    /**
     * Login from a phone number. Not for web pages or apps: Vipps forbids it there.
     *
     * @throws VippsAuthException.InvalidConfig field `msn`, for keys that are not for this merchant
     */
    fun backchannel(): Backchannel = Backchannel(native { handle.backchannel() })

    override fun close() {
        source.forget()
        handle.close()
    }

    override fun toString() = "Merchant(msn=$msn)"
}

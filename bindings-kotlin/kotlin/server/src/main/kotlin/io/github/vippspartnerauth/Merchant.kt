package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.MerchantHandle
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.AtomicInteger

/**
 * A [Partner] bound to one merchant. It may be used from any thread.
 *
 * @property msn the sales unit this object speaks for
 */
class Merchant internal constructor(
    override val partner: Partner,
    val msn: String,
    private val handle: MerchantHandle,
    drops: AtomicInteger,
) : Caller() {
    private val direct = DirectCheck { native { handle.checkNumber() } }
    override val source = HeaderSource(
        drops, { handle.cachedHeaders() }, { handle.headers(null) }, { handle.refused(it, null) }, { handle.noteRefused(it) },
    )

    /**
     * Checks an ID token for this merchant: [IdTokenVerifier.verify] with this MSN, and with the `client_id` where the
     * keys tell it.
     *
     * @throws VippsAuthException.InvalidConfig field `msn`, for an `expect` that names another MSN
     */
    @JvmSynthetic
    suspend fun verifyIdToken(jwt: String, expect: Expect = Expect()): IdTokenClaims =
        verifyIdTokenCached(jwt, expect) ?: IdTokenClaims(awaited { handle.verifyIdToken(bounded(jwt), expect.values(), null) })

    /** [verifyIdToken] for callers that are not coroutines. An interrupt ends it. */
    @JvmOverloads
    @Throws(InterruptedException::class)
    fun verifyIdTokenBlocking(jwt: String, expect: Expect = Expect()): IdTokenClaims =
        verifyIdTokenCached(jwt, expect) ?: blocking { verifyIdToken(jwt, expect) }

    /** [verifyIdToken] as a future. Cancelling it ends the wait. */
    @JvmOverloads
    fun verifyIdTokenAsync(jwt: String, expect: Expect = Expect()): CompletableFuture<IdTokenClaims> =
        future { verifyIdToken(jwt, expect) }

    /** The same check without I/O; `null` when keys must be fetched first. */
    @JvmOverloads
    fun verifyIdTokenCached(jwt: String, expect: Expect = Expect()): IdTokenClaims? {
        val token = bounded(jwt)
        val values = expect.values()
        return direct.verified(token, values) ?: native { handle.verifyIdTokenCached(token, values) }?.let(::IdTokenClaims)
    }

    /**
     * Login in the browser, with this `redirect_uri`: the very text that is registered in the portal.
     *
     * @throws VippsAuthException.InvalidConfig field `redirect_uri` or `msn`
     */
    fun login(redirectUri: String): Login = Login(native { handle.login(redirectUri) }, redirectUri)

    /**
     * Login from a phone number. Not for web pages or apps: Vipps forbids it there.
     *
     * @throws VippsAuthException.InvalidConfig field `msn`, for keys that are not for this merchant
     */
    fun backchannel(): Backchannel = Backchannel(native { handle.backchannel() })

    override fun noteAnswer(status: Int, contentType: String?) = native { handle.answered(status.toUShort(), contentType) }

    /** For logs; holds no secret. */
    override fun toString() = "Merchant(msn=$msn)"
}

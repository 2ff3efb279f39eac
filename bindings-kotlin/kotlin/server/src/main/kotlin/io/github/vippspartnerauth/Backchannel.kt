package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.BackchannelHandle
import io.github.vippspartnerauth.ffi.BackchannelStateParts
import io.github.vippspartnerauth.ffi.ConsentRevokedParts
import io.github.vippspartnerauth.ffi.NamedValue
import io.github.vippspartnerauth.ffi.PendingParts
import io.github.vippspartnerauth.ffi.consentRevokedOf
import io.github.vippspartnerauth.ffi.pendingLoginOf
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.function.Consumer
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * What may differ from one login to the next.
 *
 * ```
 * BackchannelOptions { bindingMessage("A1B2-C3") }                        // Kotlin
 * BackchannelOptions.builder().bindingMessage("A1B2-C3").build()          // Java
 * ```
 */
class BackchannelOptions private constructor(private val values: Map<String, NamedValue>) {
    /** As Vipps does it by itself. */
    constructor() : this(emptyMap())

    internal fun values() = values

    /** For logs; holds no secret. */
    override fun toString() = "BackchannelOptions(${values.shown()})"

    /** Puts [BackchannelOptions] together. It takes no `null`, so that nothing is left out by mistake. */
    class Builder internal constructor() {
        private val values = NamedValues()

        // Generated from core/src/login/backchannel.rs by `cargo run -p tests --bin make-settings`.
        /**
         * A short code that both devices show, so that the person sees which login they confirm: 5 to 8 of `A` to `Z`, `0` to
         * `9` and hyphen. Default: none.
         */
        fun bindingMessage(bindingMessage: String) = apply { values.put("binding_message", bindingMessage) }

        /** How long the person may take: 60 to 900 s, whole seconds. Default: none; Vipps chooses, about ten minutes. */
        fun requestedExpiry(requestedExpiry: Duration) = apply { values.put("requested_expiry", requestedExpiry) }

        /**
         * The web page in the phone's browser where the login ends, in the place of polling. Don't combine it with the webhook,
         * which would use up the only exchange. Default: none; the login ends by polling.
         */
        fun redirectUri(redirectUri: String) = apply { values.put("redirect_uri", redirectUri) }
        // End of what is generated.

        /** The options so far. */
        fun build() = BackchannelOptions(values.toMap())
    }

    /** Ways to make one. */
    companion object {
        /** For Java: start here and set what differs. */
        @JvmStatic
        fun builder() = Builder()

        /** For Kotlin: `BackchannelOptions { bindingMessage("A1B2-C3") }`. */
        @JvmSynthetic
        operator fun invoke(set: Builder.() -> Unit): BackchannelOptions = Builder().apply(set).build()
    }
}

/** A login by phone number that waits for the person. Keep it on the server: who holds it and the keys can end it. */
class PendingLogin internal constructor(parts: PendingParts) {
    internal val handle = parts.handle

    /** The id of this login at Vipps. The webhook's ping names it. */
    val authReqId: String = parts.authReqId

    /** The sales unit the login is for. */
    val msn: String = parts.msn

    /** The scopes that were asked for. */
    val scopes: List<String> = parts.scopes

    /** Until when the person may decide, by this machine's clock. */
    val expiresAt: Instant = parts.expiresAt

    /** Whether it ends on a web page, by [Backchannel.finishRedirect], and not by polling. */
    val endsByRedirect: Boolean = parts.endsByRedirect

    /** The least time between two polls, as Vipps has it by now. */
    val interval: Duration get() = native { handle.interval() }

    /** The login as JSON, to be kept over a restart. */
    fun toJson(): String = native { handle.toJson() }

    /** Whether the other holds the same. */
    override fun equals(other: Any?) = other is PendingLogin && other.authReqId == authReqId && other.msn == msn

    /** Goes with [equals]. */
    override fun hashCode() = authReqId.hashCode()

    /** For logs; holds no secret. */
    override fun toString() = "PendingLogin(msn=$msn, scopes=$scopes)"

    /** Ways to make one. */
    companion object {
        /**
         * A login that was kept.
         *
         * @throws VippsAuthException.InvalidConfig field `pending`, for anything that [toJson] did not write
         */
        @JvmStatic
        fun fromJson(json: String): PendingLogin = PendingLogin(native { pendingLoginOf(json) })
    }
}

/** How far a login by phone number is, as [Backchannel.states] tells it. */
sealed interface BackchannelState {
    /**
     * The person has not decided, or Vipps could not be asked just now.
     *
     * @property nextPollIn how long until Vipps is asked again
     */
    data class Pending(val nextPollIn: Duration) : BackchannelState

    /**
     * The person said yes. No state comes after this one.
     *
     * @property result who logged in
     */
    data class Complete(val result: LoginResult) : BackchannelState
}

/** Login from a phone number for one merchant, for tills, call centres and kiosks. */
class Backchannel internal constructor(private val handle: BackchannelHandle) {
    /**
     * Whether a person with this phone number (digits with country code) can be asked; `null` where Vipps does not offer
     * to tell.
     *
     * @throws VippsAuthException.InvalidConfig field `msisdn`
     */
    @JvmSynthetic
    suspend fun userExists(msisdn: String): Boolean? = awaited { handle.userExists(msisdn, null) }

    /** [userExists] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun userExistsBlocking(msisdn: String): Boolean? = blocking { userExists(msisdn) }

    /** [userExists] as a future. Cancelling it ends the wait. */
    fun userExistsAsync(msisdn: String): CompletableFuture<Boolean?> = future { userExists(msisdn) }

    /**
     * Asks a person to log in.
     *
     * @param loginHint `urn:msisdn:` and a phone number with country code, or `urn:customer-token:` and a token
     * @throws VippsAuthException.InvalidConfig naming the argument
     * @throws VippsAuthException.LoginFailed reason `unknown_user` or `outdated_app`
     * @throws VippsAuthException.RateLimited when too many logins wait for the same person
     */
    @JvmSynthetic
    suspend fun start(
        loginHint: String,
        scopes: List<String>,
        options: BackchannelOptions = BackchannelOptions(),
    ): PendingLogin = PendingLogin(awaited { handle.start(loginHint, scopes, options.values(), null) })

    /** [start] for callers that are not coroutines. An interrupt ends it. */
    @JvmOverloads
    @Throws(InterruptedException::class)
    fun startBlocking(
        loginHint: String,
        scopes: List<String>,
        options: BackchannelOptions = BackchannelOptions(),
    ): PendingLogin = blocking { start(loginHint, scopes, options) }

    /** [start] as a future. Cancelling it ends the wait. */
    @JvmOverloads
    fun startAsync(
        loginHint: String,
        scopes: List<String>,
        options: BackchannelOptions = BackchannelOptions(),
    ): CompletableFuture<PendingLogin> =
        future { start(loginHint, scopes, options) }

    /**
     * Asks once whether the person has decided; `null` while they have not, and without asking before the interval is
     * over.
     *
     * @throws VippsAuthException.LoginFailed reason `denied`, `expired` or `invalid_grant`
     */
    @JvmSynthetic
    suspend fun poll(pending: PendingLogin): LoginResult? =
        awaited { handle.poll(pending.handle, null) }?.let(::LoginResult)

    /** [poll] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun pollBlocking(pending: PendingLogin): LoginResult? = blocking { poll(pending) }

    /** [poll] as a future. Cancelling it ends the wait. */
    fun pollAsync(pending: PendingLogin): CompletableFuture<LoginResult?> = future { poll(pending) }

    /**
     * Polls at the pace Vipps wants until the person has decided; `null` when [timeout] is over first. Without one it waits
     * as long as the login lives. The login goes on after a timeout, and so it does when the coroutine is cancelled: call
     * again with the same [pending].
     */
    @JvmSynthetic
    suspend fun wait(pending: PendingLogin, timeout: Duration? = null): LoginResult? =
        awaited { handle.wait(pending.handle, timeout?.inSeconds(), null) }?.let(::LoginResult)

    /** [wait] for callers that are not coroutines. An interrupt ends it. */
    @JvmOverloads
    @Throws(InterruptedException::class)
    fun waitBlocking(pending: PendingLogin, timeout: Duration? = null): LoginResult? = blocking { wait(pending, timeout) }

    /** [wait] as a future. Cancelling it ends the wait. */
    @JvmOverloads
    fun waitAsync(pending: PendingLogin, timeout: Duration? = null): CompletableFuture<LoginResult?> =
        future { wait(pending, timeout) }

    /**
     * The states of a login, one for each time that Vipps is asked, at the pace Vipps wants, until it is complete. Fails as
     * [wait] does. The login goes on when nobody collects them any more.
     */
    @JvmSynthetic
    fun states(pending: PendingLogin): Flow<BackchannelState> = flow {
        do {
            val state = nextState(pending)
            emit(state)
        } while (state is BackchannelState.Pending)
    }

    /**
     * [states] for callers that are not coroutines: each step waits until Vipps was asked, and an interrupt ends the wait. The
     * iterator is for one thread.
     */
    fun statesBlocking(pending: PendingLogin): Iterable<BackchannelState> = Iterable {
        iterator {
            do {
                val state = blocking { nextState(pending) }
                yield(state)
            } while (state is BackchannelState.Pending)
        }
    }

    /**
     * [states] for a listener, which is told of each in order and on a thread of a pool, and the result as a future. An exception
     * of the listener ends it; so does cancelling the future.
     */
    fun statesAsync(pending: PendingLogin, listener: Consumer<BackchannelState>): CompletableFuture<LoginResult> = future {
        var state = nextState(pending)
        while (state is BackchannelState.Pending) {
            listener.accept(state)
            state = nextState(pending)
        }
        listener.accept(state)
        (state as BackchannelState.Complete).result
    }

    private suspend fun nextState(pending: PendingLogin): BackchannelState =
        when (val state = awaited { handle.nextState(pending.handle, null) }) {
            is BackchannelStateParts.Pending -> BackchannelState.Pending(state.nextPollIn)
            is BackchannelStateParts.Complete -> BackchannelState.Complete(LoginResult(state.result))
        }

    /** How long until [poll] will ask Vipps again, for those who keep their own time. */
    fun nextPollIn(pending: PendingLogin): Duration = native { handle.nextPollIn(pending.handle) }

    /**
     * Asks once because a webhook said so, whatever the interval; `null` if the person has not decided after all.
     * [VerifiedWebhook.ping] says which login it is about.
     *
     * @throws VippsAuthException.InvalidConfig field `body`, for any other event
     * @throws VippsAuthException.LoginFailed reason `auth_req_id`, for a ping about another login
     */
    @JvmSynthetic
    suspend fun finishWebhook(webhook: VerifiedWebhook, pending: PendingLogin): LoginResult? =
        awaited { handle.finishWebhook(webhook.handle, pending.handle, null) }?.let(::LoginResult)

    /** [finishWebhook] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun finishWebhookBlocking(webhook: VerifiedWebhook, pending: PendingLogin): LoginResult? =
        blocking { finishWebhook(webhook, pending) }

    /** [finishWebhook] as a future. Cancelling it ends the wait. */
    fun finishWebhookAsync(webhook: VerifiedWebhook, pending: PendingLogin): CompletableFuture<LoginResult?> =
        future { finishWebhook(webhook, pending) }

    /**
     * [finishWebhook] for the body alone, which must have been verified before: its signature is not looked at.
     *
     * @param body the event's JSON
     */
    @JvmSynthetic
    suspend fun finishPing(body: String, pending: PendingLogin): LoginResult? =
        awaited { handle.finishPing(body, pending.handle, null) }?.let(::LoginResult)

    /** [finishPing] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun finishPingBlocking(body: String, pending: PendingLogin): LoginResult? = blocking { finishPing(body, pending) }

    /** [finishPing] as a future. Cancelling it ends the wait. */
    fun finishPingAsync(body: String, pending: PendingLogin): CompletableFuture<LoginResult?> =
        future { finishPing(body, pending) }

    /** Ends a login of the redirect variant. Fails as [Login.finish] does. */
    @JvmSynthetic
    suspend fun finishRedirect(callbackUrl: String, pending: PendingLogin): LoginResult =
        LoginResult(awaited { handle.finishRedirect(callbackUrl, pending.handle, null) })

    /** [finishRedirect] for callers that are not coroutines. An interrupt ends it, and with it the login. */
    @Throws(InterruptedException::class)
    fun finishRedirectBlocking(callbackUrl: String, pending: PendingLogin): LoginResult =
        blocking { finishRedirect(callbackUrl, pending) }

    /** [finishRedirect] as a future. Cancelling it ends the wait. */
    fun finishRedirectAsync(callbackUrl: String, pending: PendingLogin): CompletableFuture<LoginResult> =
        future { finishRedirect(callbackUrl, pending) }

    /** Asks who the person is, as [Login.userinfo]. */
    @JvmSynthetic
    suspend fun userinfo(result: LoginResult): Userinfo = Userinfo(awaited { handle.userinfo(result.handle, null) })

    /** [userinfo] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun userinfoBlocking(result: LoginResult): Userinfo = blocking { userinfo(result) }

    /** [userinfo] as a future. Cancelling it ends the wait. */
    fun userinfoAsync(result: LoginResult): CompletableFuture<Userinfo> = future { userinfo(result) }
}

/**
 * What a consent-revoked callback *claims*. **It proves nothing**: Vipps does not sign it, so anybody who knows the
 * address can send one.
 *
 * @property claimedSub who it says took their consent back
 * @property claimedIssuedAt when it says it was made
 * @property claimedExpiresAt until when it says it is good
 */
class UnverifiedConsentRevoked private constructor(parts: ConsentRevokedParts) {
    val claimedSub: String = parts.claimedSub
    val claimedIssuedAt: Instant? = parts.claimedIssuedAt
    val claimedExpiresAt: Instant? = parts.claimedExpiresAt

    /** For logs; holds no secret. */
    override fun toString() = "UnverifiedConsentRevoked(claimedSub=$claimedSub)"

    /** Ways to make one. */
    companion object {
        /**
         * Reads the callback's body, a JWT in plain text.
         *
         * @throws VippsAuthException.InvalidConfig field `body`, for anything else
         */
        @JvmStatic
        fun parse(body: String) = UnverifiedConsentRevoked(native { consentRevokedOf(body) })
    }
}

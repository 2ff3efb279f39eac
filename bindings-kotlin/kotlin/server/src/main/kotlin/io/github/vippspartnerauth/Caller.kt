package io.github.vippspartnerauth

import java.util.concurrent.CompletableFuture

/**
 * A [Partner] or a [Merchant]: what an adapter can make calls for. Here is all that an adapter for another HTTP client
 * needs: ask [covers], attach the headers of [authorization], and at a 401 to a call that carried its token ask [refused].
 */
sealed class Caller {
    /** The partner whose token is sent. */
    abstract val partner: Partner

    internal abstract val source: HeaderSource

    /**
     * All headers of a call. Fetches a token if none is at hand; else it is a look at memory.
     *
     * @throws VippsAuthException.CredentialsRejected or `Forbidden` when Vipps refuses the keys
     * @throws VippsAuthException.Unavailable or `RateLimited`, when there may be a token later
     * @throws VippsAuthException.InvalidConfig field `msn`, for a merchant that these keys are not for
     */
    @JvmSynthetic
    suspend fun headers(): Map<String, String> = authorization().headers

    /** [headers] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun headersBlocking(): Map<String, String> = authorizationBlocking().headers

    /** [headers] as a future. Cancelling it ends the wait. */
    fun headersAsync(): CompletableFuture<Map<String, String>> = future { headers() }

    /** The same headers without I/O; `null` when a token must be fetched first, or the keys are for another merchant. */
    fun cachedHeaders(): Map<String, String>? = cachedAuthorization()?.headers

    /** The same headers together with the token in them: for adapters. Fails as [headers] does. */
    @JvmSynthetic
    suspend fun authorization(): Authorization = source.get()

    /** [authorization] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun authorizationBlocking(): Authorization = source.getBlocking()

    /** [authorization] as a future. Cancelling it ends the wait. */
    fun authorizationAsync(): CompletableFuture<Authorization> = future { authorization() }

    /** [authorization] without I/O; `null` when a token must be fetched first, or the keys are for another merchant. */
    fun cachedAuthorization(): Authorization? = source.cached()

    /**
     * For adapters, when an API answered 401 to a call that carried this token: gives headers with another one, for one more
     * try of the same call.
     *
     * @throws VippsAuthException when there is none, or a try makes no sense: hand over the 401
     */
    @JvmSynthetic
    suspend fun refused(authorization: Authorization): Authorization = source.refused(authorization)

    /** [refused] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun refusedBlocking(authorization: Authorization): Authorization = blocking { refused(authorization) }

    /** [refused] as a future. Cancelling it ends the wait. */
    fun refusedAsync(authorization: Authorization): CompletableFuture<Authorization> = future { refused(authorization) }

    /** [refused] for a call that can't be made again: nobody waits, and the next call has another token. */
    fun noteRefused(authorization: Authorization) = source.noteRefused(authorization)

    /**
     * For adapters: tells what an API answered to a call with these headers. The first 403 of a merchant whose calls had worked
     * is told as the event `merchant_forbidden` then; one that is no JSON says nothing of the merchant. Of a [Partner] itself
     * nothing comes of it.
     */
    @JvmOverloads
    fun answered(status: Int, contentType: String? = null) = noteAnswer(status, contentType)

    internal open fun noteAnswer(status: Int, contentType: String?) = Unit

    /** Whether headers may be sent to this URL. Adapters must ask before they attach headers. */
    fun covers(url: String): Boolean = partner.isCovered(url)

    /** Whether headers that were sent to one URL may go along to the next on a redirect. */
    fun mayFollow(from: String, to: String): Boolean = partner.isWithin(from, to)

    /** For adapters: a call went to this URL without headers. Told once for each host, as the event `headers_withheld`. */
    fun headersWithheld(url: String) = partner.tellWithheld(url)
}

/**
 * All headers of a call, and the token in them.
 *
 * @property headers names, in lower case, and values; the values are secrets
 * @property token the token that is sent with them
 */
class Authorization internal constructor(val headers: Map<String, String>, val token: AccessToken) {
    /**
     * Whether a call that was sent carried this token, so that a 401 is about it: interceptors of others may have put
     * another in its place.
     *
     * @param sent gives the value that was sent with a header of this name, or `null`
     */
    fun isCarriedBy(sent: HeaderValues): Boolean =
        headers.any { (name, value) -> token.secret in value && sent.valueOf(name) == value }

    /** Never a value. */
    override fun toString() = "Authorization(${headers.keys.joinToString()})"
}

/** The headers of a request, whatever its class. */
fun interface HeaderValues {
    /** The value of this header, in whatever letter case it was set; `null` where there is none. */
    fun valueOf(name: String): String?
}

/**
 * What adapters do with a 401: the headers for one more try; `null` when the 401 is to be handed over. A call that can't be made
 * again waits too, so that the next one has the other token.
 */
internal suspend fun Caller.anotherTry(used: Authorization, isRepeatable: Boolean): Authorization? = try {
    refused(used).takeIf { isRepeatable }
} catch (_: VippsAuthException) {
    null
}

/** What adapters ask of each hop of a call: whether it may carry headers. Where not, that is told once for each host. */
internal fun Caller.mayCarry(first: String, url: String): Boolean = asIo {
    val may = if (url == first) covers(url) else mayFollow(first, url)
    if (!may) headersWithheld(url)
    may
}

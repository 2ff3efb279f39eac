package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.EventParts
import io.github.vippspartnerauth.ffi.EventSink
import io.github.vippspartnerauth.ffi.StatsParts

/**
 * One thing that happened behind the caller's back. Holds no secret.
 *
 * @property name the stable name, the same text in every language, such as `token_renewed`
 * @property details what it tells besides; spans of time in whole seconds
 * @property isWarning whether somebody should look into it; the others are the ordinary course of things
 */
class Event internal constructor(
    val name: String,
    val details: Map<String, String>,
    val isWarning: Boolean,
    private val text: String,
) {
    override fun toString() = text
}

/** Told of each [Event], on a thread of the library: be quick. What it throws is dropped. */
fun interface EventListener {
    /** Something happened. */
    fun onEvent(event: Event)
}

internal class Sink(private val listener: EventListener) : EventSink {
    override fun onEvent(event: EventParts) {
        runCatching { listener.onEvent(Event(event.name, event.details, event.isWarning, event.text)) }
    }
}

/**
 * Counters since an object was built.
 *
 * @property tokenRequests requests sent to a token endpoint, retries included
 * @property tokensFetched tokens fetched while somebody waited
 * @property tokensRenewed tokens renewed behind the callers
 * @property fetchesFailed fetches that failed while somebody waited
 * @property renewalsFailed renewals that failed
 * @property tokensFromCache tokens taken from the shared cache
 * @property cacheFailures failures of the shared cache
 * @property keysRefreshed key sets loaded
 * @property keysRefreshFailed loads of the key set that failed
 * @property unknownKidsSuppressed ID tokens with an unknown key for which the key set was not loaded again
 */
@ConsistentCopyVisibility
data class Stats internal constructor(
    val tokenRequests: Long,
    val tokensFetched: Long,
    val tokensRenewed: Long,
    val fetchesFailed: Long,
    val renewalsFailed: Long,
    val tokensFromCache: Long,
    val cacheFailures: Long,
    val keysRefreshed: Long,
    val keysRefreshFailed: Long,
    val unknownKidsSuppressed: Long,
) {
    internal constructor(parts: StatsParts) : this(
        parts.tokenRequests, parts.tokensFetched, parts.tokensRenewed, parts.fetchesFailed, parts.renewalsFailed,
        parts.tokensFromCache, parts.cacheFailures, parts.keysRefreshed, parts.keysRefreshFailed,
        parts.unknownKidsSuppressed,
    )
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.EventParts
import io.github.vippspartnerauth.ffi.EventQueue
import io.github.vippspartnerauth.ffi.StatsParts

/**
 * One thing that happened in the background. Holds no secret.
 *
 * Each is also written to the [System.Logger] `io.github.vippspartnerauth`: a warning as such, the others as `DEBUG`.
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
    internal constructor(parts: EventParts) : this(parts.name, parts.details, parts.isWarning, parts.text)

    /** For logs; holds no secret. */
    override fun toString() = text
}

/**
 * Told of each [Event] of one `Partner` or [IdTokenVerifier], in the order in which they happened, on a daemon thread of its
 * own: it may take its time, and call the library. What it throws is logged and harms nobody. While it is busy 256 events
 * wait for it; how many found no room is told by an event of its own, `events_dropped`. Closing the object ends its events.
 */
fun interface EventListener {
    /** Something happened. */
    fun onEvent(event: Event)
}

/** A native object and the events it tells. */
internal class Fed<T>(val handle: T, private val queue: EventQueue) {
    /** Hands over what has happened so far and takes no more. */
    fun end() = queue.end()
}

/** Makes a native object and begins to hand over its events, also those of an object that could not be made. */
internal fun <T> fed(listener: EventListener?, make: (EventQueue) -> T): Fed<T> {
    val queue = native { EventQueue() }
    try {
        return Fed(native { make(queue) }, queue)
    } catch (failure: Throwable) {
        queue.end()
        throw failure
    } finally {
        Thread(Feeder(queue, listener), "vipps-partner-auth events").apply { isDaemon = true }.start()
    }
}

/**
 * Waits in the native library, which calls nobody: a method that is registered there would belong to one class loader, and
 * the library may serve several.
 */
private class Feeder(private val queue: EventQueue, private val listener: EventListener?) : Runnable {
    override fun run() {
        do {
            val events = queue.take()
            events.forEach { tell(Event(it)) }
        } while (events.isNotEmpty())
    }

    private fun tell(event: Event) {
        if (event.isWarning) Log.warn("$event") else Log.debug("$event")
        try {
            listener?.onEvent(event)
        } catch (failure: Throwable) {
            Log.warn("a listener failed at the event ${event.name}", failure)
        }
    }
}

/**
 * Counters since an object was built.
 *
 * @property tokenRequests requests sent to a token endpoint, retries included
 * @property tokensFetched tokens fetched while somebody waited
 * @property tokensRenewed tokens renewed in the background
 * @property fetchesFailed fetches that failed while somebody waited
 * @property renewalsFailed renewals that failed
 * @property tokensFromCache tokens taken from the shared cache
 * @property cacheFailures failures of the shared cache
 * @property keysRefreshed key sets loaded
 * @property keysRefreshFailed loads of the key set that failed
 * @property unknownKidsSuppressed ID tokens with an unknown key for which the key set was not loaded again
 * @property refusalsIgnored refusals by an API for which no other token was fetched, since one had been moments ago
 * @property eventsDropped events that the listener was too slow for
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
    val refusalsIgnored: Long,
    val eventsDropped: Long,
) {
    internal constructor(parts: StatsParts) : this(
        parts.tokenRequests, parts.tokensFetched, parts.tokensRenewed, parts.fetchesFailed, parts.renewalsFailed,
        parts.tokensFromCache, parts.cacheFailures, parts.keysRefreshed, parts.keysRefreshFailed,
        parts.unknownKidsSuppressed,
        parts.refusalsIgnored,
        parts.eventsDropped,
    )
}

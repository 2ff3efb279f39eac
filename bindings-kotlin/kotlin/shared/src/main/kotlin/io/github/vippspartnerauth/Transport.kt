package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.TransportCall
import io.github.vippspartnerauth.ffi.TransportCalls
import io.github.vippspartnerauth.ffi.TransportRequestParts
import java.io.IOException
import java.time.Duration
import java.util.concurrent.Executors
import java.util.concurrent.ThreadFactory

/**
 * Sends every request of the library with an HTTP client of your own.
 *
 * Each request is sent on a daemon thread of its own, so several may be on their way at once; a client of coroutines uses
 * `runBlocking`. What it throws is logged; the error of the call names no more than its type.
 */
fun interface Transport {
    /**
     * Sends one request as it is and brings the reply, of whatever status: no redirects, no second tries, no cookies.
     *
     * @throws NotSentException only where the request has certainly not reached the server
     */
    @Throws(Exception::class)
    fun send(request: TransportRequest): TransportReply
}

/**
 * A request to be sent as it is.
 *
 * @property method `GET` or `POST`
 * @property url with its query
 * @property headers all but those that a client writes by itself, such as `host` and `content-length`
 * @property body may be empty; `null` with `GET`
 * @property timeout how long it may take in all; the library waits for no more than a second longer
 */
class TransportRequest internal constructor(parts: TransportRequestParts) {
    val method: String = parts.method
    val url: String = parts.url
    val headers: Map<String, String> = parts.headers
    val body: ByteArray? = parts.body
    val timeout: Duration = parts.timeout

    /** No more than the method: all the rest may hold what is secret. */
    override fun toString() = "TransportRequest($method)"
}

/**
 * What came back, whatever its status.
 *
 * @property status such as 200
 * @property headers names in any letter case, and their values
 * @property body all of it; the library takes no more than 256 KiB
 */
class TransportReply(val status: Int, val headers: Map<String, List<String>>, val body: ByteArray) {
    /** No more than the status. */
    override fun toString() = "TransportReply($status)"
}

/**
 * A [Transport] throws it where the request has certainly not reached the server, such as when it could not connect.
 *
 * Only then the library may send a request again that must not arrive twice, such as the code of a login. Whatever else a
 * transport throws means that the request may have been sent.
 */
class NotSentException(message: String? = null, cause: Throwable? = null) : IOException(message, cause) {
    /** Because of this. */
    constructor(cause: Throwable) : this(null, cause)
}

/** The requests that a transport sends, until the library lets go of it. */
internal fun callsTo(transport: Transport?): TransportCalls? {
    if (transport == null) return null
    val calls = native { TransportCalls() }
    DAEMONS.newThread(Sending(calls, transport)).start()
    return calls
}

private val DAEMONS = ThreadFactory { Thread(it, "vipps-partner-auth transport").apply { isDaemon = true } }

/** Waits in the native library, which calls nobody. */
private class Sending(private val calls: TransportCalls, private val transport: Transport) : Runnable {
    override fun run() {
        val threads = Executors.newCachedThreadPool(DAEMONS)
        try {
            while (true) {
                val call = calls.take() ?: return
                threads.execute { send(call) }
            }
        } finally {
            threads.shutdown()
        }
    }

    private fun send(call: TransportCall) {
        try {
            val reply = transport.send(TransportRequest(call.request()))
            call.came(reply.status, reply.headers, reply.body)
        } catch (failure: Throwable) {
            call.failed(failure.javaClass.simpleName, failure !is NotSentException)
            Log.warn("the transport failed", failure)
        }
    }
}

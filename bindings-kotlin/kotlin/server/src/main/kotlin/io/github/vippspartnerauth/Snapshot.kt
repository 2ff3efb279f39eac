package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.HeadersParts
import io.github.vippspartnerauth.ffi.TokenHandle
import java.util.Collections
import java.util.concurrent.TimeUnit.NANOSECONDS
import java.util.concurrent.atomic.AtomicInteger

/**
 * Finished headers, and until when they need not be asked for again. A native call costs many times what it takes to
 * read them here.
 */
private class Snapshot(parts: HeadersParts, private val drops: Int) {
    val authorization = Authorization(Collections.unmodifiableMap(parts.headers), AccessToken(parts.token))
    private val freshFor = parts.freshFor.toNanos()
    private val freshUntil = System.nanoTime() + freshFor
    private val freshUntilWall = System.currentTimeMillis() + NANOSECONDS.toMillis(freshFor)

    /** By both clocks, since one stands still while a machine sleeps and the other may be set back. */
    fun holds(drops: Int) =
        drops == this.drops && System.nanoTime() - freshUntil < 0 && System.currentTimeMillis() < freshUntilWall
}

/**
 * Where the headers of one handle come from.
 *
 * @param drops how often a token was dropped by way of the partner: snapshots from before don't hold any more
 */
internal class HeaderSource(
    private val drops: AtomicInteger,
    private val cached: () -> HeadersParts?,
    private val fetch: suspend () -> HeadersParts,
    private val replace: suspend (TokenHandle) -> HeadersParts,
    private val note: (TokenHandle) -> Unit,
) {
    @Volatile
    private var kept: Snapshot? = null

    suspend fun get(): Authorization = cached() ?: fetched()

    fun getBlocking(): Authorization = cached() ?: blocking { fetched() }

    /** Without I/O; `null` when a token must be fetched first. */
    fun cached(): Authorization? = kept?.takeIf { it.holds(drops.get()) }?.authorization ?: asked()

    suspend fun refused(authorization: Authorization): Authorization {
        val other = dropping { awaited { replace(authorization.token.handle) } }
        return keep(other, drops.get())
    }

    fun noteRefused(authorization: Authorization) = dropping { native { note(authorization.token.handle) } }

    private inline fun <T> dropping(call: () -> T): T = try {
        call()
    } finally {
        drops.incrementAndGet()
    }

    fun forget() {
        kept = null
    }

    private fun asked(): Authorization? {
        val before = drops.get()
        return native { cached.invoke() }?.let { keep(it, before) }
    }

    private suspend fun fetched(): Authorization {
        val before = drops.get()
        return keep(awaited { fetch() }, before)
    }

    private fun keep(parts: HeadersParts, before: Int) = Snapshot(parts, before).also { kept = it }.authorization
}

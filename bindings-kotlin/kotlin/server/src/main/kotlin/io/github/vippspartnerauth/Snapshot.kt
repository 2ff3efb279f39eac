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
internal class Snapshot(parts: HeadersParts, private val drops: Int) {
    val headers: Map<String, String> = Collections.unmodifiableMap(parts.headers)
    val token: TokenHandle = parts.token
    private val freshFor = parts.freshFor.toNanos()
    private val freshUntil = System.nanoTime() + freshFor
    private val freshUntilWall = System.currentTimeMillis() + NANOSECONDS.toMillis(freshFor)

    /** By both clocks, since one stands still while a machine sleeps and the other may be set back. */
    fun holds(drops: Int) =
        drops == this.drops && System.nanoTime() - freshUntil < 0 && System.currentTimeMillis() < freshUntilWall
}

/** Where the headers of one handle come from. */
internal class HeaderSource(
    private val drops: AtomicInteger,
    private val cached: () -> HeadersParts?,
    private val fetch: suspend () -> HeadersParts,
) {
    @Volatile
    private var kept: Snapshot? = null

    suspend fun get(): Snapshot = cached() ?: fetched()

    fun getBlocking(): Snapshot = cached() ?: blocking { fetched() }

    /** Without I/O; `null` when a token must be fetched first. */
    fun cached(): Snapshot? = kept?.takeIf { it.holds(drops.get()) } ?: asked()

    /** What was handed out last, whether or not it still holds. */
    fun last(): Snapshot? = kept

    fun forget() {
        kept = null
    }

    private fun asked(): Snapshot? {
        val before = drops.get()
        return native { cached.invoke() }?.let { keep(it, before) }
    }

    private suspend fun fetched(): Snapshot {
        val before = drops.get()
        return keep(native { fetch() }, before)
    }

    private fun keep(parts: HeadersParts, before: Int) = Snapshot(parts, before).also { kept = it }
}

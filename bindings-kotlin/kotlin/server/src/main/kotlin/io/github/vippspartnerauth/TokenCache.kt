package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.CacheCall
import io.github.vippspartnerauth.ffi.CacheCalls
import io.github.vippspartnerauth.ffi.CacheMethod
import java.time.Duration

/**
 * A store that processes share, such as Memcached or a table of a database. Values are sealed: who reads it can read no token.
 *
 * `ttl` is in whole seconds; what is older counts as not there. Called on a daemon thread of its own, one call at a time; a
 * client of coroutines uses `runBlocking`. No call of yours waits for it longer than a second, and none fails by it: what it
 * throws is logged, and told as the event `cache_failed`.
 */
interface TokenCache {
    /** What is there under this name, at most 100 characters of ASCII. */
    @Throws(Exception::class)
    fun get(name: String): ByteArray?

    /** Puts a value in the place of whatever was there. */
    @Throws(Exception::class)
    fun set(name: String, value: ByteArray, ttl: Duration)

    /** The same, but only where nothing is there, in one step: of many that try at once one is told `true`. */
    @Throws(Exception::class)
    fun add(name: String, value: ByteArray, ttl: Duration): Boolean

    /** Drops what is there, if anything is. */
    @Throws(Exception::class)
    fun delete(name: String)
}

/** The calls that a cache answers, on its thread, until the partner is gone. */
internal fun callsTo(cache: TokenCache?): CacheCalls? {
    if (cache == null) return null
    val calls = native { CacheCalls() }
    Thread(Asked(calls, cache), "vipps-partner-auth cache").apply { isDaemon = true }.start()
    return calls
}

/** Waits in the native library, which calls nobody. */
private class Asked(private val calls: CacheCalls, private val cache: TokenCache) : Runnable {
    override fun run() {
        while (true) {
            val call = calls.take() ?: return
            try {
                answer(call)
            } catch (failure: Throwable) {
                call.fail()
                Log.warn("the token cache failed", failure)
            }
        }
    }

    private fun answer(call: CacheCall) {
        when (val method = call.method()) {
            is CacheMethod.Get -> return call.answer(cache.get(method.name), false)
            is CacheMethod.Add -> return call.answer(null, cache.add(method.name, method.value, method.ttl))
            is CacheMethod.Set -> cache.set(method.name, method.value, method.ttl)
            is CacheMethod.Delete -> cache.delete(method.name)
        }
        call.answer(null, false)
    }
}

package io.github.vippspartnerauth.bench

import io.github.vippspartnerauth.Merchant
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn

/** Suspending calls that end at once, without an event loop around them, which would cost more than they do. */
object Awaited {
    private val nobody = Continuation<Any?>(EmptyCoroutineContext) { error("it did not end at once") }

    @JvmStatic
    fun headers(shop: Merchant): Any? {
        val call: suspend () -> Any? = { shop.headers() }
        return call.startCoroutineUninterceptedOrReturn(nobody)
    }

    /** What a plain suspending function costs. */
    @JvmStatic
    fun plain(headers: Map<String, String>): Any? {
        val call: suspend () -> Any? = { itself(headers) }
        return call.startCoroutineUninterceptedOrReturn(nobody)
    }

    @Suppress("RedundantSuspendModifier")
    private suspend fun itself(headers: Map<String, String>) = headers
}

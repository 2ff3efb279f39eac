package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.AuthException
import io.github.vippspartnerauth.ffi.InternalException
import io.github.vippspartnerauth.ffi.uniffiEnsureInitialized
import java.nio.charset.CharacterCodingException
import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.ContinuationInterceptor
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.future.future
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/** The native library, loaded on first use and checked to be of the same build as this code. */
internal object Native {
    private val loaded: Unit by lazy {
        try {
            uniffiEnsureInitialized()
        } catch (error: LinkageError) {
            val platform = "${System.getProperty("os.name")} ${System.getProperty("os.arch")}"
            val text = "this jar of vipps-partner-auth holds no native library that works on $platform: ${error.message}"
            throw UnsatisfiedLinkError(text).initCause(error)
        }
    }

    fun load() = loaded
}

/** Calls the native library; what it fails with becomes an exception of this package. */
internal inline fun <T> native(call: () -> T): T {
    Native.load()
    try {
        return call()
    } catch (failure: AuthException.Failed) {
        throw VippsAuthException.of(failure.parts)
    } catch (_: AuthException.Cancelled) {
        throw CancellationException("the call was cancelled")
    } catch (failure: InternalException) {
        throw VippsAuthException.internal(failure.message.orEmpty())
    } catch (_: CharacterCodingException) {
        throw VippsAuthException.invalid("a text is not well-formed unicode")
    }
}

/**
 * The same for a call that takes time. It ends on the native library's own thread, on which everything waits that goes over
 * the network: a caller without a thread of its own (`Dispatchers.Unconfined`) must not go on there.
 */
internal suspend fun <T> awaited(call: suspend () -> T): T {
    val dispatcher = currentCoroutineContext()[ContinuationInterceptor]
    if (dispatcher != null && dispatcher != Dispatchers.Unconfined) return native { call() }
    return withContext(Dispatchers.Default) { native { call() } }
}

/** Waits for a suspending call. An interrupt of the thread ends the call, and one that came before keeps it from beginning. */
internal fun <T> blocking(call: suspend () -> T): T {
    if (Thread.interrupted()) throw InterruptedException()
    return runBlocking { call() }
}

/** Begins a suspending call. Cancelling the future ends it. */
internal fun <T> future(call: suspend () -> T): CompletableFuture<T> =
    CoroutineScope(Dispatchers.Default).future { call() }

internal fun Duration.inSeconds(): Double = seconds + nano / 1e9

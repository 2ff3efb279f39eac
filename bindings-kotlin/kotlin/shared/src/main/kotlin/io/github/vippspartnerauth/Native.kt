package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.AuthException
import io.github.vippspartnerauth.ffi.InternalException
import io.github.vippspartnerauth.ffi.uniffiEnsureInitialized
import java.nio.charset.CharacterCodingException
import java.time.Duration
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking

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

/** Waits for a suspending call. An interrupt of the thread ends the call. */
internal fun <T> blocking(call: suspend () -> T): T = runBlocking { call() }

internal fun Duration.inSeconds(): Double = seconds + nano / 1e9

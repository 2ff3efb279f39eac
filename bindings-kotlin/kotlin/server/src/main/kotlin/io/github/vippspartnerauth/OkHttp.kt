@file:JvmName("VippsOkHttp")

package io.github.vippspartnerauth

import java.io.IOException
import java.io.InterruptedIOException
import java.net.HttpURLConnection.HTTP_UNAUTHORIZED
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit.MILLISECONDS
import java.util.concurrent.TimeoutException
import kotlinx.coroutines.CancellationException
import okhttp3.Call
import okhttp3.HttpUrl
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import okio.Buffer

/**
 * Attaches this caller's headers to each request that the partner covers, and makes a call once more whose token is refused.
 *
 * A request can name another caller by a tag: `request.tag(Merchant::class.java, shop)`, with Retrofit `@Tag Merchant shop`.
 * The client's authenticators, time limits and `cancel()` work as without it. A token that can't be fetched is a
 * [VippsAuthIOException].
 */
fun OkHttpClient.Builder.authorize(caller: Caller): OkHttpClient.Builder =
    addInterceptor(SecondTry).addNetworkInterceptor(caller.okHttpInterceptor())

/**
 * The part of [authorize] that attaches headers and reports a token that is refused, without a second try. Add it as a
 * *network* interceptor: those run once for each hop, so that a redirect elsewhere takes nothing along; as any other kind it
 * refuses to work.
 */
fun Caller.okHttpInterceptor(): Interceptor = HeadersInterceptor(this)

/** What is known of one call. */
private class OkHttpAttempt(val isRepeatable: Boolean) {
    /** Where its first hop went. */
    var from: HttpUrl? = null

    /** The body that was sent last, and what it wrote, where that was kept. */
    var body: RequestBody? = null
    var kept: RequestBody? = null

    /** The request whose token was refused. */
    var refused: Request? = null

    /** The headers for the second try. */
    var other: Authorization? = null
    var isReported = false
    var hasUsedOther = false
}

/**
 * Stands above redirects and the client's authenticators. An authenticator of this library's would take the place of the
 * user's, or lose its own to it.
 */
private object SecondTry : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val attempt = OkHttpAttempt(isRepeatable = true)
        val request = chain.request().newBuilder().tag(OkHttpAttempt::class.java, attempt).build()
        val response = chain.proceed(request)
        if (response.code != HTTP_UNAUTHORIZED || attempt.other == null || attempt.hasUsedOther) return response
        response.close()
        attempt.from = null
        return chain.proceed(request)
    }
}

private class HeadersInterceptor(private val default: Caller) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        checkNotNull(chain.connection()) { "add it with addNetworkInterceptor, so that redirects take no keys along" }
        val request = chain.request()
        val caller = request.caller ?: default
        val attempt = request.tag(OkHttpAttempt::class.java) ?: OkHttpAttempt(isRepeatable = false)
        if (!attempt.mayCarry(caller, request.url)) return chain.proceed(request)
        val used = attempt.other?.also { attempt.hasUsedOther = true } ?: chain.authorization(caller)
        val response = chain.proceed(request.keptBy(attempt).with(used))
        if (used.isCarriedBy(response.request::header)) caller.answered(response.code, response.header("Content-Type"))
        if (response.code == HTTP_UNAUTHORIZED && !attempt.isReported && used.isCarriedBy(response.request::header)) {
            attempt.isReported = true
            attempt.refused = request
            val isRepeatable = attempt.isRepeatable && (request.body == null || attempt.kept != null)
            attempt.other = response.orClosed { chain.await(future { caller.anotherTry(used, isRepeatable) }) }
        }
        return response
    }

    private fun OkHttpAttempt.mayCarry(caller: Caller, url: HttpUrl): Boolean {
        val first = from ?: url.also { from = it }
        return caller.mayCarry("$first", "$url")
    }

    private fun Interceptor.Chain.authorization(caller: Caller) =
        asIo { caller.cachedAuthorization() } ?: await(caller.authorizationAsync())
}

/** What is waited for in this thread ends with the call, which OkHttp cancels also when its time is up. */
private fun <T> Interceptor.Chain.await(begun: CompletableFuture<T>): T = try {
    asIo { begun.whileIn(call()) }
} catch (interrupt: InterruptedException) {
    Thread.currentThread().interrupt()
    throw InterruptedIOException("interrupted").initCause(interrupt)
} catch (cancelled: CancellationException) {
    throw IOException("Canceled", cancelled)
} finally {
    begun.cancel(true)
}

private fun <T> CompletableFuture<T>.whileIn(call: Call): T {
    while (!call.isCanceled()) {
        try {
            return get(LOOK_EVERY, MILLISECONDS)
        } catch (_: TimeoutException) {
            continue
        } catch (failure: ExecutionException) {
            throw failure.cause ?: failure
        }
    }
    throw IOException("Canceled")
}

private const val LOOK_EVERY = 20L

/** A response that nobody will get is closed. */
private inline fun <T> Response.orClosed(call: () -> T): T = try {
    call()
} catch (failure: IOException) {
    close()
    throw failure
}

private val Request.caller: Caller?
    get() = tag(Merchant::class.java) ?: tag(Partner::class.java) ?: tag(Caller::class.java) ?: tag() as? Caller

private fun Request.with(authorization: Authorization): Request {
    val builder = newBuilder()
    authorization.headers.forEach { (name, value) -> builder.header(name, value) }
    return builder.build()
}

/** What a body writes the second time can be anything, so what it writes the first time is kept and sent each time. */
private fun Request.keptBy(attempt: OkHttpAttempt): Request {
    val body = body ?: return this
    if (body !== attempt.body && !isAgain(attempt.refused)) attempt.kept = body.kept()
    attempt.body = body
    val kept = attempt.kept ?: return this
    return newBuilder().method(method, kept).header("Content-Length", "${kept.contentLength()}").build()
}

/** An interceptor in between may have put the same body together once more, or made another call on its way. */
private fun Request.isAgain(refused: Request?) = refused != null && refused.method == method && refused.url == url

private fun RequestBody.kept(): RequestBody? {
    if (isOneShot() || isDuplex() || contentLength() !in 0..KEPT) return null
    return Buffer().also(::writeTo).readByteArray().toRequestBody(contentType())
}

/** Calls of Vipps' APIs are far below. A greater body is sent as it comes, and once. */
private const val KEPT = 1L shl 20

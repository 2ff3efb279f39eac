package io.github.vippspartnerauth

import io.ktor.client.HttpClient
import io.ktor.client.call.HttpClientCall
import io.ktor.client.plugins.api.ClientHook
import io.ktor.client.plugins.api.Send
import io.ktor.client.plugins.api.createClientPlugin
import io.ktor.client.request.HttpRequestBuilder
import io.ktor.client.request.HttpSendPipeline
import io.ktor.http.HttpStatusCode
import io.ktor.http.content.OutgoingContent
import io.ktor.util.AttributeKey
import java.io.IOException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive

/** What [VippsAuth] needs to know. */
class VippsAuthConfig {
    /** The merchant or partner to make calls for. A request can name another, see [authorizeWith]. */
    var caller: Caller? = null
}

/**
 * For Ktor's client: attaches a caller's headers to each request that the partner covers, and takes them off again when
 * a redirect leads elsewhere. A call whose token is refused is made once more, if its body is a `ByteArrayContent` (texts and
 * forms are) or none: no other is known to be the same a second time.
 *
 * Time limits of the client and cancellation hold while a token is fetched. A token that can't be fetched is a
 * [VippsAuthIOException].
 */
val VippsAuth = createClientPlugin("VippsAuth", ::VippsAuthConfig) {
    val default = requireNotNull(pluginConfig.caller) { "set caller to the merchant or partner to make calls for" }
    on(Send) { request ->
        val attempt = KtorAttempt()
        request.attributes.put(ATTEMPT, attempt)
        val call = proceed(request)
        val isRefused = call.response.status == HttpStatusCode.Unauthorized && attempt.other != null
        if (!isRefused || attempt.hasUsedOther) return@on call
        call.cancel()
        proceed(request)
    }
    on(EachHop) { request, send -> (request.attributes.getOrNull(CALLER) ?: default).call(request, send) }
}

/** Makes this request for another merchant or partner than the client's own: `client.get(url) { authorizeWith(shop) }`. */
fun HttpRequestBuilder.authorizeWith(caller: Caller) = attributes.put(CALLER, caller)

/** The headers for the second try, once a first was refused. */
private class KtorAttempt {
    var other: Authorization? = null
    var hasUsedOther = false
}

private val CALLER = AttributeKey<Caller>("VippsCaller")
private val ATTEMPT = AttributeKey<KtorAttempt>("VippsAttempt")
private val ATTACHED = AttributeKey<Set<String>>("VippsHeaders")
private val FROM = AttributeKey<String>("VippsFirstUrl")

/** Below redirects, repeats and time limits of other plugins, whatever the order in which they were installed. */
private object EachHop : ClientHook<suspend (HttpRequestBuilder, suspend () -> HttpClientCall) -> HttpClientCall> {
    override fun install(
        client: HttpClient,
        handler: suspend (HttpRequestBuilder, suspend () -> HttpClientCall) -> HttpClientCall,
    ) {
        client.sendPipeline.intercept(HttpSendPipeline.State) { handler(context) { proceed() as HttpClientCall } }
    }
}

private suspend fun Caller.call(request: HttpRequestBuilder, send: suspend () -> HttpClientCall): HttpClientCall {
    request.attributes.takeOrNull(ATTACHED)?.forEach(request.headers::remove)
    val url = request.url.buildString()
    if (!mayCarry(request.attributes.computeIfAbsent(FROM) { url }, url)) return send()
    val attempt = request.attributes.getOrNull(ATTEMPT) ?: KtorAttempt()
    val second = attempt.other?.also { attempt.hasUsedOther = true }
    val used = second ?: request.running { authorization() }
    used.headers.forEach { (name, value) -> request.headers[name] = value }
    request.attributes.put(ATTACHED, used.headers.keys)
    val call = send()
    val isOurs = used.isCarriedBy(call.request.headers::get)
    if (isOurs) answered(call.response.status.value, call.response.headers["Content-Type"])
    val isRefused = isOurs && call.response.status == HttpStatusCode.Unauthorized
    if (isRefused && second == null) attempt.other = request.running { anotherTry(used, request.isRepeatable) }
    return call
}

/** What the client's time limits end is the request's own context, and not the coroutine that waits for it. */
private suspend fun <T> HttpRequestBuilder.running(call: suspend () -> T): T {
    currentCoroutineContext().ensureActive()
    val begun = CoroutineScope(currentCoroutineContext() + executionContext).async { outcome(call) }
    try {
        return begun.await().getOrThrow()
    } catch (end: CancellationException) {
        begun.cancel(end)
        throw end
    }
}

private suspend fun <T> outcome(call: suspend () -> T): Result<T> = try {
    Result.success(asIo { call() })
} catch (failure: IOException) {
    Result.failure(failure)
}

private val HttpRequestBuilder.isRepeatable: Boolean
    get() = body is OutgoingContent.ByteArrayContent || body is OutgoingContent.NoContent

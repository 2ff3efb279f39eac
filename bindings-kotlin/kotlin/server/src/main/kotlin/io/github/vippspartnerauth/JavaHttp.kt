@file:JvmName("VippsJavaHttp")

package io.github.vippspartnerauth

import java.io.IOException
import java.net.HttpURLConnection.HTTP_UNAUTHORIZED
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublisher
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandler
import java.net.http.HttpResponse.BodySubscriber
import java.net.http.HttpResponse.BodySubscribers
import java.net.http.HttpResponse.ResponseInfo
import java.net.http.HttpTimeoutException
import java.nio.ByteBuffer
import java.time.Duration
import java.util.Optional
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Flow
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withTimeoutOrNull

/**
 * Sends a request with this caller's headers attached, if the partner covers its URL; else as it is. A call whose token is
 * refused is made once more, if its body is one of `noBody`, `ofByteArray` and `ofString`: no other is known to be the same
 * a second time. The time limit of the request holds for all of it.
 *
 * @throws VippsAuthIOException when there is no token for it
 * @throws IllegalArgumentException for a client that follows redirects: it would take the headers to any host
 */
@Throws(IOException::class, InterruptedException::class)
fun <T> Caller.send(client: HttpClient, request: HttpRequest, handler: BodyHandler<T>): HttpResponse<T> {
    requireNoRedirects(client)
    return blocking { Exchange(this, client, request).send(handler) }
}

/** [send] as a future. Cancelling it ends the call. */
fun <T> Caller.sendAsync(
    client: HttpClient,
    request: HttpRequest,
    handler: BodyHandler<T>,
): CompletableFuture<HttpResponse<T>> {
    requireNoRedirects(client)
    return future { Exchange(this, client, request).send(handler) }
}

private fun requireNoRedirects(client: HttpClient) =
    require(client.followRedirects() == HttpClient.Redirect.NEVER) { "the client must not follow redirects" }

private class Exchange(private val caller: Caller, private val client: HttpClient, private val request: HttpRequest) {
    private val begun = System.nanoTime()

    suspend fun <T> send(handler: BodyHandler<T>): HttpResponse<T> {
        val url = "${request.uri()}"
        if (!caller.mayCarry(url, url)) return client.sendAsync(request, handler).await()
        val used = within { caller.authorization() }
        val response = client.sendAsync(request.with(used), holding401(handler)).await()
        if (used.isCarriedBy(response.request()::header)) caller.answered(response)
        val refusal = response.body() as? JavaHttpBody.Held ?: return JavaHttpAnswer(response, (response.body() as JavaHttpBody.Given<T>).value)
        val isOurs = used.isCarriedBy(response.request()::header)
        val other = if (isOurs) within { caller.anotherTry(used, request.isRepeatable) } else null
        if (other == null) return JavaHttpAnswer(response, refusal.handedTo(handler))
        return client.sendAsync(request.with(other), handler).await().also { caller.answered(it) }
    }

    private fun Caller.answered(response: HttpResponse<*>) =
        answered(response.statusCode(), response.headers().firstValue("Content-Type").orElse(null))

    /** The request's limit goes on while a token is fetched. */
    private suspend fun <T> within(call: suspend () -> T): T {
        val left = left()?.toMillis() ?: return asIo { call() }
        val outcome = withTimeoutOrNull(left) { Outcome(asIo { call() }) }
        return (outcome ?: throw HttpTimeoutException("request timed out")).value
    }

    private class Outcome<T>(val value: T)

    private fun HttpRequest.with(authorization: Authorization): HttpRequest {
        val builder = HttpRequest.newBuilder(this) { name, _ -> authorization.headers.keys.none { it.equals(name, true) } }
        authorization.headers.forEach(builder::header)
        left()?.let { builder.timeout(if (it > Duration.ZERO) it else throw HttpTimeoutException("request timed out")) }
        return builder.build()
    }

    private fun left(): Duration? =
        request.timeout().orElse(null)?.minusNanos(System.nanoTime() - begun)
}

private fun HttpRequest.header(name: String): String? = headers().firstValue(name).orElse(null)

private val HttpRequest.isRepeatable: Boolean
    get() = bodyPublisher().map { it.javaClass in REPEATABLE }.orElse(true)

/** Publishers that are a constant. The classes are the platform's own, and have no public names. */
private val REPEATABLE: Set<Class<out BodyPublisher>> =
    setOf(BodyPublishers.noBody(), BodyPublishers.ofByteArray(ByteArray(1)), BodyPublishers.ofString("x"))
        .map { it.javaClass }.toSet()

/** The user's handler is asked once, since it may have effects: for a 401 only when it is the answer. */
private fun <T> holding401(handler: BodyHandler<T>) = BodyHandler<JavaHttpBody<T>> { info ->
    if (info.statusCode() == HTTP_UNAUTHORIZED) {
        BodySubscribers.mapping(BodySubscribers.ofByteArray()) { JavaHttpBody.Held(info, it) }
    } else {
        BodySubscribers.mapping(handler.apply(info)) { JavaHttpBody.Given(it) }
    }
}

private sealed class JavaHttpBody<out T> {
    class Given<T>(val value: T) : JavaHttpBody<T>()

    class Held(private val info: ResponseInfo, private val bytes: ByteArray) : JavaHttpBody<Nothing>() {
        suspend fun <T> handedTo(handler: BodyHandler<T>): T {
            val subscriber: BodySubscriber<T> = handler.apply(info)
            subscriber.onSubscribe(Replay(subscriber, bytes))
            return subscriber.body.await()
        }
    }
}

private class Replay(private val to: BodySubscriber<*>, private val bytes: ByteArray) : Flow.Subscription {
    private var isDone = false

    override fun request(count: Long) {
        if (isDone) return
        isDone = true
        if (bytes.isNotEmpty()) to.onNext(listOf(ByteBuffer.wrap(bytes).asReadOnlyBuffer()))
        to.onComplete()
    }

    override fun cancel() {
        isDone = true
    }
}

/** A response with the body that the user's handler made. */
private class JavaHttpAnswer<T>(private val of: HttpResponse<*>, private val body: T) : HttpResponse<T> {
    override fun statusCode() = of.statusCode()

    override fun request(): HttpRequest = of.request()

    override fun previousResponse(): Optional<HttpResponse<T>> = Optional.empty()

    override fun headers(): java.net.http.HttpHeaders = of.headers()

    override fun body() = body

    override fun sslSession(): Optional<javax.net.ssl.SSLSession> = of.sslSession()

    override fun uri(): java.net.URI = of.uri()

    override fun version(): HttpClient.Version = of.version()

    override fun toString() = "$of"
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Caller
import io.github.vippspartnerauth.send
import io.github.vippspartnerauth.sendAsync
import java.io.File
import java.io.IOException
import java.net.Authenticator
import java.net.CookieHandler
import java.net.ProxySelector
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublisher
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.net.http.HttpTimeoutException
import java.time.Duration
import java.util.Optional
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLParameters

/**
 * Who uses this client follows redirects in code of their own: it must not do so itself. It has no feature for Basic beside
 * headers: an `Authenticator` takes away each `Authorization` that a request has, before Java 24.
 */
internal open class JavaHttpWorld(private val caller: Caller, private val hooks: List<Hook>, follow: Boolean) : Client {
    protected open fun exchange(call: Call, request: HttpRequest, client: HttpClient, abortable: (() -> Unit) -> Unit) =
        send(call, request, client, abortable)

    private fun send(call: Call, request: HttpRequest, client: HttpClient, abortable: (() -> Unit) -> Unit): HttpResponse<String> {
        val thread = Thread.currentThread()
        abortable(thread::interrupt)
        if (call.abort == "before") thread.interrupt()
        return caller(call).send(client, request, BodyHandlers.ofString())
    }

    protected fun caller(call: Call) = call.caller ?: caller

    override fun make(call: Call, abortable: (() -> Unit) -> Unit): Answer {
        var request = request(call, URI(call.url), call.method)
        val hooked = Hooked(HttpClient.newHttpClient(), hooks.filter { it.isAfter })
        var response = exchange(call, request, hooked, abortable)
        while (call.follow && response.statusCode() in listOf(302, 307)) {
            val target = URI(response.headers().firstValue("location").get())
            request = request(call, target, if (response.statusCode() == 307) call.method else "GET")
            response = exchange(call, request, hooked, abortable)
        }
        return Answer(response.statusCode(), response.body()) { response.headers().firstValue(it).orElse(null) }
    }

    private fun request(call: Call, url: URI, method: String): HttpRequest {
        val before = hooks.filterNot { it.isAfter }
        val text = before.filter { it.changesBody }.fold(call.text) { text, hook -> hook.body(text) }
        val request = HttpRequest.newBuilder(url).method(method, if (method == "GET") BodyPublishers.noBody() else body(call, text))
        call.headers.forEach(request::setHeader)
        if (call.hasAuth) request.setHeader("Authorization", "Basic YW5uYTpzZWNyZXQ=")
        call.limit?.let(request::timeout)
        return before.fold(request.build()) { made, hook -> made.changedBy(hook) }
    }

    override fun family(error: Throwable) = when (error) {
        is HttpTimeoutException -> "timeout"
        is InterruptedException, is CancellationException -> "aborted"
        is IOException -> "failed"
        else -> "$error"
    }
}

/** A future that is to be given up before it began is given no time: there is no other way. */
internal class JavaHttpAsyncWorld(caller: Caller, hooks: List<Hook>, follow: Boolean) : JavaHttpWorld(caller, hooks, follow) {
    override fun exchange(
        call: Call,
        request: HttpRequest,
        client: HttpClient,
        abortable: (() -> Unit) -> Unit,
    ): HttpResponse<String> {
        val timed = if (call.abort == "before") HttpRequest.newBuilder(request) { _, _ -> true }.timeout(Duration.ofNanos(1)).build() else request
        val begun = caller(call).sendAsync(client, timed, BodyHandlers.ofString())
        abortable { begun.cancel(true) }
        return try {
            begun.get()
        } catch (failure: ExecutionException) {
            throw failure.cause!!.let { if (call.abort == "before" && it is HttpTimeoutException) CancellationException() else it }
        }
    }
}

private fun HttpRequest.changedBy(hook: Hook): HttpRequest {
    val gone = hook.delete + hook.set.keys
    val changed = HttpRequest.newBuilder(this) { name, _ -> gone.none { it.equals(name, true) } }
    hook.set.forEach(changed::header)
    return changed.build()
}

private fun body(call: Call, text: String): BodyPublisher = when (call.kind) {
    null -> BodyPublishers.noBody()
    "text", "json", "form" -> BodyPublishers.ofString(text)
    "bytes" -> BodyPublishers.ofByteArray(text.toByteArray())
    "file" -> BodyPublishers.ofFile(File.createTempFile("body", null).apply { deleteOnExit(); writeText(text) }.toPath())
    "multipart", "generator", "stream" -> text.byteInputStream().let { stream -> BodyPublishers.ofInputStream { stream } }
    else -> error("unknown kind ${call.kind}")
}

/** What works on a call after the adapter is a client around the client. */
private class Hooked(private val client: HttpClient, private val hooks: List<Hook>) : HttpClient() {
    private fun changed(request: HttpRequest) = hooks.fold(request) { made, hook -> made.changedBy(hook) }

    override fun <T> send(request: HttpRequest, handler: HttpResponse.BodyHandler<T>): HttpResponse<T> =
        client.send(changed(request), handler)

    override fun <T> sendAsync(request: HttpRequest, handler: HttpResponse.BodyHandler<T>): CompletableFuture<HttpResponse<T>> =
        client.sendAsync(changed(request), handler)

    override fun <T> sendAsync(
        request: HttpRequest,
        handler: HttpResponse.BodyHandler<T>,
        push: HttpResponse.PushPromiseHandler<T>?,
    ): CompletableFuture<HttpResponse<T>> = client.sendAsync(changed(request), handler, push)

    override fun cookieHandler(): Optional<CookieHandler> = client.cookieHandler()

    override fun connectTimeout(): Optional<Duration> = client.connectTimeout()

    override fun followRedirects(): Redirect = client.followRedirects()

    override fun proxy(): Optional<ProxySelector> = client.proxy()

    override fun sslContext(): SSLContext = client.sslContext()

    override fun sslParameters(): SSLParameters = client.sslParameters()

    override fun authenticator(): Optional<Authenticator> = client.authenticator()

    override fun version(): Version = client.version()

    override fun executor(): Optional<Executor> = client.executor()
}

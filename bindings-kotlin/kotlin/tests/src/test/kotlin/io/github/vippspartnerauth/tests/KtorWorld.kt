package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Caller
import io.github.vippspartnerauth.VippsAuth
import io.github.vippspartnerauth.authorizeWith
import io.ktor.client.HttpClient
import io.ktor.client.engine.java.Java
import io.ktor.client.plugins.HttpRedirect
import io.ktor.client.plugins.HttpRequestTimeoutException
import io.ktor.client.plugins.HttpTimeout
import io.ktor.client.plugins.api.createClientPlugin
import io.ktor.client.plugins.timeout
import io.ktor.client.request.HttpRequestBuilder
import io.ktor.client.request.HttpSendPipeline
import io.ktor.client.request.basicAuth
import io.ktor.client.request.forms.ChannelProvider
import io.ktor.client.request.forms.FormDataContent
import io.ktor.client.request.forms.FormPart
import io.ktor.client.request.forms.MultiPartFormDataContent
import io.ktor.client.request.forms.formData
import io.ktor.client.request.request
import io.ktor.client.request.setBody
import io.ktor.client.request.url
import io.ktor.client.statement.bodyAsText
import io.ktor.http.ContentType
import io.ktor.http.Headers
import io.ktor.http.HttpHeaders
import io.ktor.http.HttpMethod
import io.ktor.http.content.ByteArrayContent
import io.ktor.http.content.OutgoingContent
import io.ktor.http.content.TextContent
import io.ktor.http.parseQueryString
import io.ktor.util.cio.readChannel
import io.ktor.utils.io.ByteReadChannel
import io.ktor.utils.io.ByteWriteChannel
import io.ktor.utils.io.writeStringUtf8
import java.io.File
import java.io.IOException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking

/** Time limits are installed last, so that this library's plugin stands around them. */
internal class KtorWorld(caller: Caller, hooks: List<Hook>, follow: Boolean) : Client {
    private val client = HttpClient(Java) {
        followRedirects = follow
        if (follow) install(HttpRedirect) { checkHttpMethod = false }
        install(VippsAuth) { this.caller = caller }
        hooks.forEach { hook -> install(plugin(hook)) }
        install(HttpTimeout)
    }

    override fun make(call: Call, abortable: (() -> Unit) -> Unit): Answer = runBlocking {
        val made = async(start = CoroutineStart.LAZY) {
            val response = client.request { describe(call) }
            Answer(response.status.value, response.bodyAsText(), response.headers::get)
        }
        abortable { made.cancel() }
        if (call.abort == "before") made.cancel()
        runCatching { made.await() }
    }.getOrThrow()

    private fun HttpRequestBuilder.describe(call: Call) {
        method = HttpMethod(call.method)
        url(call.url)
        call.headers.filterKeys { it != "content-type" }.forEach { (name, value) -> headers[name] = value }
        call.caller?.let(::authorizeWith)
        call.limit?.let { timeout { requestTimeoutMillis = it.toMillis() } }
        if (call.hasAuth) basicAuth("anna", "secret")
        body(call)?.let { setBody(it) }
    }

    override fun family(error: Throwable) = when (error) {
        is HttpRequestTimeoutException -> "timeout"
        is CancellationException -> "aborted"
        is IOException -> "failed"
        else -> "$error"
    }

    override fun close() = client.close()
}

private fun plugin(hook: Hook) = createClientPlugin("hook $hook") {
    fun change(request: HttpRequestBuilder) {
        hook.set.forEach { (name, value) -> request.headers[name] = value }
        hook.delete.forEach(request.headers::remove)
    }
    if (hook.isAfter) client.sendPipeline.intercept(HttpSendPipeline.Monitoring) { change(context) }
    else onRequest { request, _ -> change(request) }
    if (hook.changesBody) transformRequestBody { _, content, _ ->
        TextContent(hook.body((content as TextContent).text), ContentType.Application.Json)
    }
}

private fun body(call: Call): Any? = when (call.kind) {
    null -> null
    "text" -> call.headers["content-type"]?.let { TextContent(call.text, ContentType.parse(it)) } ?: call.text
    "bytes" -> ByteArrayContent(call.text.toByteArray())
    "json" -> TextContent(call.text, ContentType.Application.Json)
    "form" -> FormDataContent(parseQueryString(call.text))
    "multipart" -> MultiPartFormDataContent(
        formData {
            val disposition = Headers.build { append(HttpHeaders.ContentDisposition, "filename=\"a.txt\"") }
            append(FormPart("file", ChannelProvider { ByteReadChannel(call.text) }, disposition))
        },
    )
    "file" -> File.createTempFile("body", null).apply { deleteOnExit(); writeText(call.text) }.readChannel()
    "generator" -> object : OutgoingContent.WriteChannelContent() {
        override suspend fun writeTo(channel: ByteWriteChannel) =
            call.text.lines().dropLast(1).forEach { channel.writeStringUtf8("$it\n") }
    }
    "stream" -> ByteReadChannel(call.text)
    else -> error("unknown kind ${call.kind}")
}

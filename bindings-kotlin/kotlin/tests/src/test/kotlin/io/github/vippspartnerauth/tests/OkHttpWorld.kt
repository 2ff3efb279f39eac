package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Caller
import io.github.vippspartnerauth.authorize
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.io.InterruptedIOException
import okhttp3.Credentials
import okhttp3.Interceptor
import okhttp3.MediaType
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.MultipartBody
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody
import okhttp3.RequestBody.Companion.asRequestBody
import okhttp3.RequestBody.Companion.toRequestBody
import okio.Buffer
import okio.BufferedSink
import okio.source

/** Interceptors that work before come last in the list of the application's: a second try runs them again. */
internal class OkHttpWorld(caller: Caller, hooks: List<Hook>, follow: Boolean) : Client {
    private val client = OkHttpClient.Builder().authorize(caller).apply {
        hooks.forEach { if (it.isAfter) addNetworkInterceptor(interceptor(it)) else addInterceptor(interceptor(it)) }
    }.followRedirects(follow).build()

    override fun make(call: Call, abortable: (() -> Unit) -> Unit): Answer {
        val builder = client.newBuilder().followRedirects(call.follow)
        call.limit?.let { builder.callTimeout(it) }
        if (call.hasAuth) builder.authenticator { _, response ->
            response.takeIf { it.priorResponse == null }?.request?.newBuilder()
                ?.header("Authorization", Credentials.basic("anna", "secret"))?.build()
        }
        val request = Request.Builder().url(call.url).method(call.method, body(call))
        call.headers.forEach { (name, value) -> request.header(name, value) }
        call.caller?.let { request.tag(Caller::class.java, it) }
        val made = builder.build().newCall(request.build())
        abortable(made::cancel)
        if (call.abort == "before") made.cancel()
        return made.execute().use { Answer(it.code, it.body!!.string(), it::header) }
    }

    override fun family(error: Throwable) = when {
        error is InterruptedIOException -> "timeout"
        error is IOException && error.message == "Canceled" -> "aborted"
        error is IOException -> "failed"
        else -> "$error"
    }
}

private fun interceptor(hook: Hook) = Interceptor { chain ->
    val request = chain.request().newBuilder()
    hook.set.forEach { (name, value) -> request.header(name, value) }
    hook.delete.forEach(request::removeHeader)
    if (hook.changesBody) request.method(chain.request().method, changed(hook, chain.request().body!!))
    chain.proceed(request.build())
}

private fun changed(hook: Hook, body: RequestBody): RequestBody =
    hook.body(Buffer().also(body::writeTo).readUtf8()).toByteArray().toRequestBody(body.contentType())

private fun body(call: Call): RequestBody? = when (call.kind) {
    null -> if (call.method == "POST") "".toRequestBody() else null
    "text" -> call.text.toRequestBody()
    "bytes" -> call.text.toByteArray().toRequestBody()
    "json" -> call.text.toByteArray().toRequestBody("application/json".toMediaType())
    "form" -> call.text.toByteArray().toRequestBody("application/x-www-form-urlencoded".toMediaType())
    "multipart" -> MultipartBody.Builder().setType(MultipartBody.FORM).addFormDataPart("file", "a.txt", call.text.toRequestBody()).build()
    "file" -> File.createTempFile("body", null).apply { deleteOnExit(); writeText(call.text) }.asRequestBody()
    "generator" -> OneShot { sink -> call.text.lines().dropLast(1).forEach { sink.writeUtf8("$it\n").flush() } }
    "stream" -> call.text.byteInputStream().let { stream -> OneShot { it.writeAll((stream as InputStream).source()) } }
    else -> error("unknown kind ${call.kind}")
}

/** Does not say that it can be written once only, as many such bodies don't. */
private class OneShot(private val write: (BufferedSink) -> Unit) : RequestBody() {
    override fun contentType(): MediaType? = null

    override fun writeTo(sink: BufferedSink) = write(sink)
}

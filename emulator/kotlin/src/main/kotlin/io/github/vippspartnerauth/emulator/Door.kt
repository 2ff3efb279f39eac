package io.github.vippspartnerauth.emulator

import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject

/** The way to a running emulator: an operation by name, JSON in and out, over HTTP. From any thread. */
internal class Door(url: String) {
    private val base = baseOf(url)

    @Volatile
    private var isClosed = false

    fun call(operation: String, members: JsonObject): JsonObject {
        if (isClosed) throw EmulatorException("$operation: the emulator was stopped")
        val reply = send(operation, "$members")
        val told = parsed(reply.body())
        told?.let { refusal(operation, it) }?.let { throw it }
        if (reply.statusCode() == 200 && told != null) return told
        throw unknown("$operation: it answers with status ${reply.statusCode()}")
    }

    /** What answers there is something else. */
    fun unknown(why: String) = EmulatorException("$base is no vipps-emulator, or does not let this program in: $why")

    fun close() {
        isClosed = true
    }

    private fun send(operation: String, body: String): HttpResponse<String> {
        val request = HttpRequest.newBuilder(URI.create("$base$DOOR$operation")).timeout(PATIENCE)
            .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build()
        try {
            return CLIENT.send(request, BodyHandlers.ofString())
        } catch (error: IOException) {
            throw EmulatorException("$operation: the emulator at $base can't be reached: ${error.message ?: error}", error)
        } catch (error: InterruptedException) {
            Thread.currentThread().interrupt()
            throw EmulatorException("$operation: the thread was interrupted", error)
        }
    }
}

/** Every operation answers at once but those that make keys. */
private val PATIENCE = Duration.ofMinutes(2)

/** One for all emulators: its threads are daemons. Past the proxies of the JVM, which know nothing of this machine. */
private val CLIENT: HttpClient by lazy {
    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).proxy(HttpClient.Builder.NO_PROXY).build()
}

/** Without a user and password, which are nobody else's business. */
private fun baseOf(url: String): String {
    val parts = runCatching { URI(url) }.getOrNull()
    if (parts?.host == null || parts.scheme !in listOf("http", "https")) {
        throw EmulatorException("url: must begin with http:// or https:// and a host")
    }
    return "${parts.scheme}://${parts.rawAuthority.substringAfterLast('@')}"
}

internal fun parsed(text: String): JsonObject? = try {
    Json.parseToJsonElement(text) as? JsonObject
} catch (_: SerializationException) {
    null
}

package io.github.vippspartnerauth.emulator

import com.fasterxml.jackson.databind.JsonNode
import java.io.EOFException
import java.io.InputStream
import java.net.Socket
import java.net.URI

/** HTTP as it stands, on a connection of its own: `java.net.http` refuses some headers, and adds others. */
internal object Plain {
    class Reply(val status: Int, val headers: Map<String, String>, val body: String)

    fun send(baseUrl: String, request: JsonNode): Reply {
        val url = URI(baseUrl)
        val body = request["body"]?.textValue().orEmpty().toByteArray()
        val given = request["headers"].properties().associate { it.key to it.value.textValue() }
        val length = if (body.isEmpty() || given.keys.any { it.equals("content-length", true) }) emptyMap() else mapOf("Content-Length" to "${body.size}")
        val headers = mapOf("Host" to url.authority, "Connection" to "close") + length + given
        val head = listOf("${request["method"].textValue()} ${request["path"].textValue()} HTTP/1.1") + headers.map { (name, value) -> "$name: $value" }
        Socket(url.host, url.port).use { socket ->
            socket.getOutputStream().run { write(head.joinToString("\r\n", postfix = "\r\n\r\n").toByteArray() + body); flush() }
            return read(socket.getInputStream())
        }
    }

    private fun read(stream: InputStream): Reply {
        val text = String(stream.readAllBytes())
        if (text.isEmpty()) throw EOFException("no reply")
        val (head, body) = text.split("\r\n\r\n", limit = 2)
        val lines = head.split("\r\n")
        val headers = lines.drop(1).associate { it.substringBefore(':').lowercase() to it.substringAfter(':').trim() }
        return Reply(lines[0].split(' ')[1].toInt(), headers, body)
    }
}

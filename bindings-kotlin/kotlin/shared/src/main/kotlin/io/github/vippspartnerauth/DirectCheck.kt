package io.github.vippspartnerauth

import com.sun.jna.Native
import io.github.vippspartnerauth.ffi.FfiConverterTypeErrorParts
import io.github.vippspartnerauth.ffi.NamedValue
import java.nio.ByteBuffer
import java.time.Instant
import kotlin.math.abs

/**
 * The check of an ID token in one plain native call. The generated code makes five calls that carry structures, which
 * costs several times the check itself.
 *
 * @param number which check it is, to the native library
 */
internal class DirectCheck(number: () -> Long) {
    private val number by lazy(number)

    /**
     * The claims of a good token; `null` when the generated call has to say it.
     *
     * @throws VippsAuthException of the first check that failed
     */
    fun verified(jwt: String, expect: Map<String, NamedValue>): IdTokenClaims? {
        val buffer = written(jwt, expect) ?: return null
        val length = DirectCalls.vipps_partner_auth_verify(number, buffer.array(), buffer.position(), buffer.capacity())
        val outcome = ByteBuffer.wrap(buffer.array(), 0, abs(length))
        if (length < 0) throw VippsAuthException.of(FfiConverterTypeErrorParts.read(outcome))
        return if (length > 0) read(outcome) else null
    }

    private fun written(jwt: String, expect: Map<String, NamedValue>): ByteBuffer? {
        val texts = ArrayList<ByteArray>(2 * expect.size)
        for ((name, value) in expect) {
            texts += name.toByteArray()
            texts += (value as? NamedValue.Text ?: return null).text.toByteArray()
        }
        // What the encoder puts in the place of half a character. The generated call says what is wrong then.
        if (texts.any { REPLACEMENT in it }) return null
        val token = jwt.toByteArray()
        val buffer = ByteBuffer.allocate(2 * token.size + texts.sumOf { it.size } + ROOM)
        buffer.putInt(token.size).put(token)
        texts.forEach { buffer.putInt(it.size).put(it) }
        return buffer
    }

    private fun read(from: ByteBuffer): IdTokenClaims {
        fun moment() = Instant.ofEpochSecond(from.long, from.int.toLong())
        fun text() = String(ByteArray(from.int).also(from::get))
        val (issuedAt, expiresAt) = moment() to moment()
        return IdTokenClaims(text(), text(), issuedAt, expiresAt, text())
    }
}

private const val REPLACEMENT = '?'.code.toByte()

/** For the lengths and times around the texts, or for an error; without enough of it the generated call tells the error. */
private const val ROOM = 1024

@Suppress("FunctionName")
private object DirectCalls {
    init {
        // As the generated code finds it.
        val override = System.getProperty("uniffi.component.vipps_partner_auth.libraryOverride")
        Native.register(DirectCalls::class.java, override ?: "vipps_partner_auth_ffi")
    }

    @JvmStatic
    external fun vipps_partner_auth_verify(check: Long, buffer: ByteArray, length: Int, capacity: Int): Int
}

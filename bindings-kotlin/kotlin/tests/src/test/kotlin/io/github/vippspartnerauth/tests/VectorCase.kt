package io.github.vippspartnerauth.tests

import com.fasterxml.jackson.databind.DeserializationFeature
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.TextNode
import io.github.vippspartnerauth.VippsAuthException
import io.github.vippspartnerauth.emulator.Emulator
import io.github.vippspartnerauth.emulator.RecordedRequest
import io.github.vippspartnerauth.emulator.Reply
import io.github.vippspartnerauth.emulator.SigningAlg
import java.net.URLDecoder
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail

private val mapper = ObjectMapper()

/** Numbers as they stand. */
private val exact = ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)

internal fun json(text: String): JsonNode = mapper.readTree(text)

internal fun json(value: Any?): JsonNode = mapper.valueToTree(value)

/** One case: stages the replies, makes the call, compares requests and result. */
internal class VectorCase(private val case: JsonNode, private val shared: JsonNode, private val vipps: Emulator) {
    private val given = Given(resolve(case["given"]), ::resolve)
    private val steps = case["exchange"].orEmpty().map(::resolve).map { resolve(it["request"]) to resolve(it["reply"]) }

    fun run() {
        vipps.clearFailures()
        vipps.clearRequests()
        val bodies = steps.map { (_, reply) -> filledIn(reply["body"].textValue()) }
        steps.zip(bodies).forEach { (step, body) -> script(step.first["path"].textValue(), step.second, body) }
        val environment = if (steps.isEmpty()) given.text("environment") ?: "production" else vipps.baseUrl
        val outcome = runCatching { VectorCall(case["op"].textValue(), given, environment).make() }
        compareRequests(vipps.requests())
        compareResult(outcome, given.secrets() + bodies.flatMap(::tokens))
    }

    /** A text in the place of a value names a member of `shared`. */
    private fun resolve(value: JsonNode): JsonNode =
        if (value is TextNode) shared[value.textValue()] ?: fail("shared lacks ${value.textValue()}") else value

    /** The emulator can't play a token that was signed for another address, so it signs one that says the same. */
    private fun filledIn(body: String): String {
        if ("{id_token}" !in body && "{jwks}" !in body) return body.replace("{base_url}", vipps.baseUrl)
        val token = given["id_token"]?.let(::resolve)
        val claims = token?.get("claims")
        val jwt = claims?.let { minted(it, token["alg"]?.textValue()) } ?: token?.get("jwt")?.textValue().orEmpty()
        val jwks = if (claims != null) vipps.jwks() else given["jwks"]?.let(::resolve)?.toString().orEmpty()
        return body.replace("{id_token}", jwt).replace("{jwks}", jwks).replace("{base_url}", vipps.baseUrl)
    }

    private val issued = mutableMapOf<JsonNode, String>()

    private fun minted(claims: JsonNode, alg: String?) = issued.getOrPut(claims) {
        val values = claims.properties().associate { (name, value) ->
            name to exact.readValue(value.toString().replace("{base_url}", vipps.baseUrl), Any::class.java)
        }
        val left = USUAL_CLAIMS.filterNot(values::containsKey)
        vipps.mintIdToken("123456") {
            alg?.let { alg(SigningAlg.valueOf(it)) }
            claims(values).withoutClaims(left)
        }
    }

    private fun script(path: String, reply: JsonNode, body: String) {
        val headers = reply["headers"].orEmptyFields().mapValues { it.value.textValue() }
        vipps.script(path, Reply(reply["status"].intValue()).headers(headers).body(body))
    }

    private fun compareRequests(seen: List<RecordedRequest>) {
        assertEquals(steps.size, seen.size, "number of requests")
        steps.zip(seen).forEach { (step, request) -> compareRequest(step.first, request) }
    }

    private fun compareRequest(expected: JsonNode, seen: RecordedRequest) {
        known(expected, "method", "path", "headers", "absent", "body", "form")
        assertEquals(expected["method"].textValue(), seen.method)
        assertEquals(expected["path"].textValue(), seen.path + seen.query?.let { "?$it" }.orEmpty())
        fun values(name: String) = seen.headers.filter { it.name.equals(name, true) }.map { it.value }
        expected["headers"].orEmptyFields().forEach { (name, value) ->
            assertEquals(listOf(value.textValue()), values(name), name)
        }
        expected["absent"].orEmpty().forEach { assertEquals(emptyList<String>(), values(it.textValue())) }
        expected["body"]?.let { assertEquals(it.textValue(), seen.body) } ?: compareForm(expected["form"], seen.body)
    }

    private fun compareForm(expected: JsonNode, body: String) {
        val sent = form(body)
        assertEquals(expected.map { it[0].textValue() }, sent.map { it.first })
        expected.zip(sent).forEach { (field, pair) ->
            val value = field[1].textValue()
            val random = value == "{random}" && Regex("[A-Za-z0-9_-]{43}").matches(pair.second)
            assertTrue(random || value == pair.second, "$value and ${pair.second}")
        }
    }

    private fun compareResult(outcome: Result<JsonNode>, secrets: List<String>) {
        val (ok, error) = case["result"]["ok"] to case["result"]["error"]
        val failure = outcome.exceptionOrNull()
        if (error == null) return compareValues(ok, outcome.getOrThrow())
        val told = failure as? VippsAuthException ?: throw failure ?: AssertionError("no error, expected $error")
        assertTrue(error.has("code"), "an error has a code")
        error.properties().forEach { (name, value) -> assertEquals(value, property(told, name), "$name of $told") }
        val text = told.stackTraceToString()
        secrets.filter { it.length >= 8 }.forEach { assertFalse(it in text, "the error holds a secret") }
    }

    /** Of claims, those are compared that the case names; of all else, everything. */
    private fun compareValues(expected: JsonNode, made: JsonNode) {
        val claims = expected["claims"] ?: return assertEquals(plain(expected), plain(made))
        claims.properties().forEach { (name, value) -> assertEquals(value, made["claims"][name], name) }
    }

    private fun property(error: VippsAuthException, name: String): JsonNode = json(
        when (name) {
            "code" -> error.code
            "claim" -> error.claim
            "field" -> error.field
            "reason" -> error.reason
            "oauth_error" -> error.oauthError
            "trace_id" -> error.traceId
            "retry_after" -> error.retryAfter?.let { if (it.nano > 0) it.seconds + 1 else it.seconds }?.toInt()
            "has_hint" -> error.hint != null
            else -> fail("unknown property of an error: $name")
        },
    )

    private fun tokens(body: String): List<String> {
        val reply = runCatching { json(body) }.getOrNull() ?: return emptyList()
        return listOf("access_token", "id_token").mapNotNull { reply[it]?.textValue() }
    }
}

/** What the emulator says of its own accord. */
private val USUAL_CLAIMS = listOf("iss", "aud", "sub", "iat", "exp", "auth_time", "rat", "jti", "sid", "nonce", "msn")

/** Numbers of any size compare by value. */
private fun plain(node: JsonNode): Any? = mapper.readValue(node.toString(), Any::class.java)

internal fun known(node: JsonNode, vararg names: String) {
    val unknown = node.fieldNames().asSequence().filterNot(names::contains).toList()
    assertEquals(emptyList<String>(), unknown, "members that this runner does not know")
}

internal fun form(text: String): List<Pair<String, String>> = text.split('&').filter(String::isNotEmpty).map {
    URLDecoder.decode(it.substringBefore('='), "UTF-8") to URLDecoder.decode(it.substringAfter('=', ""), "UTF-8")
}

internal fun JsonNode?.orEmpty(): List<JsonNode> = this?.toList().orEmpty()

internal fun JsonNode?.orEmptyFields(): Map<String, JsonNode> =
    this?.properties()?.associate { it.key to it.value }.orEmpty()

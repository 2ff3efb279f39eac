package io.github.vippspartnerauth.emulator

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.File
import java.util.Base64
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

internal val MAPPER = ObjectMapper()
private val DESCRIPTION: JsonNode = MAPPER.readTree(File(System.getProperty("description")))

/** The vectors of the operations, which every face of the emulator runs: `tests/vectors/emulator.json`. */
class VectorsTest {
    private val cases = MAPPER.readTree(File(System.getProperty("vectors"), "emulator.json"))["cases"].toList()

    @TestFactory
    fun vectors(): List<DynamicTest> = cases.map { case ->
        dynamicTest("${case["id"].textValue()}: ${case["comment"]?.textValue().orEmpty()}") {
            Emulator.start().use { vipps ->
                val run = Run(vipps)
                case["steps"].forEach(run::step)
            }
        }
    }

    @Test
    fun `every operation has a case`() {
        val called = cases.flatMap { case -> case["steps"].mapNotNull { it["call"]?.textValue() } }.toSet()
        val known = DESCRIPTION["paths"].fieldNames().asSequence().map { it.substringAfterLast('/') }.toSet()
        assertEquals(emptySet<String>(), known - called)
    }

    @Test
    fun `a wrong expectation is found`() = Emulator.start().use { vipps ->
        val wrong = listOf(
            """{"call": "now", "input": {}, "gives": {"running": false}}""",
            """{"call": "now", "input": {}, "refused": {"code": "not_found", "member": null}}""",
            """{"call": "users", "input": {}, "gives": {"users": []}}""",
            """{"call": "advance", "input": {"seconds": -1}}""",
            """{"request": {"method": "GET", "path": "/", "headers": {}}, "reply": {"status": 503}}""",
        )
        wrong.forEach { assertThrows(AssertionError::class.java, { Run(vipps).step(MAPPER.readTree(it)) }, it) }
    }
}

/** One case at work, with what its steps have named. */
private class Run(private val vipps: Emulator) {
    private val face = Face(vipps, DESCRIPTION)
    private val named = MAPPER.createObjectNode()

    fun step(step: JsonNode) {
        val seen = if (step.has("call")) call(step) else exchange(step)
        step["as"]?.let { named.set<JsonNode>(it.textValue(), seen) }
    }

    private fun call(step: JsonNode): JsonNode? {
        val result = runCatching { face.call(step["call"].textValue(), filled(step["input"])) }
        val refused = step["refused"]
        if (refused == null) return result.getOrElse { throw AssertionError("$step", it) }.also { contains(it, step["gives"], "$step") }
        val error = result.exceptionOrNull() as? EmulatorException ?: throw AssertionError("$step gave $result")
        assertEquals(refused["code"].textValue(), "${error.code}", "$step")
        assertEquals(refused["member"]?.textValue(), error.member, "$step")
        assertTrue(error.message!!.startsWith("${step["call"].textValue()}: ") && error.rule!! in error.message!!, "$error")
        return null
    }

    private fun exchange(step: JsonNode): JsonNode? {
        val expected = filled(step["reply"])
        val reply = runCatching { Plain.send(vipps.baseUrl, filled(step["request"])) }.getOrNull()
        assertEquals(expected["dropped"]?.booleanValue() ?: false, reply == null, "$step")
        if (reply == null) return null
        assertEquals(expected["status"].intValue(), reply.status, "$step: ${reply.body}")
        expected["headers"]?.properties()?.forEach { (name, value) -> assertEquals(value.textValue(), reply.headers[name.lowercase()]) }
        val json = runCatching { MAPPER.readTree(reply.body) }.getOrNull()
        contains(json, expected["json"], "$step")
        expected["absent"]?.forEach { assertNull(json?.get(it.textValue()), "$step") }
        return MAPPER.createObjectNode().apply { set<JsonNode>("json", json) }
    }

    /** Some members; items at their place; `[]` means empty; `null` says nothing. */
    private fun contains(seen: JsonNode?, expected: JsonNode?, label: String) {
        val wanted = expected?.takeUnless { it.isNull }?.let(::filled) ?: return
        if (wanted.isObject) return wanted.properties().forEach { (name, value) -> contains(seen?.get(name), value, "$label $name") }
        if (!wanted.isArray) return assertEquals(plain(wanted), seen?.let(::plain), label)
        val isLongEnough = seen != null && seen.isArray && seen.size() >= wanted.size()
        assertTrue(isLongEnough && (wanted.size() > 0 || seen!!.isEmpty), "$label: $seen")
        wanted.forEachIndexed { at, item -> contains(seen!![at], item, label) }
    }

    /** With what earlier steps gave in the places of `{{name.member}}` and `{{b64:a:b}}`. */
    private fun filled(value: JsonNode): JsonNode = MAPPER.readTree(PLACE.replace("$value") { placed(it.groupValues[1]) })

    private fun placed(place: String): String {
        if (!place.startsWith("b64:")) return member(place)
        val pair = place.removePrefix("b64:").split(':').joinToString(":", transform = ::member)
        return Base64.getEncoder().encodeToString(pair.toByteArray())
    }

    private fun member(path: String): String = checkNotNull(named.at("/${path.replace('.', '/')}").textValue()) { "nothing is known of $path" }
}

private val PLACE = Regex("""\{\{(.*?)}}""")

/** Numbers compare by value. */
private fun plain(node: JsonNode): Any? = if (node.isNumber) node.decimalValue().stripTrailingZeros() else node

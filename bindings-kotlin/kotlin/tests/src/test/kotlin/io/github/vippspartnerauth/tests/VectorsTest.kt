package io.github.vippspartnerauth.tests

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.ObjectNode
import io.github.vippspartnerauth.emulator.Emulator
import java.io.File
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.DynamicContainer.dynamicContainer
import org.junit.jupiter.api.DynamicNode
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.TestInstance

/** The shared vectors (described in their own README), over an emulator. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VectorsTest {
    private val folder = File(System.getProperty("vectors"))
    private val index = json(File(folder, "index.json").readText())["files"]
    private val vipps = Emulator.start()
    private val executed = mutableMapOf<String, Int>()

    @TestFactory
    fun vectors(): List<DynamicNode> = index.map { entry ->
        val file = entry["file"].textValue()
        val content = json(File(folder, file).readText())
        val cases = content["cases"].map { case -> dynamicTest(case["id"].textValue()) { execute(file, content, case) } }
        dynamicContainer(file, cases)
    }

    private fun execute(file: String, content: JsonNode, case: JsonNode) {
        VectorCase(case, content["shared"] ?: json("{}"), vipps).run()
        executed.merge(file, 1, Int::plus)
    }

    @Test
    fun `no file is left out of the index`() {
        val files = folder.list { _, name -> name.endsWith(".json") && name !in setOf("index.json", "adapter.json", "emulator.json") }.orEmpty().sorted()
        assertEquals(files, index.map { it["file"].textValue() }.sorted())
    }

    @Test
    fun `a wrong expectation is found`() {
        for ((file, changed) in listOf("msn.json" to "result", "token-standard.json" to "exchange")) {
            val content = json(File(folder, file).readText())
            val case = content["cases"].first { it["result"].has("ok") }.deepCopy<ObjectNode>()
            if (changed == "result") case.withObject("/result/ok").put("msn", "another")
            if (changed == "exchange") case.withArray("exchange").removeAll()
            assertThrows(Throwable::class.java) { VectorCase(case, content["shared"] ?: json("{}"), vipps).run() }
        }
    }

    @AfterAll
    fun `every case of the index was executed`() {
        vipps.close()
        assertEquals(index.associate { it["file"].textValue() to it["cases"].intValue() }, executed)
    }
}

package io.github.vippspartnerauth.tests

import java.io.File
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.DynamicContainer.dynamicContainer
import org.junit.jupiter.api.DynamicNode
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.TestInstance

/** What every adapter of every language must do, with the real clients of this one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScenariosTest {
    private val folder = File(System.getProperty("vectors"))
    private val cases = json(File(folder, "adapter.json").readText())["cases"].toList()
    private val executed = mutableMapOf<String, Int>()
    private val adapters = mapOf(
        "OkHttp" to ClientFactory(::OkHttpWorld), "Ktor" to ClientFactory(::KtorWorld),
        "java.net.http" to ClientFactory(::JavaHttpWorld), "java.net.http, futures" to ClientFactory(::JavaHttpAsyncWorld),
    )

    @TestFactory
    fun scenarios(): List<DynamicNode> = adapters.map { (name, factory) ->
        dynamicContainer(name, cases.map { case ->
            dynamicTest("$name: ${case["id"].textValue()}") {
                Scenario(case, factory).use(Scenario::run)
                executed.merge(name, 1, Int::plus)
            }
        })
    }

    @AfterAll
    fun `every scenario of the index was executed by every adapter`() {
        val index = json(File(folder, "index.json").readText())["scenarios"]
        assertEquals(listOf("adapter.json"), index.map { it["file"].textValue() })
        val count = index[0]["cases"].intValue()
        assertEquals(adapters.mapValues { count }, executed)
    }
}

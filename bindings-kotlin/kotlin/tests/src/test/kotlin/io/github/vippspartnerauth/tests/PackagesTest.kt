package io.github.vippspartnerauth.tests

import java.io.File
import java.lang.reflect.Method
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.w3c.dom.Element

/** What is published as a whole. */
class PackagesTest {
    private val build = File(System.getProperty("vectors"), "../../bindings-kotlin/kotlin").canonicalFile

    @Test
    fun `the list of versions names every artifact that is published, at its own version`() {
        val published = modules(build).filter { it.text("packaging") != "pom" && !it.isKeptBack() }
        val names = published.map { it.text("artifactId") }.toSet()
        assertTrue("vipps-partner-auth-spring-boot-starter" in names, "$names")
        val listed = project(File(build, "bom")).elements("dependencyManagement").single().elements("dependency")
        assertEquals(names, listed.map { it.text("artifactId") }.toSet())
        assertEquals(setOf("\${project.version}"), listed.map { it.text("version") }.toSet())
    }

    @Test
    fun `each call that waits is there as a future`() {
        val types = File(build, "server/src/main/kotlin").walk().plus(File(build, "shared/src/main/kotlin").walk())
            .filter { it.extension == "kt" }.flatMap { it.readText().lines() }
            .mapNotNull { Regex("^(?:sealed )?class (\\w+)").find(it)?.groupValues?.get(1) }
            .mapNotNull { runCatching { Class.forName("io.github.vippspartnerauth.$it") }.getOrNull() }.toList()
        val waiting = types.flatMap { it.declaredMethods.filter { method -> method.name.endsWith("Blocking") } }
        assertTrue(waiting.size > 30, "$waiting")
        assertEquals(emptyList<Method>(), waiting.filterNot { it.hasFuture() })
    }

    /** A call that tells several values hands them to a listener besides. */
    private fun Method.hasFuture() = declaringClass.methods.any {
        val same = it.parameterTypes.take(parameterCount) == parameterTypes.toList()
        val more = if (returnType == Iterable::class.java) 1 else 0
        it.name == name.replace("Blocking", "Async") && same && it.parameterCount == parameterCount + more
    }

    private fun modules(folder: File): List<Element> = project(folder).elements("module").flatMap {
        val module = File(folder, it.textContent).canonicalFile
        listOf(project(module)) + modules(module)
    }

    private fun Element.isKeptBack() =
        elements("maven.deploy.skip").any { it.textContent == "true" } || text("parent", "artifactId") == "spring-boot-tests"

    private fun project(folder: File): Element =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File(folder, "pom.xml")).documentElement

    private fun Element.elements(name: String): List<Element> =
        getElementsByTagName(name).let { all -> List(all.length) { all.item(it) as Element } }

    /** Of a child, not of what lies deeper. */
    private fun Element.text(vararg path: String): String? {
        val child = (0 until childNodes.length).map(childNodes::item).filterIsInstance<Element>().find { it.tagName == path[0] }
        return if (path.size == 1) child?.textContent else child?.text(*path.drop(1).toTypedArray())
    }
}

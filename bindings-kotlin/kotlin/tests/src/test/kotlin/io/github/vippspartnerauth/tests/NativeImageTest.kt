package io.github.vippspartnerauth.tests

import com.fasterxml.jackson.databind.JsonNode
import com.sun.jna.Callback
import com.sun.jna.Library
import com.sun.jna.Structure
import io.github.vippspartnerauth.Partner
import java.lang.reflect.Modifier
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import java.util.TreeSet
import kotlin.streams.asSequence
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What a native image of GraalVM is told of: all that JNA finds by its name. No such image is built here. */
class NativeImageTest {
    private val ours = classes().filterNot { it.isAnnotation }

    @Test
    fun `each class that JNA looks into is named, and no other`() {
        val found = ours.filter { it.isOfJna() || it.hasNativeMethods() }
        assertTrue(found.size > 30, "$found")
        assertEquals(found.names(), named("reflect-config.json"))
    }

    @Test
    fun `each class with functions of the library is named, and no other`() {
        val found = ours.filter { it.hasNativeMethods() }
        assertTrue(found.any { it.simpleName == "DirectCalls" }, "$found")
        assertEquals(found.names(), named("jni-config.json"))
    }

    @Test
    fun `the library itself comes along`() {
        val pattern = metadata("resource-config.json")["resources"]["includes"].single()["pattern"].textValue().toRegex()
        val libraries = files().filter { "vipps_partner_auth_ffi" in it }
        assertTrue(libraries.isNotEmpty() && libraries.all(pattern::matches), "$libraries")
        listOf("darwin-aarch64/libvipps_partner_auth_ffi.dylib", "win32-x86-64/vipps_partner_auth_ffi.dll").forEach {
            assertTrue(pattern.matches(it), it)
        }
    }

    private fun Class<*>.isOfJna() =
        listOf(Library::class, Callback::class, Structure::class).any { it.java.isAssignableFrom(this) }

    private fun Class<*>.hasNativeMethods() = declaredMethods.any { Modifier.isNative(it.modifiers) }

    private fun List<Class<*>>.names() = mapTo(TreeSet()) { it.name }

    private fun named(file: String) = metadata(file).mapTo(TreeSet()) { it["name"].textValue() }

    private fun metadata(file: String): JsonNode {
        val place = "/META-INF/native-image/io.github.vippspartnerauth/vipps-partner-auth/$file"
        return json(Partner::class.java.getResource(place)!!.readText())
    }

    private fun classes(): List<Class<*>> = files().filter { it.startsWith("io/github/vippspartnerauth/") && it.endsWith(".class") }
        .map { Class.forName(it.removeSuffix(".class").replace('/', '.'), false, javaClass.classLoader) }

    /** In the jar, or in the folder that it is made of. */
    private fun files(): List<String> {
        val place = Path.of(Partner::class.java.protectionDomain.codeSource.location.toURI())
        if (Files.isDirectory(place)) return below(place)
        return FileSystems.newFileSystem(place).use { below(it.getPath("/")) }
    }

    private fun below(folder: Path): List<String> = Files.walk(folder).use { all ->
        all.asSequence().filter(Files::isRegularFile).map { "${folder.relativize(it)}" }.toList()
    }
}

package io.github.vippspartnerauth.tests

import com.sun.jna.Native
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.emulator.Emulator
import java.io.PrintWriter
import java.io.StringWriter
import java.nio.file.Files
import java.nio.file.Path
import java.util.spi.ToolProvider
import kotlin.reflect.KClass
import kotlinx.coroutines.CoroutineScope
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** An application of modules, with nothing on its class path. */
class ModuleTest {
    @Test
    fun `a modular application compiles and runs`(@TempDir folder: Path): Unit = Emulator.start { merchants("123456") }.use { vipps ->
        val sources = SOURCES.map { (name, text) -> "${Files.writeString(folder.resolve(name), text)}" }
        compile(listOf("-d", "$folder/out", "--module-path", MODULES) + sources)
        val run = ProcessBuilder(JAVA, "--module-path", "$folder/out:$MODULES", "--module", "com.example.shop/com.example.shop.Main")
        run.environment().putAll(vipps.environment())
        run.environment().putAll(mapOf("VIPPS_SYSTEM_NAME" to "acme", "VIPPS_SYSTEM_VERSION" to "3.1.2"))
        val process = run.redirectErrorStream(true).start()
        val told = process.inputStream.bufferedReader().readText()
        assertEquals("module com.example.shop: 123456", told.trim().lines().last(), told)
        assertEquals(0, process.waitFor())
    }

    private fun compile(arguments: List<String>) {
        val told = StringWriter()
        val writer = PrintWriter(told)
        val code = ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, *arguments.toTypedArray())
        assertEquals(0, code, "$told")
    }

    private companion object {
        val JAVA = "${System.getProperty("java.home")}/bin/java"

        val MODULES = listOf(Partner::class, Unit::class, CoroutineScope::class, Native::class).joinToString(":") { place(it) }

        val SOURCES = mapOf(
            "module-info.java" to "module com.example.shop { requires io.github.vippspartnerauth; }",
            "Main.java" to """
                package com.example.shop;

                import io.github.vippspartnerauth.Partner;

                public class Main {
                    public static void main(String[] args) throws Exception {
                        try (Partner partner = Partner.fromEnv()) {
                            String msn = partner.merchant("123456").headersBlocking().get("merchant-serial-number");
                            System.out.println(Main.class.getModule() + ": " + msn);
                        }
                    }
                }
            """,
        )

        fun place(type: KClass<*>) = "${Path.of(type.java.protectionDomain.codeSource.location.toURI())}"
    }
}

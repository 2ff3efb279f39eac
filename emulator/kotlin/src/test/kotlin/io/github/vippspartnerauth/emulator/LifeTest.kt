package io.github.vippspartnerauth.emulator

import java.io.File
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.system.exitProcess
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource

/** Nothing is left running, whatever ends the process that started it. */
class LifeTest {
    @ParameterizedTest
    @CsvSource("return,0", "exit,3", "halt,4", "throw,1", "terminate,143", "kill,137")
    fun `the end of a process ends its emulator`(way: String, code: Int) {
        val process = started(way, CLASSES)
        val (id, folder) = process.inputReader().readLine().split(' ')
        val emulator = ProcessHandle.of(id.toLong())
        // By its handle, which leaves its standard input open: the end of that would end it first.
        when (way) {
            "terminate" -> process.toHandle().destroy()
            "kill" -> process.toHandle().destroyForcibly()
        }
        assertEquals(code, process.waitFor())
        emulator.ifPresent { it.onExit().join() }
        val left = Path.of(folder).toFile()
        assertEquals(way == "halt" || way == "kill", left.exists(), "only a process that is killed can't tidy up")
        left.deleteRecursively()
    }

    @Test
    fun `neither the library nor JUnit has to be there`() {
        val absent = listOf("vipps-partner-auth", "junit", "jackson", "opentest4j")
        val others = CLASSES.filterNot { path -> File(path).let { file -> absent.any { it in "${file.parentFile?.name}/${file.name}" } } }
        assertTrue(others.size < CLASSES.size)
        val process = started("return", others)
        assertEquals(2, process.inputReader().readLine().split(' ').size)
        assertEquals(0, process.waitFor())
    }

    private fun started(way: String, classes: List<String>): Process {
        val java = Path.of(System.getProperty("java.home"), "bin", "java")
        val command = listOf("$java", "-cp", classes.joinToString(File.pathSeparator), Ending::class.java.name, way)
        return ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start()
    }

    @Test
    fun `closing ends it, and closing again does nothing`() {
        val vipps = Emulator.start()
        val process = ProcessHandle.of(vipps.processId!!).get()
        repeat(2) { vipps.close() }
        assertFalse(process.isAlive)
    }

    @Test
    fun `an interrupt does not keep it from ending`() {
        val vipps = Emulator.start()
        val process = ProcessHandle.of(vipps.processId!!).get()
        Thread.currentThread().interrupt()
        val error = runCatching { vipps.now() }.exceptionOrNull()
        vipps.close()
        assertTrue(Thread.interrupted())
        assertTrue("interrupted" in error!!.message!!)
        assertFalse(process.isAlive)
    }

    @Test
    fun `an emulator that nobody has ends`() {
        val forgotten = AtomicReference(Emulator.start())
        val process = ProcessHandle.of(forgotten.get().processId!!).get()
        forgotten.set(null)
        while (process.isAlive) {
            System.gc()
            Thread.sleep(10)
        }
        assertFalse(process.isAlive)
    }

    @Test
    fun `threads share it, and start their own`() = Emulator.start().use { vipps ->
        val threads = List(8) { number ->
            thread {
                repeat(20) { at -> vipps.addUser("47%04d%04d".format(number, at)) }
                Emulator.start().use { own -> own.addUser("4798765432") }
            }
        }
        threads.forEach(Thread::join)
        assertEquals(161, vipps.users().size)
    }
}

private val CLASSES = System.getProperty("java.class.path").split(File.pathSeparator)

/** A process that starts an emulator and ends in some way. */
object Ending {
    @JvmStatic
    fun main(words: Array<String>) {
        val vipps = Emulator.start()
        println("${vipps.processId} ${programPath().parent}")
        when (words[0]) {
            "exit" -> exitProcess(3)
            "halt" -> Runtime.getRuntime().halt(4)
            "throw" -> error("a bug of the test")
            "terminate", "kill" -> System.`in`.read()
        }
    }
}

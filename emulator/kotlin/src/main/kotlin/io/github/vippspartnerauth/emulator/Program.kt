package io.github.vippspartnerauth.emulator

import java.io.IOException
import java.io.InputStream
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlinx.serialization.json.JsonObject

/**
 * A program that was started. It ends with its standard input, which this process alone holds open: so with this process, however
 * that ends.
 */
internal class Program private constructor(private val process: Process) {
    private val complaints = Complaints(process.errorStream).apply(Thread::start)

    val id: Long get() = process.pid()

    /** Ends it, and waits until it is gone. */
    fun stop() {
        close()
        var wasInterrupted = false
        while (process.isAlive) {
            try {
                if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) process.destroyForcibly()
            } catch (_: InterruptedException) {
                wasInterrupted = true
            }
        }
        if (wasInterrupted) Thread.currentThread().interrupt()
    }

    /** Tells it to end. */
    fun close() = try {
        process.outputStream.close()
    } catch (_: IOException) {
        // It has ended already, and read nothing.
    }

    /** Hands it the options, and gives what it says once it is ready. */
    private fun begin(options: JsonObject): JsonObject {
        try {
            process.outputStream.run { write("$options\n".toByteArray()); flush() }
        } catch (_: IOException) {
            // It ended without reading, and says why.
        }
        val line = process.inputReader().use { it.readLine() }
        val told = line?.let(::parsed) ?: throw notStarted(complaints.all().ifEmpty { "exit code ${process.waitFor()}" })
        refusal("start", told)?.let { throw it }
        told.there("error")?.let { throw notStarted(it.text()) }
        complaints.passOn()
        return told
    }

    companion object {
        /** Starts it with an object of options, perhaps over a configuration file, and waits until it is ready. */
        fun start(path: Path, options: JsonObject, config: Path?): Pair<Program, JsonObject> {
            val file = if (config == null) emptyList() else listOf("--config", "$config")
            val command = listOf("$path", "--json", "--exit-with-stdin") + file + listOf("--config", "-")
            val process = try {
                ProcessBuilder(command).start()
            } catch (error: IOException) {
                throw notStarted("${error.message}", error)
            }
            val program = Program(process)
            try {
                return program to program.begin(options)
            } catch (error: Throwable) {
                program.stop()
                throw error
            }
        }
    }
}

/** How long a program that was told to end may take, in seconds, before it is killed. */
private const val PATIENCE = 10L

private fun notStarted(why: String, cause: Throwable? = null) = EmulatorException("vipps-emulator did not start: $why", cause)

/** What it complains of: first the reason why it did not start, later for whoever reads the errors of this process. */
private class Complaints(private val stream: InputStream) : Thread("vipps-emulator errors") {
    private val kept = StringBuilder()
    private var isPassedOn = false

    init {
        isDaemon = true
    }

    override fun run() = try {
        stream.bufferedReader().forEachLine(::hear)
    } catch (_: IOException) {
        // Its end closed it.
    }

    @Synchronized
    private fun hear(line: String) {
        if (isPassedOn) System.err.println(line) else kept.appendLine(line)
    }

    @Synchronized
    fun passOn() {
        System.err.print(kept)
        isPassedOn = true
    }

    /** All of it, once the program has ended. */
    fun all(): String {
        join()
        return kept.trim().toString()
    }
}

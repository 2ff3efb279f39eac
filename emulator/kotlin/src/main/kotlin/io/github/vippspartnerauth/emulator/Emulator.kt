package io.github.vippspartnerauth.emulator

import io.github.vippspartnerauth.Environment
import java.lang.ref.Cleaner
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.serialization.json.JsonObject

/**
 * An offline stand-in for the token and Login endpoints of Vipps MobilePay, for tests: same paths, bodies, types, quirks and
 * errors, over real HTTP on this machine. It is strict, and keeps every request with what was right and wrong about it.
 *
 * ```
 * Emulator.start { merchants("123456") }.use { vipps -> … }                     // Kotlin
 * try (Emulator vipps = Emulator.start(it -> it.merchants("123456"))) { … }     // Java
 * ```
 *
 * Each operation holds for the next request. It can be called from any thread, and answers at once; what the emulator does not
 * take is refused with an [EmulatorException]. A started emulator ends with [close], with this object, and with this process,
 * however that ends.
 */
class Emulator private constructor(private val door: Door, about: JsonObject, private val program: Program?) :
    Operations(), AutoCloseable {
    /** Where it is reached, such as `http://127.0.0.1:40001`. */
    val baseUrl: String = about.getValue("base_url").text()

    /** The page for a person's browser: whoever is asked to log in decides there, and it lists the requests. */
    val pageUrl: String = about.getValue("page_url").text()

    /** The emulator's version. */
    val version: String = about.getValue("version").text()

    /** The emulator as an environment for a `Partner` or an `IdTokenVerifier`. */
    val environment: Environment get() = Environment.of(baseUrl)

    private val hasWarned = AtomicBoolean()

    init {
        program?.let { CLEANER.register(this, it::close) }
    }

    /** Ends the program that was started, and waits until it is gone; leaves alone what runs elsewhere. */
    override fun close() {
        door.close()
        program?.stop()
    }

    /** Where it is reached. */
    override fun toString() = "Emulator($baseUrl)"

    /** The program's process, where it was started here. */
    internal val processId: Long? get() = program?.id

    override fun call(operation: String, options: Members, vararg members: Pair<String, Any?>): JsonObject {
        val told = door.call(operation, jsonOf(options.members() + members))
        told.there("warning")?.let { warn(it.text()) }
        return told
    }

    /** What goes wrong unnoticed in a test is logged too, once. */
    private fun warn(text: String) {
        if (hasWarned.compareAndSet(false, true)) LOGGER.log(System.Logger.Level.WARNING, text)
    }

    /** Ways to make one. */
    companion object {
        /**
         * Starts one as a process of its own; it is ready when this returns. Without a port it takes a free one.
         *
         * The program is that of the jar, or the one that the environment variable `VIPPS_EMULATOR` names.
         *
         * @param options how to start it
         * @param config a configuration file of the program, in TOML or JSON; `options` go first
         * @throws EmulatorException for options that are refused, and where the program can't be run
         */
        @JvmStatic
        @JvmOverloads
        fun start(options: EmulatorOptions = EmulatorOptions(), config: Path? = null): Emulator {
            val (program, told) = Program.start(programPath(), jsonOf(options.members()), config)
            return Emulator(Door(told.getValue("local_url").text()), told, program)
        }

        /** The same, with options as a lambda. */
        @JvmStatic
        fun start(options: Setup<EmulatorOptions>): Emulator = start(EmulatorOptions().by(options))

        /**
         * Uses one that runs already, by its address, such as one in a container. [close] leaves it running.
         *
         * @throws EmulatorException where nobody answers, or something else does
         */
        @JvmStatic
        fun connect(url: String): Emulator {
            val door = Door(url)
            val about = door.call("info", jsonOf(emptyMap()))
            val isEmulator = listOf("base_url", "page_url", "version").all { about.there(it) != null }
            return if (isEmulator) Emulator(door, about, null) else throw door.unknown("it does not say where it is")
        }
    }
}

private val CLEANER = Cleaner.create()
private val LOGGER = System.getLogger("io.github.vippspartnerauth.emulator")

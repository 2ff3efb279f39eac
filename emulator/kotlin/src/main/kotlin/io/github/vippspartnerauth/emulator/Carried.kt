// Where the program is.

package io.github.vippspartnerauth.emulator

import java.io.File
import java.nio.file.Files
import java.nio.file.Path

/** Names another program than the one that this package carries. */
private const val VARIABLE = "VIPPS_EMULATOR"

/** The program that the environment variable names, or the one for this machine in the jar. */
internal fun programPath(): Path = System.getenv(VARIABLE)?.takeIf(String::isNotEmpty)?.let(Path::of) ?: carried

private val isWindows = System.getProperty("os.name").startsWith("Windows")

/** Out of the jar into a folder of this process, once. */
private val carried: Path by lazy {
    val file = if (isWindows) "vipps-emulator.exe" else "vipps-emulator"
    val resource = "/${platform()}/$file"
    val program = Emulator::class.java.getResourceAsStream(resource) ?: throw EmulatorException(
        "vipps-emulator has no program that runs here (${platform()}): take a jar that holds $resource, or, with Rust, " +
            "`cargo install vipps-emulator`, and set $VARIABLE to where it is",
    )
    val folder = Files.createTempDirectory("vipps-emulator")
    Runtime.getRuntime().addShutdownHook(Thread { folder.toFile().deleteRecursively() })
    folder.resolve(file).also { path ->
        program.use { Files.copy(it, path) }
        path.toFile().setExecutable(true)
    }
}

/** How JNA names this machine: the library's native parts lie in folders of these names as well. */
internal fun platform(
    system: String = System.getProperty("os.name"),
    machine: String = System.getProperty("os.arch"),
): String {
    val os = when {
        system.startsWith("Windows") -> "win32"
        system.startsWith("Mac") -> "darwin"
        else -> system.lowercase()
    }
    val cpu = when (machine) {
        "amd64", "x86_64" -> "x86-64"
        "arm64" -> "aarch64"
        else -> machine
    }
    return "$os-$cpu"
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.FindingParts
import io.github.vippspartnerauth.ffi.ReportParts
import io.github.vippspartnerauth.ffi.doctorCommand
import kotlin.system.exitProcess

/**
 * The program `vipps-doctor`: is everything as it must be before the first customer comes?
 *
 * ```
 * java -cp <the class path> io.github.vippspartnerauth.Doctor --help
 * ```
 */
object Doctor {
    /** Prints the report and ends the process with its code. */
    @JvmStatic
    fun main(arguments: Array<String>) {
        val printed = native { doctorCommand(arguments.toList()) }
        print(printed.text)
        System.out.flush()
        exitProcess(printed.exitCode)
    }
}

/** How a thing is that was looked at. */
enum class DoctorOutcome {
    /** As it must be. */
    OK,

    /** It works, and somebody should look into it. */
    WARNING,

    /** It does not work, or not for long. */
    FAULT,
}

/**
 * One thing that was looked at. Holds no secret.
 *
 * @property check the stable name of what was looked at, such as `token`; the same in every language
 * @property outcome how it is
 * @property detail what was found, in plain words
 * @property cure what to do about it, where that is known
 */
class DoctorFinding internal constructor(
    val check: String,
    val outcome: DoctorOutcome,
    val detail: String,
    val cure: String?,
) {
    internal constructor(parts: FindingParts) : this(parts.check, DoctorOutcome.valueOf(parts.outcome.name), parts.detail, parts.cure)

    /** For logs; holds no secret. */
    override fun toString() = "${outcome.name.lowercase()} $check: $detail"
}

/**
 * All findings of [Partner.doctor], in the order in which they were made.
 *
 * @property version the version of this library
 * @property environment where the calls go
 * @property keys the kind of keys
 * @property outcome the worst of all findings
 * @property json the whole report as JSON
 * @property findings one for each thing that was looked at
 */
class DoctorReport internal constructor(parts: ReportParts) {
    val version: String = parts.version
    val environment: String? = parts.environment
    val keys: String? = parts.keys
    val outcome: DoctorOutcome = DoctorOutcome.valueOf(parts.outcome.name)
    val findings: List<DoctorFinding> = parts.findings.map(::DoctorFinding)
    val json: String = parts.json
    private val text = parts.text

    /** The text for people. */
    override fun toString() = text
}

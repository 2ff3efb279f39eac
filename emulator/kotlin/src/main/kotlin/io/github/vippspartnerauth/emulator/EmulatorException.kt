package io.github.vippspartnerauth.emulator

import kotlinx.serialization.json.JsonObject

/**
 * An operation, or an option of the start, was refused; or the emulator could not be started or reached. The message is the
 * emulator's own. Of what was refused nothing was applied.
 */
class EmulatorException internal constructor(
    message: String,
    cause: Throwable? = null,
    /** Why it was refused; `null` where nothing was, since the program is not there or nobody answers. */
    val code: ControlErrorKind? = null,
    /** The member that it is about, such as `replies[0].status`; `null` when it is about all of it. */
    val member: String? = null,
    /** The rule that was broken. */
    val rule: String? = null,
) : RuntimeException(message, cause)

/** What the emulator says about a refusal; `null` if it is none. Where the machine is the cause there is no code. */
internal fun refusal(operation: String, told: JsonObject): EmulatorException? {
    val error = told.there("error")?.text() ?: return null
    val code = told.there("code") ?: return null
    val (member, rule) = listOf("member", "rule").map { told.there(it)?.text() }
    return EmulatorException("$operation: $error", null, code.word<ControlErrorKind>(), member, rule)
}

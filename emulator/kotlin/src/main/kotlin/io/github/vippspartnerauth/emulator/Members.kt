package io.github.vippspartnerauth.emulator

/** One of several words, as the emulator has it: a text, or a number. */
interface Word {
    /** The word itself. */
    val word: Any
}

/** What the emulator takes as an object. */
interface Taken {
    /** Each member by its name in all languages. */
    fun members(): Map<String, Any?>
}

/**
 * What is handed to the emulator with parts left out: those have the emulator's own defaults.
 *
 * Each method sets a member and gives the same object, so that calls can be joined: `Reply(503).body("later")`.
 */
abstract class Members internal constructor() : Taken {
    private val members = LinkedHashMap<String, Any?>()

    internal fun set(name: String, value: Any) {
        members[name] = value
    }

    override fun members(): Map<String, Any?> = members.toMap()

    /** Whether the other holds the same. */
    override fun equals(other: Any?) = other is Members && other.javaClass == javaClass && other.members == members

    /** Goes with [equals]. */
    override fun hashCode() = members.hashCode()

    /** The names of what was set: some of the values are secret elsewhere. */
    override fun toString() = "${javaClass.simpleName}(${members.keys.joinToString()})"
}

/**
 * Sets what may be left out. A lambda does: in Kotlin `{ status(503) }`, in Java `it -> it.status(503)`.
 */
fun interface Setup<T> {
    /** Sets it. */
    fun T.setUp()
}

internal fun <T : Any> T.by(setup: Setup<T>): T = apply { with(setup) { setUp() } }

/** Where nothing can be left out. */
internal val NOTHING: Members = object : Members() {}

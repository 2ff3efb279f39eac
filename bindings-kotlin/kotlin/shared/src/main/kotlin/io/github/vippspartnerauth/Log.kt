package io.github.vippspartnerauth

import java.util.logging.Level
import java.util.logging.Logger

/** Where this library writes what nobody is called back for. A log that throws harms nobody. */
internal object Log {
    private const val NAME = "io.github.vippspartnerauth"

    fun debug(text: String) = quietly { sink(false, text, null) }

    fun warn(text: String, cause: Throwable? = null) = quietly { sink(true, text, cause) }

    /** Android has no `System.Logger`. */
    private val sink: (warning: Boolean, text: String, cause: Throwable?) -> Unit = try {
        val logger = System.getLogger(NAME);
        { warning, text, cause -> logger.log(if (warning) System.Logger.Level.WARNING else System.Logger.Level.DEBUG, text, cause) }
    } catch (_: LinkageError) {
        val logger = Logger.getLogger(NAME);
        { warning, text, cause -> logger.log(if (warning) Level.WARNING else Level.FINE, text, cause) }
    }

    private fun quietly(write: () -> Unit) {
        runCatching(write)
    }
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.ManualClockHandle
import java.time.Duration
import java.time.Instant

/**
 * A clock that moves only when told to, for tests of code that depends on the life of tokens.
 *
 * @param at where it stands at first
 * @param runsThroughSleeps whether waiting moves it on by its own length at once, so that nobody ever waits
 * @throws VippsAuthException.InvalidConfig for a moment before 1970
 */
class ManualClock @JvmOverloads constructor(at: Instant, runsThroughSleeps: Boolean = false) {
    internal val handle: ManualClockHandle = native { ManualClockHandle(at.sinceEpoch(), runsThroughSleeps) }

    /** Where the wall clock stands. */
    val now: Instant get() = native { handle.now() }

    /** Moves the clock on and wakes everybody who slept until then. */
    fun advance(span: Duration) = native { handle.advance(span.inSeconds()) }

    /** Sets the wall clock alone, as an administrator or a time server would. */
    fun setWall(at: Instant) = native { handle.setWall(at.sinceEpoch()) }
}

private fun Instant.sinceEpoch() = epochSecond + nano / 1e9

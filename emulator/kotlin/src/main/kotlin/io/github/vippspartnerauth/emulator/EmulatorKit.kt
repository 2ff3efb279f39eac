package io.github.vippspartnerauth.emulator

import io.github.vippspartnerauth.ManualClock
import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList

/**
 * An emulator with the library under test beside it, on one time: it stands still until [advance] moves it for both.
 *
 * Nobody waits for it: a wait of the library, such as that before another try, moves the library's clock by its length, and the
 * emulator's goes along at the next [advance] or [sync]. So poll for a login by phone number with `poll` and
 * `advance(pending.interval)`, not with `wait`.
 *
 * @param emulator the emulator, with all its operations. [close] ends it
 */
class EmulatorKit(val emulator: Emulator) : AutoCloseable {
    /** The library's clock: the setting `clock` of whatever is not made by [partner] and [merchant]. */
    val clock = ManualClock(emulator.now().now, runsThroughSleeps = true)
    private val partners = CopyOnWriteArrayList<Partner>()

    init {
        sync()
    }

    /** Where both clocks stand. */
    val now: Instant get() = clock.now

    /**
     * A partner with the emulator's keys, on this kit's clock.
     *
     * @param settings sets more
     */
    @JvmOverloads
    fun partner(settings: Setup<Settings.Builder> = Setup {}): Partner {
        val all = Settings.builder().clock(clock).by(settings).build()
        val partner = Partner(emulator.partnerKeys().forPartner(), SYSTEM, emulator.environment, all)
        return partner.also(partners::add)
    }

    /** One merchant of such a partner; unless an MSN is given, the first that the emulator lists. */
    @JvmOverloads
    fun merchant(msn: String = firstMsn()): Merchant = partner().merchant(msn)

    internal fun firstMsn(): String =
        requireNotNull(emulator.merchants().firstOrNull()) { "msn: the emulator has no merchant yet" }.msn

    /** Moves both clocks ahead. */
    fun advance(span: Duration) {
        clock.advance(span)
        sync()
    }

    /** Stops both clocks at a moment. */
    fun setTime(at: Instant) {
        clock.setWall(at)
        sync()
    }

    /** Has the emulator's clock show what the library's shows, which may have waited meanwhile. */
    fun sync() {
        emulator.setTime(clock.now)
    }

    /** Closes the partners, and ends the emulator. */
    override fun close() {
        partners.forEach(Partner::close)
        emulator.close()
    }

    /** Ways to make one. */
    companion object {
        /** Starts an emulator and sets a clock by it. */
        @JvmStatic
        @JvmOverloads
        fun start(options: EmulatorOptions = EmulatorOptions()) = EmulatorKit(Emulator.start(options))

        /** The same, with options as a lambda. */
        @JvmStatic
        fun start(options: Setup<EmulatorOptions>) = start(EmulatorOptions().by(options))
    }
}

private val SYSTEM = SystemInfo("vipps-emulator", "1")

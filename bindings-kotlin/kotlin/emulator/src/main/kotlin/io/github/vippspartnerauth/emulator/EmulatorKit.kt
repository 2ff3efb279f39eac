@file:JvmName("EmulatorKit")

package io.github.vippspartnerauth.emulator

import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.SalesUnitKeys
import io.github.vippspartnerauth.SpecializedKeys
import java.time.Duration
import java.time.Instant

/** Starts an emulator with these merchants connected to the partner. For all else there is [EmulatorOptions]. */
@JvmName("start")
fun emulatorWith(vararg merchants: String): Emulator = Emulator(EmulatorOptions(merchants = merchants.toList()))

/** The emulator as an environment for a `Partner` or an `IdTokenVerifier`. */
val Emulator.environment: Environment get() = Environment.of(baseUrl())

/** The partner's keys as they are now. */
val Emulator.partnerKeys: PartnerKeys
    get() = keysOfPartner().let {
        PartnerKeys(it.clientId, it.clientSecret, it.subscriptionKey, it.secondSubscriptionKey)
    }

/** A sales unit's own keys as they are now; `null` if there is no such sales unit. */
fun Emulator.salesUnitKeys(msn: String): SalesUnitKeys? = keysOfSalesUnit(msn)?.let {
    SalesUnitKeys(it.clientId, it.clientSecret, it.subscriptionKey, msn, it.secondSubscriptionKey)
}

/** The keys for `/miami/v1/token`. */
val Emulator.specializedKeys: SpecializedKeys
    get() = keysOfSpecialized().let { SpecializedKeys(it.clientId, it.clientSecret) }

/** Moves the emulator's clock ahead. */
fun Emulator.advance(span: Duration) = advance(span.seconds + span.nano / 1e9)

/** Stops the emulator's clock at a moment. */
fun Emulator.setTime(at: Instant) = setTime(at.epochSecond + at.nano / 1e9)

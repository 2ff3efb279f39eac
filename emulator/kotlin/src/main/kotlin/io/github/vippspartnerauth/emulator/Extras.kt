// What the emulator's values can do beside having members.

package io.github.vippspartnerauth.emulator

import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.SalesUnitKeys
import io.github.vippspartnerauth.SpecializedKeys

/** Plain keys as the library takes them. */
interface KeysExtras {
    /** See [EmulatorKeys]. */
    val clientId: String

    /** See [EmulatorKeys]. */
    val clientSecret: String

    /** See [EmulatorKeys]. */
    val subscriptionKey: String

    /** See [EmulatorKeys]. */
    val secondSubscriptionKey: String

    /** As the keys of a partner, for a `Partner`. */
    fun forPartner() = PartnerKeys(clientId, clientSecret, subscriptionKey, secondSubscriptionKey)

    /** As the own keys of this sales unit, for a `Partner`. */
    fun forSalesUnit(msn: String) = SalesUnitKeys(clientId, clientSecret, subscriptionKey, msn, secondSubscriptionKey)
}

/** Plain accounting or donations keys as the library takes them. */
interface SpecializedKeysExtras {
    /** See [EmulatorSpecializedKeys]. */
    val clientId: String

    /** See [EmulatorSpecializedKeys]. */
    val clientSecret: String

    /** For a `Partner`. */
    fun forPartner() = SpecializedKeys(clientId, clientSecret)
}

/** A request that can be asked for a header. */
interface RequestExtras {
    /** See [RecordedRequest]. */
    val headers: List<Header>

    /** The first header of that name, in any letter case. */
    fun header(name: String): String? = headers.firstOrNull { it.name.equals(name, ignoreCase = true) }?.value
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.KeysHandle

/**
 * One of the kinds of keys Vipps hands out. The type chooses the flow; there is no flag. The secrets are kept by
 * the native library and wiped when the object goes.
 */
sealed class Keys(internal val handle: KeysHandle) {
    /** The client id, which is no secret. */
    val clientId: String = native { handle.clientId() }

    /** Never a secret. */
    override fun toString(): String = "${javaClass.simpleName}(clientId=$clientId)"
}

/** Partner keys: one set for every merchant connected to the partner. They work in production only. */
class PartnerKeys private constructor(handle: KeysHandle) : Keys(handle) {
    /**
     * Keys as the partner portal shows them.
     *
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(clientId: String, clientSecret: String, subscriptionKey: String) :
        this(native { KeysHandle.partner(clientId, clientSecret, subscriptionKey, null) })

    /**
     * The same with both subscription keys of the pair.
     *
     * @param secondSubscriptionKey used when the service refuses the first
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(clientId: String, clientSecret: String, subscriptionKey: String, secondSubscriptionKey: String) :
        this(native { KeysHandle.partner(clientId, clientSecret, subscriptionKey, secondSubscriptionKey) })

    /** Ways to make one. */
    companion object {
        /**
         * Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and, if set,
         * `VIPPS_SECOND_SUBSCRIPTION_KEY`. An error names the variable that is missing, never a value.
         */
        @JvmStatic
        fun fromEnv() = PartnerKeys(native { KeysHandle.partnerFromEnv() })
    }
}

/** The keys of one sales unit, bound to its MSN: what a partner is given in the test environment. */
class SalesUnitKeys private constructor(handle: KeysHandle) : Keys(handle) {
    /**
     * Keys as the merchant portal shows them, and the MSN of the sales unit they belong to.
     *
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(clientId: String, clientSecret: String, subscriptionKey: String, msn: String) :
        this(native { KeysHandle.salesUnit(clientId, clientSecret, subscriptionKey, msn, null) })

    /**
     * The same with both subscription keys of the pair.
     *
     * @param secondSubscriptionKey used when the service refuses the first
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(
        clientId: String,
        clientSecret: String,
        subscriptionKey: String,
        msn: String,
        secondSubscriptionKey: String,
    ) : this(native { KeysHandle.salesUnit(clientId, clientSecret, subscriptionKey, msn, secondSubscriptionKey) })

    /** The sales unit that the keys belong to. */
    val msn: String = checkNotNull(native { handle.msn() })

    /** Ways to make one. */
    companion object {
        /** Reads what [PartnerKeys.fromEnv] reads, and `VIPPS_MSN`. */
        @JvmStatic
        fun fromEnv() = SalesUnitKeys(native { KeysHandle.salesUnitFromEnv() })
    }
}

/**
 * The keys of a payment service provider: one set for all its merchants, with its id on API calls and never on the token call.
 *
 * Vipps' public documents say little of them. Login and the Management API are refused with them, since none says that they
 * work there.
 */
class PspKeys private constructor(handle: KeysHandle) : Keys(handle) {
    /**
     * Keys as Vipps gave them to the PSP, and its id.
     *
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(clientId: String, clientSecret: String, subscriptionKey: String, pspId: String) :
        this(native { KeysHandle.psp(clientId, clientSecret, subscriptionKey, pspId, null) })

    /**
     * The same with both subscription keys of the pair.
     *
     * @param secondSubscriptionKey used when the service refuses the first
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(
        clientId: String,
        clientSecret: String,
        subscriptionKey: String,
        pspId: String,
        secondSubscriptionKey: String,
    ) : this(native { KeysHandle.psp(clientId, clientSecret, subscriptionKey, pspId, secondSubscriptionKey) })

    /** The id that API calls carry as `Psp-Id`. No secret. */
    val pspId: String = checkNotNull(native { handle.pspId() })

    /** Ways to make one. */
    companion object {
        /** Reads what [PartnerKeys.fromEnv] reads, and `VIPPS_PSP_ID`. */
        @JvmStatic
        fun fromEnv() = PspKeys(native { KeysHandle.pspFromEnv() })
    }
}

/** Accounting and donations keys: no subscription key, no MSN. */
class SpecializedKeys private constructor(handle: KeysHandle) : Keys(handle) {
    /**
     * Keys for the specialized flow, for whatever they open.
     *
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(clientId: String, clientSecret: String) : this(native { KeysHandle.specialized(clientId, clientSecret, null) })

    /**
     * Keys for the specialized flow.
     *
     * @param scope what to ask for, such as `donations:read`; several are separated by one space each
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    constructor(clientId: String, clientSecret: String, scope: String) :
        this(native { KeysHandle.specialized(clientId, clientSecret, scope) })

    /** Ways to make one. */
    companion object {
        /** Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET` and, if set, `VIPPS_SCOPE`. */
        @JvmStatic
        fun fromEnv() = SpecializedKeys(native { KeysHandle.specializedFromEnv() })
    }
}

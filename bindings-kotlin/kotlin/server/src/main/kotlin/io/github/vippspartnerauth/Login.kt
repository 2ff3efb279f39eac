package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.AddressParts
import io.github.vippspartnerauth.ffi.LoginHandle
import io.github.vippspartnerauth.ffi.NamedValue
import io.github.vippspartnerauth.ffi.ResultParts
import io.github.vippspartnerauth.ffi.UserinfoParts
import io.github.vippspartnerauth.ffi.marketOf
import io.github.vippspartnerauth.ffi.requestedFlowOf
import java.io.Serializable
import java.time.Instant
import java.util.concurrent.CompletableFuture

/** A country's look of the login page. */
enum class Market(internal val text: String) {
    /** Norway. */
    NORWAY("NO"),
    /** Denmark. */
    DENMARK("DK"),
    /** Finland. */
    FINLAND("FI"),
    /** Sweden. */
    SWEDEN("SE"),
    ;

    /** Ways to make one. */
    companion object {
        /**
         * Reads the two letters.
         *
         * @throws VippsAuthException.InvalidConfig field `market`, for anything else
         */
        @JvmStatic
        fun of(text: String): Market = native { marketOf(text) }.let { known -> entries.first { it.text == known } }
    }
}

/** How an app that opens the Vipps app gets the person back. */
enum class RequestedFlow(internal val text: String) {
    /** From app to app. */
    APP_TO_APP_V2("app_to_app_v2"),

    /** The older one, deprecated by Vipps. */
    APP_TO_APP("app_to_app"),

    /** Of older documents. */
    AUTOMATIC_RETURN_FROM_VIPPS_APP("automatic_return_from_vipps_app"),
    ;

    /** Ways to make one. */
    companion object {
        /**
         * Reads the value on the wire.
         *
         * @throws VippsAuthException.InvalidConfig field `requested_flow`, for anything else
         */
        @JvmStatic
        fun of(text: String): RequestedFlow =
            native { requestedFlowOf(text) }.let { known -> entries.first { it.text == known } }
    }
}

/**
 * What may differ from one login to the next.
 *
 * ```
 * LoginOptions { market(Market.NORWAY) }                        // Kotlin
 * LoginOptions.builder().market(Market.NORWAY).build()          // Java
 * ```
 */
class LoginOptions private constructor(private val values: Map<String, NamedValue>) {
    /** As Vipps does it by itself. */
    constructor() : this(emptyMap())

    internal fun values() = values

    /** For logs; holds no secret. */
    override fun toString() = "LoginOptions(${values.shown()})"

    /** Puts [LoginOptions] together. It takes no `null`, so that nothing is left out by mistake. */
    class Builder internal constructor() {
        private val values = NamedValues()

        // Generated from core/src/login/authorize.rs by `cargo run -p tests --bin make-settings`.
        /** The country whose look the login page has. Default: none; Vipps chooses. */
        fun market(market: Market) = apply { values.put("market", market.text) }

        /**
         * How sure Vipps must be of the person, such as `urn:vipps:acr:app_auth`. The ID token is refused unless its `acr` says
         * the same. Default: none.
         */
        fun acrValues(acrValues: String) = apply { values.put("acr_values", acrValues) }

        /** How a login goes that starts in an app. Default: none; the login is one of the browser. */
        fun requestedFlow(requestedFlow: RequestedFlow) = apply { values.put("requested_flow", requestedFlow.text) }

        /**
         * Where the Vipps app switches back to, with a `requestedFlow` from app to app. It must be registered as a
         * `redirect_uri` is. Default: none.
         */
        fun appCallbackUri(appCallbackUri: String) = apply { values.put("app_callback_uri", appCallbackUri) }

        /** Whether the `redirect_uri` opens an app. Default: not said, which is false for Vipps. */
        fun finalRedirectIsApp(finalRedirectIsApp: Boolean) = apply { values.put("final_redirect_is_app", finalRedirectIsApp) }
        // End of what is generated.

        /** The options so far. */
        fun build() = LoginOptions(values.toMap())
    }

    /** Ways to make one. */
    companion object {
        /** Forces the person to confirm in the Vipps app. For sales units of the advanced tier. */
        const val APP_AUTH = "urn:vipps:acr:app_auth"

        /** For Java: start here and set what differs. */
        @JvmStatic
        fun builder() = Builder()

        /** For Kotlin: `LoginOptions { market(Market.NORWAY) }`. */
        @JvmSynthetic
        operator fun invoke(set: Builder.() -> Unit): LoginOptions = Builder().apply(set).build()
    }
}

/**
 * Login in the browser for one merchant and one `redirect_uri`.
 *
 * @property redirectUri where the browser comes back to
 */
class Login internal constructor(private val handle: LoginHandle, val redirectUri: String) {
    /**
     * Makes a request for these scopes, `openid` among them. Asks Vipps where its endpoints are, at most once an hour.
     *
     * @throws VippsAuthException.InvalidConfig field `scopes`, `redirect_uri` or that of an option
     * @throws VippsAuthException.Unavailable when the endpoints can't be fetched
     */
    @JvmSynthetic
    suspend fun start(scopes: List<String>, options: LoginOptions = LoginOptions()): LoginRequest =
        LoginRequest(awaited { handle.start(scopes, options.values(), null) })

    /** [start] for callers that are not coroutines. An interrupt ends it. */
    @JvmOverloads
    @Throws(InterruptedException::class)
    fun startBlocking(scopes: List<String>, options: LoginOptions = LoginOptions()): LoginRequest =
        blocking { start(scopes, options) }

    /** [start] as a future. Cancelling it ends the wait. */
    @JvmOverloads
    fun startAsync(scopes: List<String>, options: LoginOptions = LoginOptions()): CompletableFuture<LoginRequest> =
        future { start(scopes, options) }

    /**
     * Ends a login: checks the callback, exchanges the code, checks the ID token.
     *
     * While an error is retryable the code has not been sent, so the same call may be made again; after all others start
     * a new login.
     *
     * @param callbackUrl what the browser came back with: the whole URL, or only its path and query
     * @param request what [start] gave for *this* browser session
     * @throws VippsAuthException.LoginFailed when it ended without a user, or the callback is no answer to the request
     * @throws VippsAuthException.InvalidIdToken when the ID token is not good
     */
    @JvmSynthetic
    suspend fun finish(callbackUrl: String, request: LoginRequest): LoginResult =
        LoginResult(awaited { handle.finish(callbackUrl, request.toJson(), null) })

    /** [finish] for callers that are not coroutines. An interrupt ends it, and with it the login. */
    @Throws(InterruptedException::class)
    fun finishBlocking(callbackUrl: String, request: LoginRequest): LoginResult =
        blocking { finish(callbackUrl, request) }

    /** [finish] as a future. Cancelling it ends it, and with it the login. */
    fun finishAsync(callbackUrl: String, request: LoginRequest): CompletableFuture<LoginResult> =
        future { finish(callbackUrl, request) }

    /**
     * Asks who the person is: what the login's scopes open. Possible for about ten minutes after the login.
     *
     * @throws VippsAuthException.LoginFailed reason `expired`, after that
     */
    @JvmSynthetic
    suspend fun userinfo(result: LoginResult): Userinfo = Userinfo(awaited { handle.userinfo(result.handle, null) })

    /** [userinfo] for callers that are not coroutines. An interrupt ends it. */
    @Throws(InterruptedException::class)
    fun userinfoBlocking(result: LoginResult): Userinfo = blocking { userinfo(result) }

    /** [userinfo] as a future. Cancelling it ends the wait. */
    fun userinfoAsync(result: LoginResult): CompletableFuture<Userinfo> = future { userinfo(result) }
}

/** A login that passed every check. */
class LoginResult internal constructor(parts: ResultParts) {
    internal val handle = parts.handle

    /** Who logged in: the checked claims of the ID token. */
    val claims = IdTokenClaims(parts.claims)

    /** Opens userinfo, for about ten minutes, and nothing else. */
    val accessToken = LoginToken(parts.accessToken, parts.accessTokenExpiresAt)

    /** The ID token itself, already checked. Personal data: keep it out of logs and URLs. */
    val idToken: String = parts.idToken

    /** The scopes that were granted. */
    val scopes: List<String> = parts.scopes

    /** The scopes that were asked for. */
    val askedScopes: List<String> = parts.askedScopes

    /** Those asked for and not granted: Vipps drops scopes outside the sales unit's plan without a word. */
    val missingScopes: List<String> = parts.missingScopes

    /** For logs; holds no secret. */
    override fun toString() = "LoginResult(claims=$claims, scopes=$scopes)"
}

/**
 * The access token of one login: opaque, good for userinfo only.
 *
 * @property secret the token itself, without the word `Bearer`
 * @property expiresAt until when it opens userinfo, by this machine's clock
 */
class LoginToken internal constructor(val secret: String, val expiresAt: Instant) {
    /** Never the token. */
    override fun toString() = "LoginToken(expiresAt=$expiresAt)"
}

/**
 * What a person agreed to tell this sales unit. A member that Vipps left out, or sent as another type than its documents
 * say, is `null`; all members are in [json]. [toString] shows [sub] alone: the rest is personal data. Serialisable, for
 * sessions.
 *
 * @property sub the person, as this sales unit knows them
 * @property phoneNumber digits with country code and without a plus sign
 * @property birthdate `YYYY-MM-DD`
 * @property gender `male`, `female` or `other`; `null` where the person did not tell, and in the test environment
 * @property nin national identity number, for sales units that Vipps approved for it; its form differs from country to country
 * @property delegatedConsents what the person agreed to, as JSON; only at the first login
 * @property flowResult what the person answered in a flow of the merchant's own (scope `customFlow`)
 * @property agreement the agreement that the person made (scope `agreement`), in logins from a phone number
 * @property name the whole name
 * @property givenName the first name
 * @property familyName the last name
 * @property phoneNumberVerified whether Vipps has checked the phone number
 * @property email the e-mail address
 * @property emailVerified whether Vipps has checked the e-mail address
 * @property address the person's main address
 * @property otherAddresses up to two more addresses
 */
class Userinfo internal constructor(parts: UserinfoParts) : Claims(parts.json) {
    val sub: String = parts.sub
    val name: String? = parts.name
    val givenName: String? = parts.givenName
    val familyName: String? = parts.familyName
    val phoneNumber: String? = parts.phoneNumber
    val phoneNumberVerified: Boolean? = parts.phoneNumberVerified
    val email: String? = parts.email
    val emailVerified: Boolean? = parts.emailVerified
    val birthdate: String? = parts.birthdate
    val gender: String? = parts.gender
    val nin: String? = parts.nin
    val address: Address? = parts.address?.let(::Address)
    val otherAddresses: List<Address> = parts.otherAddresses.map(::Address)
    val delegatedConsents: String? = parts.delegatedConsents
    val flowResult: FlowResult? = parts.flowResult?.let(::FlowResult)
    val agreement: Agreement? = parts.agreement?.let(::Agreement)

    /** For logs; holds no secret. */
    override fun toString() = "Userinfo(sub=$sub)"
}

/**
 * A person's address. Empty members are left out.
 *
 * @property region city or place
 * @property country two letters
 * @property formatted the whole address, in lines
 * @property addressType `home`, `work` or `other`
 * @property streetAddress street, with unit and floor in a second line
 * @property postalCode the postal code
 */
class Address internal constructor(parts: AddressParts) : Serializable {
    val streetAddress: String? = parts.streetAddress
    val postalCode: String? = parts.postalCode
    val region: String? = parts.region
    val country: String? = parts.country
    val formatted: String? = parts.formatted
    val addressType: String? = parts.addressType

    /** Nothing personal. */
    override fun toString() = "Address(***)"
}

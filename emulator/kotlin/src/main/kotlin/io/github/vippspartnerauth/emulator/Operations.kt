// Generated from emulator/openapi.json by scripts/generate.py: change that, not this.

package io.github.vippspartnerauth.emulator

import java.time.Duration
import java.time.Instant
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject

/** Below it lie the operations. */
internal const val DOOR = "/emulator/control/"

/** A merchant serial number for tests that need no special one. */
internal const val EXAMPLE_MSN = "123456"

/** Kind of address. */
enum class AddressKind(override val word: Any) : Word {
    /** `home`. */
    HOME("home"),
    /** `work`. */
    WORK("work"),
    /** `other`. */
    OTHER("other"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** State of the app. */
enum class App(override val word: Any) : Word {
    /** It can log in. */
    CURRENT("current"),
    /** Too old: `old_app` from the backchannel, `outdated_app_version` in the browser flow. */
    OUTDATED("outdated"),
    /**
     * The account is inactive or the person under 15: `invalid_user` from the backchannel, and no such user for
     * user-exists.
     */
    INACTIVE("inactive"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Name of the auth_req_id claim. */
enum class AuthReqIdName(override val word: Any) : Word {
    /** `auth_req_id`, as the documents' text has it. */
    AUTH_REQ_ID("auth_req_id"),
    /** `authReqId`, as their sample has it. */
    AUTHREQID("authReqId"),
    /** `urn:openid:params:jwt:claim:auth_req_id`, as the standard has it. */
    URN_OPENID_PARAMS_JWT_CLAIM_AUTH_REQ_ID("urn:openid:params:jwt:claim:auth_req_id"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Encoding of Basic. */
enum class BasicEncoding(override val word: Any) : Word {
    /** Raw and form-encoded alike; raw is reported where it makes a difference. */
    ANY("any"),
    /** Raw only, as Vipps' own examples have it. */
    RAW("raw"),
    /** Form-encoded only (RFC 6749 section 2.3.1), as the server behind Login's token endpoint reads it. */
    FORM("form"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Reason for a refusal. */
enum class ControlErrorKind(override val word: Any) : Word {
    /** There is no operation of that name. */
    UNKNOWN_OPERATION("unknown_operation"),
    /** A member is missing, unknown, of the wrong type or out of bounds, or it does not fit what is there. */
    INVALID_INPUT("invalid_input"),
    /** There is no such sales unit, login or person. */
    NOT_FOUND("not_found"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Discovery document. */
enum class DiscoveryDocument(override val word: Any) : Word {
    /** That of today's documents: short lists, `S256` alone. */
    NEWEST("newest"),
    /** That of older snapshots: more members, more scopes, `plain` beside `S256`. */
    OLDER("older"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Endpoint. */
enum class Endpoint(override val word: Any) : Word {
    /** `POST /accesstoken/get`, in any letter case. */
    STANDARD_TOKEN("standard_token"),
    /** `POST /miami/v1/token`. */
    SPECIALIZED_TOKEN("specialized_token"),
    /** `GET /access-management-1.0/access/.well-known/openid-configuration`. */
    DISCOVERY("discovery"),
    /** `GET /access-management-1.0/access/.well-known/jwks.json`. */
    JWKS("jwks"),
    /** `GET /access-management-1.0/access/oauth2/auth`: the start of the browser flow. */
    AUTHORIZE("authorize"),
    /** `POST /access-management-1.0/access/oauth2/token`: the end of every Login flow. */
    LOGIN_TOKEN("login_token"),
    /** `GET /vipps-userinfo-api/userinfo`, with or without a slash at the end. */
    USERINFO("userinfo"),
    /** `POST /vipps-login-ciba/api/backchannel/authentication`: the start of a login by phone number. */
    BACKCHANNEL("backchannel"),
    /** `POST /vipps-login-ciba/api/v1/user-exists`. */
    USER_EXISTS("user_exists"),
    /** `GET` and `POST` at `/epayment/v1/payments` and below: a standard API, called for one merchant. */
    PAYMENTS("payments"),
    /** `POST /access-management-1.0/access/oauth2/revoke`: ends a Login token (RFC 7009). */
    REVOCATION("revocation"),
    /**
     * `GET /management/v1/sales-units`, `/management/v1/sales-units/{msn}` and
     * `/management/v1/merchants/{scheme}/{id}/sales-units`: a standard API, called for no merchant in particular.
     */
    SALES_UNITS("sales_units"),
    /** `GET /settlement/v1/ledgers`: for specialised tokens, and for a sales unit's own. */
    LEDGERS("ledgers"),
    /**
     * `GET /donations/v1/reports/payments`: for specialised tokens with the scope `donations:read`, and for partners.
     */
    DONATIONS("donations"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Shape of an error. */
enum class ErrorShape(override val word: Any) : Word {
    /** Azure AD: `error`, `error_description`, `error_codes`, trace ids. */
    AAD("aad"),
    /** OAuth (RFC 6749 section 5.2): `error`, `error_description`. */
    OAUTH("oauth"),
    /** Azure API Management: `statusCode`, `message`. */
    APIM("apim"),
    /** The gateway's older voice: `responseInfo`, `result`. */
    GATEWAY_LEGACY("gateway_legacy"),
    /** RFC 9457 problem details. */
    PROBLEM("problem"),
    /** An array of `errorGroup`, `errorCode`, `errorMessage`. */
    ECOM_LIST("ecom_list"),
    /** An array of strings. */
    STRINGS("strings"),
    /** Plain text. */
    TEXT("text"),
    /** A web page. */
    HTML("html"),
    /** The web page of the firewall in front of all APIs, which some harmless requests meet with 403. */
    FIREWALL("firewall"),
    /** No body at all. */
    EMPTY("empty"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Number of fields. */
enum class Fields(override val word: Any) : Word {
    /** All seven of the specification. */
    SEVEN("seven"),
    /** The four of the newest documents: `token_type`, `expires_in`, `expires_on`, `access_token`. */
    FOUR("four"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Way to authenticate. */
enum class LoginAuthMethod(override val word: Any) : Word {
    /** `client_secret_basic`, the service's default; partners can act only for sales units set to it. */
    CLIENT_SECRET_BASIC("client_secret_basic"),
    /** `client_secret_post`. */
    CLIENT_SECRET_POST("client_secret_post"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Kind of login. */
enum class LoginKind(override val word: Any) : Word {
    /** Through `/oauth2/auth`. */
    BROWSER("browser"),
    /** By phone number, finished by polling. */
    BACKCHANNEL("backchannel"),
    /** By phone number, finished on a web page that the phone opens. */
    BACKCHANNEL_REDIRECT("backchannel_redirect"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Status of a login. */
enum class LoginStatus(override val word: Any) : Word {
    /** No person has decided. */
    PENDING("pending"),
    /** Approved, and not exchanged for tokens yet. */
    APPROVED("approved"),
    /** Denied, or ended with another error. */
    DENIED("denied"),
    /** Nobody decided, or nobody asked for the tokens, in time. */
    EXPIRED("expired"),
    /** Exchanged for tokens. */
    COMPLETED("completed"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Mishap. */
enum class Mishap(override val word: Any) : Word {
    /** The connection is dropped with the body unread; nothing was done. */
    DROP_BEFORE_READING("drop_before_reading"),
    /** The request is served, then the connection is dropped instead of the reply: the caller can't know. */
    DROP_AFTER_READING("drop_after_reading"),
    /** No reply until `releaseHung`; then the request is served. */
    HANG("hang"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Mode. */
enum class Mode(override val word: Any) : Word {
    /** 86,398 seconds, `ext_expires_in` `0`. The default, since partner keys exist only there. */
    PRODUCTION("production"),
    /**
     * 3,599 seconds, `ext_expires_in` the same. What the real test environment lacks still works here, and is reported.
     */
    TEST("test"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Spelling of numbers. */
enum class Numbers(override val word: Any) : Word {
    /** Strings from `/accesstoken/get`, a number from `/miami/v1/token`: what the documents show. */
    AS_DOCUMENTED("as_documented"),
    /** Strings from both. */
    STRINGS("strings"),
    /** Numbers from both. */
    NUMBERS("numbers"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Refusal of a partner's token. */
enum class PartnerTokenRefusal(override val word: Any) : Word {
    /** The server behind: 401 `invalid_client`. */
    OAUTH("oauth"),
    /** The gateway in front: 401 in the shape of Azure API Management. */
    GATEWAY("gateway"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Size of RSA keys. */
enum class RsaBits(override val word: Any) : Word {
    /** 2,048 bits: quick to make, the default. */
    _2048(2048),
    /** 3,072 bits. */
    _3072(3072),
    /** 4,096 bits, as in the documents' sample; takes seconds to make. */
    _4096(4096),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Fate of scopes outside the plan. */
enum class ScopeOutsidePlan(override val word: Any) : Word {
    /** Left out without a word, as the newest documents say; the log has it. */
    DROPPED("dropped"),
    /** `invalid_scope`, as older ones say. */
    REFUSED("refused"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Signer. */
enum class SignedBy(override val word: Any) : Word {
    /** The key that signs now. */
    CURRENT("current"),
    /** The key that was withdrawn last, under its own `kid`; if none was, one that never was published. */
    WITHDRAWN("withdrawn"),
    /** A key that never was published, under its own `kid`. */
    UNKNOWN("unknown"),
    /** A key that never was published, under the `kid` of the current one. */
    FORGER("forger"),
    /** An HMAC keyed with the current RSA public key in PEM, `alg` `HS256`. */
    PUBLIC_KEY_HMAC("public_key_hmac"),
    /** Nobody: `alg` `none`, the signature empty. */
    NOBODY("nobody"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Algorithm. */
enum class SigningAlg(override val word: Any) : Word {
    /** RSA with SHA-256, as in the browser flow. */
    RS256("RS256"),
    /** ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant. */
    ES256("ES256"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Subscription key. */
enum class SubscriptionKey(override val word: Any) : Word {
    /** The first. */
    PRIMARY("primary"),
    /** The second. */
    SECONDARY("secondary"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Kind of token. */
enum class TokenKind(override val word: Any) : Word {
    /** From `/accesstoken/get`. */
    STANDARD("standard"),
    /** From `/miami/v1/token`. */
    SPECIALIZED("specialized"),
    /**
     * From Login's token endpoint, less those of the backchannel's polling, which say 300 seconds. Opens userinfo for
     * ten minutes at most.
     */
    LOGIN("login"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** Verdict. */
enum class Verdict(override val word: Any) : Word {
    /** As the documents want it. */
    RIGHT("right"),
    /** Let through, but the documents advise against it or the service might not. */
    TOLERATED("tolerated"),
    /** The reason for which the request was refused. */
    REFUSED("refused"),
    /** Not the request's doing: a control of the emulator had its way. */
    STAGED("staged"),
    /** Not the request's doing: the person has not decided yet, said no, or let the time pass. */
    PERSON("person"),
    ;

    /** The word. */
    override fun toString() = word.toString()
}

/** A postal address. */
data class Address(
    /** Two letters. */
    val country: String,
    /** What it is to the person. */
    val kind: AddressKind,
    /** Postal code. */
    val postalCode: String,
    /** Place. */
    val region: String,
    /** Street and number; floor or flat after a line feed. */
    val streetAddress: String,
) {
    /** The same, to hand it to the emulator. */
    fun toNew(): NewAddress =
        NewAddress().country(country).kind(kind).postalCode(postalCode).region(region).streetAddress(streetAddress)

    internal companion object {
        fun of(told: JsonObject) = Address(
            country = told.getValue("country").text(),
            kind = told.getValue("kind").word<AddressKind>(),
            postalCode = told.getValue("postal_code").text(),
            region = told.getValue("region").text(),
            streetAddress = told.getValue("street_address").text(),
        )
    }
}

/** The merchant behind a sales unit, by its number in a register of businesses. */
data class Business(
    /** The register, such as `NO:ORG`. */
    val scheme: String,
    /** The number in it. */
    val id: String,
) : Taken {
    override fun members() = mapOf<String, Any?>("scheme" to scheme, "id" to id)

    internal companion object {
        fun of(told: JsonObject) = Business(
            scheme = told.getValue("scheme").text(),
            id = told.getValue("id").text(),
        )
    }
}

/** One thing to say about a request. Holds no secret. */
data class Finding(
    /** What the check came to. */
    val verdict: Verdict,
    /** The header, field or part of the request. */
    val about: String,
    /** What was right, or what was wrong and how to mend it. */
    val text: String,
) {
    internal companion object {
        fun of(told: JsonObject) = Finding(
            verdict = told.getValue("verdict").word<Verdict>(),
            about = told.getValue("about").text(),
            text = told.getValue("text").text(),
        )
    }
}

/** A header of a request or a reply. */
data class Header(
    /** In lower case. */
    val name: String,
    /** As it came. */
    val value: String,
) {
    /** Without what is secret elsewhere. */
    override fun toString() =
        "Header(name=$name)"

    internal companion object {
        fun of(told: JsonObject) = Header(
            name = told.getValue("name").text(),
            value = told.getValue("value").text(),
        )
    }
}

/** Where an emulator is and what it imitates. */
data class EmulatorInfo(
    /** The emulator's version. */
    val version: String,
    /** Where it is reached, without a slash at the end. */
    val baseUrl: String,
    /** The page for a person's browser. */
    val pageUrl: String,
    /** Which environment's lifetimes a standard token gets. */
    val mode: Mode,
) {
    internal companion object {
        fun of(told: JsonObject) = EmulatorInfo(
            version = told.getValue("version").text(),
            baseUrl = told.getValue("base_url").text(),
            pageUrl = told.getValue("page_url").text(),
            mode = told.getValue("mode").word<Mode>(),
        )
    }
}

/** The keys of a partner or of a sales unit. */
data class EmulatorKeys(
    /** A GUID. */
    override val clientId: String,
    /** Base64-looking text. */
    override val clientSecret: String,
    /** The secondary one, as good as the first. */
    override val secondSubscriptionKey: String,
    /** The primary subscription key. */
    override val subscriptionKey: String,
) : KeysExtras {
    /** The same, to hand it to the emulator. */
    fun toNew(): NewKeys =
        NewKeys().clientId(clientId).clientSecret(clientSecret).secondSubscriptionKey(secondSubscriptionKey).subscriptionKey(subscriptionKey)

    /** Without what is secret elsewhere. */
    override fun toString() =
        "EmulatorKeys(clientId=$clientId)"

    internal companion object {
        fun of(told: JsonObject) = EmulatorKeys(
            clientId = told.getValue("client_id").text(),
            clientSecret = told.getValue("client_secret").text(),
            secondSubscriptionKey = told.getValue("second_subscription_key").text(),
            subscriptionKey = told.getValue("subscription_key").text(),
        )
    }
}

/** A sales unit and how it is set up. */
data class EmulatorMerchant(
    /** Its merchant serial number. */
    val msn: String,
    /** What the person reads. */
    val name: String,
    /** Whether the partner may act for it. */
    val connected: Boolean,
    /** Whether it is not deactivated. */
    val active: Boolean,
    /** The merchant behind it. */
    val business: Business,
    /** How its own keys authenticate at Login. */
    val loginAuthMethod: LoginAuthMethod,
    /** The scopes in its plan. */
    val loginScopes: List<String>,
    /** Whether it is in Login's advanced tier. */
    val loginAdvancedTier: Boolean,
    /** What it registered. */
    val redirectUris: List<String>,
) {
    internal companion object {
        fun of(told: JsonObject) = EmulatorMerchant(
            msn = told.getValue("msn").text(),
            name = told.getValue("name").text(),
            connected = told.getValue("connected").bool(),
            active = told.getValue("active").bool(),
            business = Business.of(told.getValue("business").jsonObject),
            loginAuthMethod = told.getValue("login_auth_method").word<LoginAuthMethod>(),
            loginScopes = told.getValue("login_scopes").list { it.text() },
            loginAdvancedTier = told.getValue("login_advanced_tier").bool(),
            redirectUris = told.getValue("redirect_uris").list { it.text() },
        )
    }
}

/** The emulator's clock. */
data class EmulatorTime(
    /** The emulator's time. */
    val now: Instant,
    /** Whether its clock runs. */
    val running: Boolean,
    /**
     * What the log has that shows that only this clock was moved, and not the caller's; `null` as long as nothing does.
     */
    val warning: String?,
) {
    internal companion object {
        fun of(told: JsonObject) = EmulatorTime(
            now = told.getValue("now").moment(),
            running = told.getValue("running").bool(),
            warning = told.there("warning")?.let { it.text() },
        )
    }
}

/** A login as a person and the controls see it. Holds no code and no token. */
data class RecordedLogin(
    /** What the controls name it by; the `auth_req_id` in both backchannel flows. */
    val id: String,
    /** Which flow it takes. */
    val kind: LoginKind,
    /** The sales unit that asks. */
    val msn: String,
    /** The sales unit's name, as the person reads it. */
    val merchant: String,
    /** The scopes that are granted when the person approves. */
    val scopes: List<String>,
    /** When it was started, on the emulator's clock. */
    val startedAt: Instant,
    /** From when it can no longer be decided. */
    val expiresAt: Instant,
    /** How far it has come. */
    val status: LoginStatus,
    /** What both screens show, in the backchannel flows. */
    val bindingMessage: String?,
    /** Who was asked (backchannel) or who approved (browser). */
    val msisdn: String?,
) {
    internal companion object {
        fun of(told: JsonObject) = RecordedLogin(
            id = told.getValue("id").text(),
            kind = told.getValue("kind").word<LoginKind>(),
            msn = told.getValue("msn").text(),
            merchant = told.getValue("merchant").text(),
            scopes = told.getValue("scopes").list { it.text() },
            startedAt = told.getValue("started_at").moment(),
            expiresAt = told.getValue("expires_at").moment(),
            status = told.getValue("status").word<LoginStatus>(),
            bindingMessage = told.there("binding_message")?.let { it.text() },
            msisdn = told.there("msisdn")?.let { it.text() },
        )
    }
}

/** A webhook event that the emulator posted. */
data class RecordedPing(
    /** The login that was decided. */
    val authReqId: String,
    /** Where it went. */
    val url: String,
    /** When the login was decided, on the emulator's clock. */
    val at: Instant,
    /** Whether it was signed. */
    val signed: Boolean,
    /** Why there was no reply; `null` as long as that may change. */
    val failure: String?,
    /** The status of the reply; `null` as long as there is none. */
    val status: Int?,
) {
    internal companion object {
        fun of(told: JsonObject) = RecordedPing(
            authReqId = told.getValue("auth_req_id").text(),
            url = told.getValue("url").text(),
            at = told.getValue("at").moment(),
            signed = told.getValue("signed").bool(),
            failure = told.there("failure")?.let { it.text() },
            status = told.there("status")?.let { it.long().toInt() },
        )
    }
}

/** A request as it arrived, and what became of it. */
data class RecordedRequest(
    /** Counts up from 1 over the emulator's life. */
    val id: Long,
    /** When it arrived, on the emulator's clock. */
    val at: Instant,
    /** `GET`, `POST`, … */
    val method: String,
    /** As sent. */
    val path: String,
    /** In order of arrival; the same name may come twice. */
    override val headers: List<Header>,
    /** As text; what is not UTF-8 is replaced. */
    val body: String,
    /** The headers of the reply. */
    val replyHeaders: List<Header>,
    /** The body of the reply, as text. */
    val replyBody: String,
    /** What was right and wrong. */
    val findings: List<Finding>,
    /** The body in base64, where it is not UTF-8. */
    val bodyBase64: String?,
    /** What followed the question mark. */
    val query: String?,
    /** The reply's; `null` while it is outstanding and when the connection was dropped. */
    val status: Int?,
) : RequestExtras {
    /** Without what is secret elsewhere. */
    override fun toString() =
        "RecordedRequest(id=$id, at=$at, method=$method, path=$path, headers=$headers, replyHeaders=$replyHeaders, findings=$findings, status=$status)"

    internal companion object {
        fun of(told: JsonObject) = RecordedRequest(
            id = told.getValue("id").long(),
            at = told.getValue("at").moment(),
            method = told.getValue("method").text(),
            path = told.getValue("path").text(),
            headers = told.getValue("headers").list { Header.of(it.jsonObject) },
            body = told.getValue("body").text(),
            replyHeaders = told.getValue("reply_headers").list { Header.of(it.jsonObject) },
            replyBody = told.getValue("reply_body").text(),
            findings = told.getValue("findings").list { Finding.of(it.jsonObject) },
            bodyBase64 = told.there("body_base64")?.let { it.text() },
            query = told.there("query")?.let { it.text() },
            status = told.there("status")?.let { it.long().toInt() },
        )
    }
}

/** Accounting or donations keys, for `/miami/v1/token`. */
data class EmulatorSpecializedKeys(
    /** Free text without a colon. */
    override val clientId: String,
    /** Base64-looking text. */
    override val clientSecret: String,
    /** The scopes these keys may ask for. */
    val scopes: List<String>,
) : SpecializedKeysExtras {
    /** The same, to hand it to the emulator. */
    fun toNew(): NewSpecializedKeys =
        NewSpecializedKeys().clientId(clientId).clientSecret(clientSecret).scopes(scopes)

    /** Without what is secret elsewhere. */
    override fun toString() =
        "EmulatorSpecializedKeys(clientId=$clientId, scopes=$scopes)"

    internal companion object {
        fun of(told: JsonObject) = EmulatorSpecializedKeys(
            clientId = told.getValue("client_id").text(),
            clientSecret = told.getValue("client_secret").text(),
            scopes = told.getValue("scopes").list { it.text() },
        )
    }
}

/** A person with a phone. All of it is invented; what is left out is as Kari Fixture has it. */
data class User(
    /** The phone number: 8 to 15 digits with country code, no `+`. It names the person in all controls. */
    val msisdn: String,
    /** The first one is the claim `address`, the others are `other_addresses`. None at all is possible. */
    val addresses: List<Address>,
    /** The claim `agreement`, for logins by phone number with that scope; invented by default. */
    val agreement: Any?,
    /** The state of the Vipps app on the phone. */
    val app: App,
    /** `YYYY-MM-DD`. */
    val birthdate: String,
    /** What `urn:customer-token:` in a login hint may name the person by. */
    val customerToken: String?,
    /** E-mail address. */
    val email: String,
    /** Whether the address is verified: always in production. */
    val emailVerified: Boolean,
    /** Last name. */
    val familyName: String,
    /** The claim `flowResult`, for logins with the scope `customFlow`; invented by default. */
    val flowResult: Any?,
    /** Free text; in test mode the service has no such claim. */
    val gender: String?,
    /** First name. */
    val givenName: String,
    /** More claims for userinfo, whatever the scopes. */
    val moreClaims: Map<String, Any?>,
    /** National identity number; sales units need an approval for it. */
    val nin: String?,
    /**
     * What the person's `sub` at each sales unit is derived from; the phone number by default. Set it to the old number
     * when the number changes, and the `sub` stays, as it does with the service.
     */
    val person: String?,
) {
    internal companion object {
        fun of(told: JsonObject) = User(
            msisdn = told.getValue("msisdn").text(),
            addresses = told.getValue("addresses").list { Address.of(it.jsonObject) },
            agreement = told.there("agreement")?.let { it.plain() },
            app = told.getValue("app").word<App>(),
            birthdate = told.getValue("birthdate").text(),
            customerToken = told.there("customer_token")?.let { it.text() },
            email = told.getValue("email").text(),
            emailVerified = told.getValue("email_verified").bool(),
            familyName = told.getValue("family_name").text(),
            flowResult = told.there("flow_result")?.let { it.plain() },
            gender = told.there("gender")?.let { it.text() },
            givenName = told.getValue("given_name").text(),
            moreClaims = told.getValue("more_claims").byName(JsonElement::plain),
            nin = told.there("nin")?.let { it.text() },
            person = told.there("person")?.let { it.text() },
        )
    }
}

/** A postal address. */
class NewAddress : Members() {
    /** Two letters. */
    fun country(country: String) = apply { set("country", country) }

    /** What it is to the person. */
    fun kind(kind: AddressKind) = apply { set("kind", kind) }

    /** Postal code. */
    fun postalCode(postalCode: String) = apply { set("postal_code", postalCode) }

    /** Place. */
    fun region(region: String) = apply { set("region", region) }

    /** Street and number; floor or flat after a line feed. */
    fun streetAddress(streetAddress: String) = apply { set("street_address", streetAddress) }
}

/** The keys of a partner or of a sales unit. */
class NewKeys : Members() {
    /** A GUID. */
    fun clientId(clientId: String) = apply { set("client_id", clientId) }

    /** Base64-looking text. */
    fun clientSecret(clientSecret: String) = apply { set("client_secret", clientSecret) }

    /** The secondary one, as good as the first. */
    fun secondSubscriptionKey(secondSubscriptionKey: String) = apply { set("second_subscription_key", secondSubscriptionKey) }

    /** The primary subscription key. */
    fun subscriptionKey(subscriptionKey: String) = apply { set("subscription_key", subscriptionKey) }
}

/** How to start the emulator. */
class EmulatorOptions : Members() {
    /**
     * Whether what the documents forbid, but the service may forgive, is let through and reported instead of refused.
     */
    fun forgiving(forgiving: Boolean) = apply { set("forgiving", forgiving) }

    /**
     * A file that keeps keys from one start to the next: what would be invented, and the keys that sign ID tokens. Made
     * when it is not there. By default nothing is kept.
     */
    fun keysFile(keysFile: String) = apply { set("keys_file", keysFile) }

    /**
     * The address to listen at; 127.0.0.1 by default. With any other than a loopback address everybody who can reach
     * this machine can read all keys and decide all logins: for containers and phones in a network of your own.
     */
    fun listen(listen: String) = apply { set("listen", listen) }

    /** Sales units that exist and are connected to the partner from the start. */
    fun merchants(merchants: List<String>) = apply { set("merchants", merchants) }

    /** Sales units that exist and are connected to the partner from the start. */
    fun merchants(vararg merchants: String) = merchants(merchants.asList())

    /** Which of the two environments to imitate; decides how long standard tokens live. */
    fun mode(mode: Mode) = apply { set("mode", mode) }

    /** The partner keys; invented by default. */
    fun partnerKeys(partnerKeys: NewKeys) = apply { set("partner_keys", partnerKeys) }

    /** The port; 0 takes a free one. */
    fun port(port: Int) = apply { set("port", port) }

    /**
     * How it is reached from outside, such as `https://api.vipps.no` behind a proxy that ends TLS, or
     * `http://vipps:8585` among containers: scheme, host and port, no path. Issuer, discovery, `iss`, redirects and
     * links name it, and its host is admitted to the page and the controls. By default where it listens.
     */
    fun publicUrl(publicUrl: String) = apply { set("public_url", publicUrl) }

    /** The size of the RSA keys that sign ID tokens. */
    fun rsaBits(rsaBits: RsaBits) = apply { set("rsa_bits", rsaBits) }

    /** The keys for `/miami/v1/token`; invented by default. */
    fun specializedKeys(specializedKeys: NewSpecializedKeys) = apply { set("specialized_keys", specializedKeys) }
}

/** A reply, as it is to be sent. */
class Reply(status: Int) : Members() {
    init {
        set("status", status)
    }

    /** The body; empty by default. */
    fun body(body: String) = apply { set("body", body) }

    /** Headers by name. */
    fun headers(headers: Map<String, String>) = apply { set("headers", headers) }
}

/** Accounting or donations keys, for `/miami/v1/token`. */
class NewSpecializedKeys : Members() {
    /** Free text without a colon. */
    fun clientId(clientId: String) = apply { set("client_id", clientId) }

    /** Base64-looking text. */
    fun clientSecret(clientSecret: String) = apply { set("client_secret", clientSecret) }

    /** The scopes these keys may ask for. */
    fun scopes(scopes: List<String>) = apply { set("scopes", scopes) }

    /** The scopes these keys may ask for. */
    fun scopes(vararg scopes: String) = scopes(scopes.asList())
}

/**
 * What may be left out of [Operations.addMerchant]. A sales unit as it is to be; what is left out stays as it is, or is
 * invented for a new one.
 */
class AddMerchantOptions internal constructor() : Members() {
    /** The merchant behind it, by its number in a register of businesses; invented by default. */
    fun business(business: Business) = apply { set("business", business) }

    /** Its own keys; parts that are left out are invented. */
    fun keys(keys: NewKeys) = apply { set("keys", keys) }

    /** Whether it is in Login's advanced tier; yes by default. */
    fun loginAdvancedTier(loginAdvancedTier: Boolean) = apply { set("login_advanced_tier", loginAdvancedTier) }

    /** How its own keys authenticate at Login; Basic by default. */
    fun loginAuthMethod(loginAuthMethod: LoginAuthMethod) = apply { set("login_auth_method", loginAuthMethod) }

    /** The scopes in its plan; by default all there are. */
    fun loginScopes(loginScopes: List<String>) = apply { set("login_scopes", loginScopes) }

    /** The scopes in its plan; by default all there are. */
    fun loginScopes(vararg loginScopes: String) = loginScopes(loginScopes.asList())

    /** The name that the person reads; `Merchant` and the MSN by default. */
    fun name(name: String) = apply { set("name", name) }

    /** Redirect URIs to register, beside those that are registered already. */
    fun redirectUris(redirectUris: List<String>) = apply { set("redirect_uris", redirectUris) }

    /** Redirect URIs to register, beside those that are registered already. */
    fun redirectUris(vararg redirectUris: String) = redirectUris(redirectUris.asList())
}

/**
 * What may be left out of [Operations.addUser]. A person with a phone. All of it is invented; what is left out is as
 * Kari Fixture has it.
 */
class AddUserOptions internal constructor() : Members() {
    /** The first one is the claim `address`, the others are `other_addresses`. None at all is possible. */
    fun addresses(addresses: List<NewAddress>) = apply { set("addresses", addresses) }

    /** The first one is the claim `address`, the others are `other_addresses`. None at all is possible. */
    fun addresses(vararg addresses: NewAddress) = addresses(addresses.asList())

    /** The claim `agreement`, for logins by phone number with that scope; invented by default. */
    fun agreement(agreement: Any) = apply { set("agreement", agreement) }

    /** The state of the Vipps app on the phone. */
    fun app(app: App) = apply { set("app", app) }

    /** `YYYY-MM-DD`. */
    fun birthdate(birthdate: String) = apply { set("birthdate", birthdate) }

    /** What `urn:customer-token:` in a login hint may name the person by. */
    fun customerToken(customerToken: String) = apply { set("customer_token", customerToken) }

    /** E-mail address. */
    fun email(email: String) = apply { set("email", email) }

    /** Whether the address is verified: always in production. */
    fun emailVerified(emailVerified: Boolean) = apply { set("email_verified", emailVerified) }

    /** Last name. */
    fun familyName(familyName: String) = apply { set("family_name", familyName) }

    /** The claim `flowResult`, for logins with the scope `customFlow`; invented by default. */
    fun flowResult(flowResult: Any) = apply { set("flow_result", flowResult) }

    /** Free text; in test mode the service has no such claim. */
    fun gender(gender: String) = apply { set("gender", gender) }

    /** First name. */
    fun givenName(givenName: String) = apply { set("given_name", givenName) }

    /** More claims for userinfo, whatever the scopes. */
    fun moreClaims(moreClaims: Map<String, Any?>) = apply { set("more_claims", moreClaims) }

    /** National identity number; sales units need an approval for it. */
    fun nin(nin: String) = apply { set("nin", nin) }

    /**
     * What the person's `sub` at each sales unit is derived from; the phone number by default. Set it to the old number
     * when the number changes, and the `sub` stays, as it does with the service.
     */
    fun person(person: String) = apply { set("person", person) }
}

/** What may be left out of [Operations.bendNextIdToken]. What is changed about the next ID token of a login. */
class BendNextIdTokenOptions internal constructor() : Members() {
    /** The access token that came along, from which `at_hash` is computed. */
    fun accessToken(accessToken: String) = apply { set("access_token", accessToken) }

    /** The authentication context. */
    fun acr(acr: String) = apply { set("acr", acr) }

    /** The algorithm, and with it which of the two current keys signs. */
    fun alg(alg: SigningAlg) = apply { set("alg", alg) }

    /** The id of the backchannel request, by the name of its claim; several names at once are possible. */
    fun authReqId(authReqId: Map<String, String>) = apply { set("auth_req_id", authReqId) }

    /** Any claims with any values, also over what the other members say. */
    fun claims(claims: Map<String, Any?>) = apply { set("claims", claims) }

    /** Any members of the header with any values. */
    fun header(header: Map<String, Any?>) = apply { set("header", header) }

    /** How long the token is valid from now; an hour by default. */
    fun lifetime(lifetime: Duration) = apply { set("lifetime", lifetime) }

    /** The `nonce`. */
    fun nonce(nonce: String) = apply { set("nonce", nonce) }

    /** Who signs. */
    fun signedBy(signedBy: SignedBy) = apply { set("signed_by", signedBy) }

    /** The person; by default the one who logged in, or Kari Fixture. */
    fun subject(subject: String) = apply { set("subject", subject) }

    /** Claims to leave out. */
    fun withoutClaims(withoutClaims: List<String>) = apply { set("without_claims", withoutClaims) }

    /** Claims to leave out. */
    fun withoutClaims(vararg withoutClaims: String) = withoutClaims(withoutClaims.asList())

    /** Members of the header to leave out. */
    fun withoutHeader(withoutHeader: List<String>) = apply { set("without_header", withoutHeader) }

    /** Members of the header to leave out. */
    fun withoutHeader(vararg withoutHeader: String) = withoutHeader(withoutHeader.asList())
}

/** What may be left out of [Operations.discovery]. */
class DiscoveryOptions internal constructor() : Members() {
    /** Which document; the newest by default. */
    fun document(document: DiscoveryDocument) = apply { set("document", document) }

    /** Whether it names the `revocation_endpoint`; yes by default. */
    fun revocation(revocation: Boolean) = apply { set("revocation", revocation) }
}

/** What may be left out of [Operations.failNext]. Exactly one of `status`, `kind` and `delay` says what happens. */
class FailNextOptions internal constructor() : Members() {
    /** The request is served after this much real time. */
    fun delay(delay: Duration) = apply { set("delay", delay) }

    /** The OAuth error code, with `status`, in the shapes that have one. */
    fun error(error: String) = apply { set("error", error) }

    /** Something worse than an error reply. */
    fun kind(kind: Mishap) = apply { set("kind", kind) }

    /** The `Retry-After` header, with `status`: seconds or an HTTP date. */
    fun retryAfter(retryAfter: Long) = apply { set("retry_after", retryAfter) }

    /** The `Retry-After` header, with `status`: seconds or an HTTP date. */
    fun retryAfter(retryAfter: String) = apply { set("retry_after", retryAfter) }

    /** The shape of the error's body, with `status`; `apim` by default. */
    fun shape(shape: ErrorShape) = apply { set("shape", shape) }

    /** An error reply with this HTTP status; nothing is done. */
    fun status(status: Int) = apply { set("status", status) }

    /** How many of them; one by default. */
    fun times(times: Int) = apply { set("times", times) }
}

/** What may be left out of [Operations.mintIdToken]. An ID token for a sales unit, good except for what you change. */
class MintIdTokenOptions internal constructor() : Members() {
    /** The access token that came along, from which `at_hash` is computed. */
    fun accessToken(accessToken: String) = apply { set("access_token", accessToken) }

    /** The authentication context. */
    fun acr(acr: String) = apply { set("acr", acr) }

    /** The algorithm, and with it which of the two current keys signs. */
    fun alg(alg: SigningAlg) = apply { set("alg", alg) }

    /** The id of the backchannel request, by the name of its claim; several names at once are possible. */
    fun authReqId(authReqId: Map<String, String>) = apply { set("auth_req_id", authReqId) }

    /** Any claims with any values, also over what the other members say. */
    fun claims(claims: Map<String, Any?>) = apply { set("claims", claims) }

    /** Any members of the header with any values. */
    fun header(header: Map<String, Any?>) = apply { set("header", header) }

    /** How long the token is valid from now; an hour by default. */
    fun lifetime(lifetime: Duration) = apply { set("lifetime", lifetime) }

    /** The `nonce`. */
    fun nonce(nonce: String) = apply { set("nonce", nonce) }

    /** Who signs. */
    fun signedBy(signedBy: SignedBy) = apply { set("signed_by", signedBy) }

    /** The person; by default the one who logged in, or Kari Fixture. */
    fun subject(subject: String) = apply { set("subject", subject) }

    /** Claims to leave out. */
    fun withoutClaims(withoutClaims: List<String>) = apply { set("without_claims", withoutClaims) }

    /** Claims to leave out. */
    fun withoutClaims(vararg withoutClaims: String) = withoutClaims(withoutClaims.asList())

    /** Members of the header to leave out. */
    fun withoutHeader(withoutHeader: List<String>) = apply { set("without_header", withoutHeader) }

    /** Members of the header to leave out. */
    fun withoutHeader(vararg withoutHeader: String) = withoutHeader(withoutHeader.asList())
}

/** What may be left out of [Operations.pingUrl]. */
class PingUrlOptions internal constructor() : Members() {
    /** The secret of the registration; without it pings are not signed. */
    fun secret(secret: String) = apply { set("secret", secret) }

    /** Where pings go; `null` or nothing ends them. */
    fun url(url: String) = apply { set("url", url) }

    /** The id of the registration; invented by default. */
    fun webhookId(webhookId: String) = apply { set("webhook_id", webhookId) }

    /** Whether the body names the merchant, as for a registration without an MSN. */
    fun wholePartner(wholePartner: Boolean) = apply { set("whole_partner", wholePartner) }
}

/** Every control and every reading of a running emulator: one method for each operation of its door. */
abstract class Operations internal constructor() {
    internal abstract fun call(operation: String, options: Members, vararg members: Pair<String, Any?>): JsonObject

    private fun call(operation: String, vararg members: Pair<String, Any?>) = call(operation, NOTHING, *members)

    /**
     * Whether `/miami/v1/token` takes form-encoded parts beside raw ones: `basicEncoding` with `any`, or `raw` when
     * off.
     * @param on On by default.
     */
    @JvmOverloads
    fun acceptFormEncodedBasic(on: Boolean? = null) {
        call("accept_form_encoded_basic", "on" to on)
    }

    /**
     * Adds a sales unit that is connected to the partner, or changes, connects and activates one that is there. Gives
     * its keys.
     * @param msn Its merchant serial number.
     * @param options sets what may be left out
     * @return The keys of a partner or of a sales unit.
     */
    @JvmOverloads
    fun addMerchant(msn: String, options: Setup<AddMerchantOptions> = Setup {}): EmulatorKeys =
        EmulatorKeys.of(call("add_merchant", AddMerchantOptions().by(options), "msn" to msn))

    /**
     * Adds a person, or replaces the one with this phone number. What is left out is as Kari Fixture has it.
     * @param msisdn The phone number: 8 to 15 digits with country code, no `+`. It names the person in all controls.
     * @param options sets what may be left out
     */
    @JvmOverloads
    fun addUser(msisdn: String, options: Setup<AddUserOptions> = Setup {}) {
        call("add_user", AddUserOptions().by(options), "msisdn" to msisdn)
    }

    /**
     * Moves the emulator's clock ahead.
     * @param span How far.
     * @return The emulator's clock.
     */
    fun advance(span: Duration): EmulatorTime =
        EmulatorTime.of(call("advance", "seconds" to span))

    /**
     * A person approves a login.
     * @param id The login.
     * @param msisdn Who approves; by default who was asked, or in the browser flow the first person there is.
     * @return What the person's browser opens next; `null` when the login ends by polling.
     */
    @JvmOverloads
    fun approve(id: String, msisdn: String? = null): String? =
        call("approve", "id" to id, "msisdn" to msisdn).there("url")?.let { it.text() }

    /** A person decides again. */
    fun askPerson() {
        call("ask_person")
    }

    /**
     * Under which name ID tokens of the backchannel's redirect variant carry the id of the request.
     * @param name The claim's name.
     */
    fun authReqIdName(name: AuthReqIdName) {
        call("auth_req_id_name", "name" to name)
    }

    /**
     * From now on this person approves every login in the browser at once.
     * @param msisdn The person's phone number.
     */
    fun autoApprove(msisdn: String) {
        call("auto_approve", "msisdn" to msisdn)
    }

    /**
     * From now on every login in the browser ends at once with an error.
     * @param error How logins end; `access_denied` by default.
     */
    @JvmOverloads
    fun autoDeny(error: String? = null) {
        call("auto_deny", "error" to error)
    }

    /**
     * Whether errors of the backchannel's start come in `error_code` instead of `error`.
     * @param on On by default.
     */
    @JvmOverloads
    fun backchannelErrorCode(on: Boolean? = null) {
        call("backchannel_error_code", "on" to on)
    }

    /**
     * How many logins by phone number may wait for one person at a time before the next gets a 429; 3 by default.
     * @param logins How many may wait for one person at a time.
     */
    fun backchannelLimit(logins: Int) {
        call("backchannel_limit", "logins" to logins)
    }

    /**
     * How an endpoint reads `Authorization: Basic`: by default raw at `specialized_token`, and either way elsewhere.
     * @param endpoint One that takes Basic.
     * @param encoding How it reads the two parts.
     */
    fun basicEncoding(endpoint: Endpoint, encoding: BasicEncoding) {
        call("basic_encoding", "endpoint" to endpoint, "encoding" to encoding)
    }

    /**
     * Bends the ID token of the next login that is exchanged; several calls queue up.
     * @param options sets what may be left out
     */
    @JvmOverloads
    fun bendNextIdToken(options: Setup<BendNextIdTokenOptions> = Setup {}) {
        call("bend_next_id_token", BendNextIdTokenOptions().by(options))
    }

    /**
     * Whether `/accesstoken/get` refuses a `Merchant-Serial-Number` that the keys may not act for; else it only reports
     * it.
     * @param on On by default.
     */
    @JvmOverloads
    fun checkMsnOnToken(on: Boolean? = null) {
        call("check_msn_on_token", "on" to on)
    }

    /** Forgets failures and scripts that have not been played yet, and ends outages. */
    fun clearFailures() {
        call("clear_failures")
    }

    /** Empties the log, that of the pings included, and sets all counts to zero. */
    fun clearRequests() {
        call("clear_requests")
    }

    /**
     * The body of the consent-revoked callback, which nobody signed, for a person at a sales unit.
     * @param msn The sales unit.
     * @param msisdn The person's phone number.
     * @return Byte for byte.
     */
    fun consentRevokedBody(msn: String, msisdn: String): String =
        call("consent_revoked_body", "msn" to msn, "msisdn" to msisdn).getValue("body").text()

    /**
     * How many requests came to this path, answered or not.
     * @param path As sent, without the query.
     * @return How many.
     */
    fun count(path: String): Long =
        call("count", "path" to path).getValue("count").long()

    /**
     * A sales unit is blocked: calls for it end in the old payment APIs' error 37.
     * @param msn Its merchant serial number.
     */
    fun deactivateMerchant(msn: String) {
        call("deactivate_merchant", "msn" to msn)
    }

    /**
     * The partner itself is deactivated: every call of its keys for a merchant ends in error 37.
     * @param on On by default.
     */
    @JvmOverloads
    fun deactivatePartner(on: Boolean? = null) {
        call("deactivate_partner", "on" to on)
    }

    /**
     * A person denies a login, or it ends with another error.
     * @param id The login.
     * @param error How it ends; `access_denied` by default.
     * @return What the person's browser opens next; `null` when the login ends by polling.
     */
    @JvmOverloads
    fun deny(id: String, error: String? = null): String? =
        call("deny", "id" to id, "error" to error).there("url")?.let { it.text() }

    /**
     * The partner may no longer act for a sales unit (403); its own keys go on working.
     * @param msn Its merchant serial number.
     */
    fun disconnectMerchant(msn: String) {
        call("disconnect_merchant", "msn" to msn)
    }

    /**
     * Which of the known discovery documents is served.
     * @param options sets what may be left out
     */
    @JvmOverloads
    fun discovery(options: Setup<DiscoveryOptions> = Setup {}) {
        call("discovery", DiscoveryOptions().by(options))
    }

    /**
     * What a program needs that reads its settings from the environment: the emulator's address, the partner's keys or
     * those of a sales unit, and an invented system.
     * @param msn The sales unit whose own keys are named; without it the partner's keys are.
     * @return By name.
     */
    @JvmOverloads
    fun environment(msn: String? = null): Map<String, String> =
        call("environment", "msn" to msn).getValue("variables").byName { it.text() }

    /**
     * The next requests to an endpoint fail; several calls queue up.
     * @param endpoint Which requests.
     * @param options sets what may be left out
     */
    @JvmOverloads
    fun failNext(endpoint: Endpoint, options: Setup<FailNextOptions> = Setup {}) {
        call("fail_next", FailNextOptions().by(options), "endpoint" to endpoint)
    }

    /**
     * How many fields `/accesstoken/get` replies with.
     * @param fields How many.
     */
    fun fields(fields: Fields) {
        call("fields", "fields" to fields)
    }

    /**
     * Lets through and reports what the documents forbid but the service may forgive, instead of refusing it.
     * @param on On by default.
     */
    @JvmOverloads
    fun forgiving(on: Boolean? = null) {
        call("forgiving", "on" to on)
    }

    /**
     * Where the emulator is and what it imitates.
     * @return Where an emulator is and what it imitates.
     */
    fun info(): EmulatorInfo =
        EmulatorInfo.of(call("info"))

    /**
     * The published keys.
     * @return The published keys (RFC 7517).
     */
    fun jwks(): String =
        call("jwks").getValue("jwks").toString()

    /**
     * The `Cache-Control` of the published keys; none by default.
     * @param value The header's value; `null` or nothing: no such header.
     */
    @JvmOverloads
    fun jwksCacheControl(value: String? = null) {
        call("jwks_cache_control", "value" to value)
    }

    /**
     * Whether the published keys are out of reach (503).
     * @param on On by default.
     */
    @JvmOverloads
    fun jwksOutage(on: Boolean? = null) {
        call("jwks_outage", "on" to on)
    }

    /**
     * Whether a sales unit is in Login's advanced tier, which `acr_values` and the scope `customFlow` need.
     * @param msn The sales unit.
     * @param on Whether it is in the advanced tier; yes by default.
     */
    @JvmOverloads
    fun loginAdvancedTier(msn: String, on: Boolean? = null) {
        call("login_advanced_tier", "msn" to msn, "on" to on)
    }

    /**
     * How a sales unit's own keys authenticate at Login.
     * @param msn The sales unit.
     * @param method How its own keys authenticate.
     */
    fun loginAuthMethod(msn: String, method: LoginAuthMethod) {
        call("login_auth_method", "msn" to msn, "method" to method)
    }

    /**
     * The scopes in a sales unit's plan.
     * @param msn The sales unit.
     * @param scopes The scopes in its plan.
     */
    fun loginScopes(msn: String, scopes: List<String>) {
        call("login_scopes", "msn" to msn, "scopes" to scopes)
    }

    /**
     * The scopes in a sales unit's plan.
     * @param msn The sales unit.
     * @param scopes The scopes in its plan.
     */
    fun loginScopes(msn: String, vararg scopes: String) = loginScopes(msn, scopes.asList())

    /**
     * The latest 10,000 logins, oldest first.
     * @return Oldest first.
     */
    fun logins(): List<RecordedLogin> =
        call("logins").getValue("logins").list { RecordedLogin.of(it.jsonObject) }

    /**
     * Every sales unit and how it is set up.
     * @return Every sales unit, by MSN.
     */
    fun merchants(): List<EmulatorMerchant> =
        call("merchants").getValue("merchants").list { EmulatorMerchant.of(it.jsonObject) }

    /**
     * Makes an ID token, good or wrong, on the emulator's clock.
     * @param msn The sales unit; one that is not there gets an invented `client_id`.
     * @param options sets what may be left out
     * @return The token.
     */
    @JvmOverloads
    fun mintIdToken(msn: String, options: Setup<MintIdTokenOptions> = Setup {}): String =
        call("mint_id_token", MintIdTokenOptions().by(options), "msn" to msn).getValue("id_token").text()

    /**
     * The name that the person reads.
     * @param msn The sales unit.
     * @param name What the person reads.
     */
    fun nameMerchant(msn: String, name: String) {
        call("name_merchant", "msn" to msn, "name" to name)
    }

    /**
     * The emulator's time.
     * @return The emulator's clock.
     */
    fun now(): EmulatorTime =
        EmulatorTime.of(call("now"))

    /**
     * How the token endpoints spell numbers.
     * @param numbers The spelling.
     */
    fun numbers(numbers: Numbers) {
        call("numbers", "numbers" to numbers)
    }

    /**
     * The partner's keys as they are now.
     * @return The keys of a partner or of a sales unit.
     */
    fun partnerKeys(): EmulatorKeys =
        EmulatorKeys.of(call("partner_keys"))

    /**
     * Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel.
     * @param by Who refuses.
     */
    fun partnerTokenRefusal(by: PartnerTokenRefusal) {
        call("partner_token_refusal", "by" to by)
    }

    /**
     * The body of the ping for a login that is finished by polling.
     * @param id The login.
     * @return Byte for byte.
     */
    fun pingBody(id: String): String =
        call("ping_body", "id" to id).getValue("body").text()

    /**
     * Has every decision about a login by phone number posted to an address: `login.merchant-initiated.ping.v1`.
     * @param options sets what may be left out
     */
    @JvmOverloads
    fun pingUrl(options: Setup<PingUrlOptions> = Setup {}) {
        call("ping_url", PingUrlOptions().by(options))
    }

    /**
     * The latest 1,000 pings and what came of them.
     * @return Oldest first.
     */
    fun pings(): List<RecordedPing> =
        call("pings").getValue("pings").list { RecordedPing.of(it.jsonObject) }

    /**
     * The emulator's clock shows the real time again, and runs.
     * @return The emulator's clock.
     */
    fun realTime(): EmulatorTime =
        EmulatorTime.of(call("real_time"))

    /**
     * Registers a `redirect_uri` or `app_callback_uri` of a sales unit.
     * @param msn The sales unit.
     * @param redirectUri A `redirect_uri` or `app_callback_uri`, compared byte for byte.
     */
    fun registerRedirectUri(msn: String, redirectUri: String) {
        call("register_redirect_uri", "msn" to msn, "redirect_uri" to redirectUri)
    }

    /**
     * Regenerates one subscription key of every pair: the old one is refused from now on.
     * @param which The key that is regenerated.
     */
    fun rejectSubscriptionKey(which: SubscriptionKey) {
        call("reject_subscription_key", "which" to which)
    }

    /** Lets every request go on that hangs now. */
    fun releaseHung() {
        call("release_hung")
    }

    /**
     * Forgets a person; logins that were approved stay.
     * @param msisdn The person's phone number.
     */
    fun removeUser(msisdn: String) {
        call("remove_user", "msisdn" to msisdn)
    }

    /**
     * The latest 10,000 requests, oldest first, each with what was right and wrong about it.
     * @param after Only requests with a greater id; 0, the default, gives all.
     * @return Oldest first.
     */
    @JvmOverloads
    fun requests(after: Long? = null): List<RecordedRequest> =
        call("requests", "after" to after).getValue("requests").list { RecordedRequest.of(it.jsonObject) }

    /** All tokens issued so far, Login's included, are refused from now on (401). */
    fun revokeTokens() {
        call("revoke_tokens")
    }

    /** Publishes new keys and signs with them from now on; the old ones stay published. */
    fun rotateKeys() {
        call("rotate_keys")
    }

    /**
     * A sales unit's own keys as they are now.
     * @param msn Its merchant serial number.
     * @return The keys of a partner or of a sales unit.
     */
    fun salesUnitKeys(msn: String): EmulatorKeys =
        EmulatorKeys.of(call("sales_unit_keys", "msn" to msn))

    /**
     * What becomes of scopes that a sales unit's plan does not have.
     * @param outside What becomes of them.
     */
    fun scopesOutsidePlan(outside: ScopeOutsidePlan) {
        call("scopes_outside_plan", "outside" to outside)
    }

    /**
     * The next requests to exactly this path get these replies, one each, before any failure.
     * @param path Exactly this path, with any method.
     * @param replies One reply for each of the next requests.
     */
    fun script(path: String, replies: List<Reply>) {
        call("script", "path" to path, "replies" to replies)
    }

    /**
     * The next requests to exactly this path get these replies, one each, before any failure.
     * @param path Exactly this path, with any method.
     * @param replies One reply for each of the next requests.
     */
    fun script(path: String, vararg replies: Reply) = script(path, replies.asList())

    /**
     * Each request to this endpoint is served only after so much real time.
     * @param endpoint Which requests.
     * @param span How much real time passes before each is served.
     */
    fun setLatency(endpoint: Endpoint, span: Duration) {
        call("set_latency", "endpoint" to endpoint, "seconds" to span)
    }

    /**
     * Stops the emulator's clock at a moment; from then on only `advance` moves it.
     * @param at Where the clock is to stand.
     * @return The emulator's clock.
     */
    fun setTime(at: Instant): EmulatorTime =
        EmulatorTime.of(call("set_time", "at" to at))

    /**
     * The headers of a webhook, signed as the service signs them, for tests of code that checks signatures.
     * @param url Where it is posted.
     * @param secret The secret of the registration.
     * @param body The body, byte for byte.
     * @param webhookId The id of the registration; invented by default.
     * @return By name.
     */
    @JvmOverloads
    fun signWebhook(url: String, secret: String, body: String, webhookId: String? = null): Map<String, String> =
        call("sign_webhook", "url" to url, "secret" to secret, "body" to body, "webhook_id" to webhookId).getValue("headers").byName { it.text() }

    /**
     * The keys for `/miami/v1/token`, and the scopes they may ask for.
     * @return Accounting or donations keys, for `/miami/v1/token`.
     */
    fun specializedKeys(): EmulatorSpecializedKeys =
        EmulatorSpecializedKeys.of(call("specialized_keys"))

    /**
     * Every request to an endpoint is answered with 503, until it is up again; what was staged comes first.
     * @param endpoint Which requests are answered with 503.
     * @param down Down or up again; down by default.
     */
    @JvmOverloads
    fun takeDown(endpoint: Endpoint, down: Boolean? = null) {
        call("take_down", "endpoint" to endpoint, "down" to down)
    }

    /**
     * How long tokens live that are issued from now on.
     * @param kind Which tokens.
     * @param span How long those live that are issued from now on.
     */
    fun tokenLifetime(kind: TokenKind, span: Duration) {
        call("token_lifetime", "kind" to kind, "seconds" to span)
    }

    /**
     * Everybody.
     * @return By phone number.
     */
    fun users(): List<User> =
        call("users").getValue("users").list { User.of(it.jsonObject) }

    /** Publishes the current keys only. */
    fun withdrawOldKeys() {
        call("withdraw_old_keys")
    }

    /**
     * Behaves as if all keys were for the other environment.
     * @param on On by default.
     */
    @JvmOverloads
    fun wrongEnvironment(on: Boolean? = null) {
        call("wrong_environment", "on" to on)
    }
}

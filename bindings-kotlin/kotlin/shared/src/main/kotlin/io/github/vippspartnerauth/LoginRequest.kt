package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.CodeParts
import io.github.vippspartnerauth.ffi.RequestParts
import io.github.vippspartnerauth.ffi.loginRequestCode
import io.github.vippspartnerauth.ffi.loginRequestOf
import io.github.vippspartnerauth.ffi.loginRequestResumeUri

/**
 * A login under way: where to send the browser, and what to keep until it is back.
 *
 * Keep it in the person's own session, never where another browser or a log can see it: it holds the PKCE code
 * verifier. It survives a restart as JSON.
 */
class LoginRequest internal constructor(private val parts: RequestParts) {
    /** Where to send the browser: as a full page, never in a frame or a web view. */
    val url: String get() = parts.url

    /** Ties the callback to this request; an application may look the request up under it. */
    val state: String get() = parts.state

    /** Ties the ID token to this request. */
    val nonce: String get() = parts.nonce

    /** Proves at the token endpoint that who exchanges the code is who asked for it (RFC 7636). A secret. */
    val codeVerifier: String get() = parts.codeVerifier

    /** The sales unit the login is for. */
    val msn: String get() = parts.msn

    /** Where the browser comes back to. */
    val redirectUri: String get() = parts.redirectUri

    /** The scopes that were asked for. */
    val scopes: List<String> get() = parts.scopes

    /** The `acr_values` that was asked for, which the ID token must repeat as `acr`. */
    val acrValues: String? get() = parts.acrValues

    /** The request as JSON, to be kept in the person's session. Holds the code verifier, which is a secret. */
    fun toJson(): String = parts.json

    /**
     * The code of a callback, once it is sure that it answers this request. Needs no keys, so an app can judge a callback
     * before it hands it to the server that exchanges the code.
     *
     * @throws VippsAuthException.LoginFailed with the reason
     */
    fun code(callbackUrl: String): AuthorizationCode =
        AuthorizationCode(native { loginRequestCode(parts.json, callbackUrl) })

    /**
     * Where to go on in the browser, of a callback to the `app_callback_uri` (flows from app to app).
     *
     * @throws VippsAuthException.LoginFailed with the reason
     */
    fun resumeUri(appCallbackUri: String, callbackUrl: String): String =
        native { loginRequestResumeUri(parts.json, appCallbackUri, callbackUrl) }

    /** Whether the other holds the same. */
    override fun equals(other: Any?) = other is LoginRequest && other.parts.json == parts.json

    /** Goes with [equals]. */
    override fun hashCode() = parts.json.hashCode()

    /** For logs; holds no secret. */
    override fun toString() = "LoginRequest(msn=$msn, redirectUri=$redirectUri, scopes=$scopes)"

    /** Ways to make one. */
    companion object {
        /**
         * A request that was kept.
         *
         * @throws VippsAuthException.InvalidConfig field `request`, for anything that [toJson] did not write
         */
        @JvmStatic
        fun fromJson(json: String): LoginRequest = LoginRequest(native { loginRequestOf(json) })
    }
}

/** An authorization code that came back with the right `state`. Good for one exchange, for about two minutes. */
class AuthorizationCode internal constructor(parts: CodeParts) {
    /** The code. A secret. */
    val code: String = parts.code

    /** The scopes, where the callback tells them. What was granted is told by the exchange. */
    val scopes: List<String>? = parts.scopes

    /** For logs; holds no secret. */
    override fun toString() = "AuthorizationCode(scopes=$scopes)"
}

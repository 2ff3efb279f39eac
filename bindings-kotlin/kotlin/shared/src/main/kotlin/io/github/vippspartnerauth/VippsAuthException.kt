package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.ErrorParts
import java.time.Duration

/**
 * What every call of this library can fail with. The class says what its reader should do. Unchecked, and serialisable.
 *
 * [message] is lower case, says what happened, and holds no secret and no response body.
 *
 * @property code the stable code of the kind, the same text in every language, such as `invalid_config`
 * @property detail what happened, in words, without the variables
 * @property retryable whether the same call may succeed later without anybody changing anything
 * @property retryAfter how long to wait before the next try, where the service or this library's own restraint said so
 * @property status the HTTP status of the reply, where there was one
 * @property oauthError the `error` of an OAuth reply (RFC 6749 section 5.2), where there was one
 * @property traceId the id under which Vipps can find this request in its logs
 * @property hint the likely cause and its cure
 * @property field the setting or argument that was wrong
 * @property claim the check of the ID token that failed, such as `signature` or `msn`
 * @property reason why a login failed, such as `denied` or `expired`; or what of a webhook differs, such as `hash` or
 * `host`
 */
sealed class VippsAuthException private constructor(parts: ErrorParts) : RuntimeException(parts.text) {
    val code: String = parts.code
    val detail: String = parts.detail
    val retryable: Boolean = parts.retryable
    val retryAfter: Duration? = parts.retryAfter
    val status: Int? = parts.status
    val oauthError: String? = parts.oauthError
    val traceId: String? = parts.traceId
    val hint: String? = parts.hint
    val field: String? = parts.field
    val claim: String? = parts.claim
    val reason: String? = parts.reason

    /** A setting or an argument is wrong: fix it. [field] names it. */
    class InvalidConfig internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** Vipps does not know these keys: check keys and environment. [hint] names the likely cause. */
    class CredentialsRejected internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** The keys are fine, but not for this MSN, scope or product. */
    class Forbidden internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** Too many requests: wait for [retryAfter]. */
    class RateLimited internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** Network, timeout or 5xx: try again later. */
    class Unavailable internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** The login ended without a user: start it again. [reason] says why. */
    class LoginFailed internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** The ID token is not good: reject the user. [claim] names the check that failed. */
    class InvalidIdToken internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** The call is not one that Vipps sent, or not as it was sent: answer 401. [reason] names what differs. */
    class InvalidWebhook internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** The service's reply was not understood: report it. */
    class Protocol internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    /** A bug in this library. */
    class Internal internal constructor(parts: ErrorParts) : VippsAuthException(parts)

    internal companion object {
        fun of(parts: ErrorParts): VippsAuthException = when (parts.code) {
            "invalid_config" -> InvalidConfig(parts)
            "credentials_rejected" -> CredentialsRejected(parts)
            "forbidden" -> Forbidden(parts)
            "rate_limited" -> RateLimited(parts)
            "unavailable" -> Unavailable(parts)
            "login_failed" -> LoginFailed(parts)
            "invalid_id_token" -> InvalidIdToken(parts)
            "invalid_webhook" -> InvalidWebhook(parts)
            "protocol" -> Protocol(parts)
            else -> Internal(parts)
        }

        fun internal(detail: String): VippsAuthException = Internal(bare("internal", detail))

        fun invalid(detail: String): VippsAuthException = InvalidConfig(bare("invalid_config", detail))

        private fun bare(code: String, detail: String) =
            ErrorParts(code, detail, detail, false, null, null, null, null, null, null, null, null)
    }
}

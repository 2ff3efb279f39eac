import Foundation
import VippsPartnerAuthNative

/// What every call of this library can fail with. ``kind`` says what its reader should do.
///
/// The text says what happened, and holds no secret and no response body.
public struct VippsAuthError: Error, Sendable, Equatable {
    /// What the reader should do. The raw value is the stable code, the same text in every language.
    public enum Kind: String, Sendable {
        /// A setting or an argument is wrong: fix it. ``VippsAuthError/field`` names it.
        case invalidConfig = "invalid_config"
        /// Vipps does not know these keys: check keys and environment.
        case credentialsRejected = "credentials_rejected"
        /// The keys are fine, but not for this MSN, scope or product.
        case forbidden
        /// Too many requests: wait for ``VippsAuthError/retryAfter``.
        case rateLimited = "rate_limited"
        /// Network, timeout or 5xx: try again later.
        case unavailable
        /// The login ended without a user: start it again. ``VippsAuthError/reason`` says why.
        case loginFailed = "login_failed"
        /// The ID token is not good: reject the user. ``VippsAuthError/claim`` names the check that failed.
        case invalidIDToken = "invalid_id_token"
        /// The call is not one that Vipps sent, or not as it was sent: answer 401. ``VippsAuthError/reason`` names what
        /// differs.
        case invalidWebhook = "invalid_webhook"
        /// The service's reply was not understood: report it.
        case `protocol`
        /// A bug in this library.
        case `internal`
    }

    let parts: ErrorParts

    /// What the reader should do.
    public var kind: Kind { Kind(rawValue: parts.code) ?? .internal }
    /// The stable code of the kind.
    public var code: String { parts.code }
    /// What happened, in words, without the variables.
    public var detail: String { parts.detail }
    /// Whether the same call may succeed later without anybody changing anything.
    public var isRetryable: Bool { parts.retryable }
    /// How long to wait before the next try, in seconds.
    public var retryAfter: TimeInterval? { parts.retryAfter }
    /// The setting or argument that was wrong.
    public var field: String? { parts.field }
    /// The check of the ID token that failed, such as `signature` or `msn`.
    public var claim: String? { parts.claim }
    /// Why a login failed, such as `denied` or `expired`; or what of a webhook differs, such as `hash` or `host`.
    public var reason: String? { parts.reason }
    /// The HTTP status of the reply, where there was one.
    public var status: Int? { parts.status.map(Int.init) }
    /// The `error` of an OAuth reply (RFC 6749 section 5.2).
    public var oauthError: String? { parts.oauthError }
    /// The id under which Vipps can find this request in its logs.
    public var traceID: String? { parts.traceId }
    /// The likely cause and its cure.
    public var hint: String? { parts.hint }
}

extension VippsAuthError: LocalizedError, CustomStringConvertible {
    public var description: String { parts.text }
    public var errorDescription: String? { parts.text }
    public var recoverySuggestion: String? { parts.hint }
}

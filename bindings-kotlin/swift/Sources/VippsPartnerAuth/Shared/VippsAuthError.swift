import Foundation
import VippsPartnerAuthNative

/// What every call of this library can fail with. ``kind`` says what its reader should do.
///
/// The text says what happened, and holds no secret and no response body.
public struct VippsAuthError: Error, Sendable, Hashable {
    /// What the reader should do. The raw value is the stable code, the same text in every language.
    public enum Kind: String, Sendable, CaseIterable, Codable {
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

    /// Why a login failed, or what of a webhook differs. Other words are Vipps' own codes as they stand, such as
    /// `server_error`: treat what you don't know as "start again".
    public struct Reason: OpenWord {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The person said no: the most ordinary of all.
        public static let denied: Self = "denied"
        /// Nobody decided in time; or, at userinfo, the login is older than ten minutes.
        public static let expired: Self = "expired"
        /// Nobody with an active app, and old enough, has this phone number.
        public static let unknownUser: Self = "unknown_user"
        /// The person's app is too old.
        public static let outdatedApp: Self = "outdated_app"
        /// The person picked the wrong number in the app.
        public static let wrongChallenge: Self = "wrong_challenge"
        /// The sales unit may not ask for one of these scopes.
        public static let invalidScope: Self = "invalid_scope"
        /// The callback does not answer this request.
        public static let state: Self = "state"
        /// The request was made for another merchant than the one who finishes it.
        public static let merchant: Self = "merchant"
        /// The callback came to another address than the request named.
        public static let redirectURI: Self = "redirect_uri"
        /// The answer, or the request, belongs to another environment.
        public static let issuer: Self = "issuer"
        /// The ping is about another login.
        public static let authReqID: Self = "auth_req_id"
        /// The callback is malformed.
        public static let callback: Self = "callback"
        /// Vipps no longer accepts the code.
        public static let invalidGrant: Self = "invalid_grant"
        /// The code was sent, and no useful answer came.
        public static let replyLost: Self = "reply_lost"
        /// The ID token came, but the public keys to check it did not.
        public static let keysUnavailable: Self = "keys_unavailable"
        /// Vipps ended the login with a code that is none.
        public static let unknown: Self = "unknown"
        /// Of a webhook: not a POST, or a header is missing or there twice.
        public static let form: Self = "form"
        /// Of a webhook: no secret is known for its `Webhook-Id`.
        public static let webhookID: Self = "webhook_id"
        /// Of a webhook: its date is none, or too far from this machine's clock.
        public static let date: Self = "date"
        /// Of a webhook: the body is not the one whose hash was signed.
        public static let hash: Self = "hash"
        /// Of a webhook: it was signed for another host.
        public static let host: Self = "host"
        /// Of a webhook: it was signed by no secret of this `Webhook-Id`.
        public static let signature: Self = "signature"
    }

    /// A check of an ID token, in the order in which they are made. A later version may have more.
    public struct Claim: OpenWord {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// Not a token, too long, or not the JSON it should be.
        public static let form: Self = "form"
        /// An algorithm that this flow does not allow.
        public static let alg: Self = "alg"
        /// Another kind of token.
        public static let typ: Self = "typ"
        /// The header asks for an extension.
        public static let crit: Self = "crit"
        /// The issuer has no such key, or the key does not fit the token.
        public static let kid: Self = "kid"
        /// The signature is wrong.
        public static let signature: Self = "signature"
        /// Another issuer.
        public static let iss: Self = "iss"
        /// Expired, missing, or too long after `iat`.
        public static let exp: Self = "exp"
        /// Issued in the future, or missing.
        public static let iat: Self = "iat"
        /// Not valid yet.
        public static let nbf: Self = "nbf"
        /// Missing or malformed; at userinfo: of another person.
        public static let sub: Self = "sub"
        /// Not the one that was sent.
        public static let nonce: Self = "nonce"
        /// For another merchant.
        public static let msn: Self = "msn"
        /// Not for this client.
        public static let aud: Self = "aud"
        /// Made for another client.
        public static let azp: Self = "azp"
        /// Does not belong to the access token that came along.
        public static let atHash: Self = "at_hash"
        /// Not the assurance that was asked for.
        public static let acr: Self = "acr"
        /// Of another login by phone number.
        public static let authReqID: Self = "auth_req_id"
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
    /// How long to wait before the next try.
    public var retryAfter: Duration? { parts.retryAfter.map { .seconds($0) } }
    /// The setting or argument that was wrong.
    public var field: String? { parts.field }
    /// The check of the ID token that failed, such as ``Claim/signature`` or ``Claim/msn``.
    public var claim: Claim? { parts.claim.map(Claim.init) }
    /// Why a login failed, such as ``Reason/denied`` or ``Reason/expired``; or what of a webhook differs, such as ``Reason/hash``.
    public var reason: Reason? { parts.reason.map(Reason.init) }
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

import Foundation
import VippsPartnerAuthNative

/// A login under way: where to send the browser, and what to keep until it is back.
///
/// Keep it in the person's own session, never where another browser or a log can see it: it holds the PKCE code
/// verifier. It survives a restart as JSON, or as a member of anything `Codable`.
public struct LoginRequest: Sendable, Hashable {
    let parts: RequestParts

    init(parts: RequestParts) { self.parts = parts }

    /// A request that was kept; `invalidConfig`, field `request`, for anything that ``json`` did not write.
    public init(json: String) throws {
        parts = try native { try loginRequestOf(json: json) }
    }

    /// The request as JSON, to be kept in the person's session. Holds the code verifier, which is a secret.
    public var json: String { parts.json }
    /// Where to send the browser: as a full page, never in a frame or a web view.
    public var url: String { parts.url }
    /// Ties the callback to this request.
    public var state: String { parts.state }
    /// Ties the ID token to this request.
    public var nonce: String { parts.nonce }
    /// Proves at the token endpoint that who exchanges the code is who asked for it (RFC 7636). A secret.
    public var codeVerifier: String { parts.codeVerifier }
    /// The sales unit the login is for.
    public var msn: String { parts.msn }
    /// Where the browser comes back to.
    public var redirectURI: String { parts.redirectUri }
    /// The scopes that were asked for.
    public var scopes: [String] { parts.scopes }
    /// The `acr_values` that was asked for, which the ID token must repeat as `acr`.
    public var acrValues: String? { parts.acrValues }

    /// The code of a callback, once it is sure that it answers this request. Needs no keys; `loginFailed` with the
    /// reason otherwise.
    public func code(callbackURL: String) throws -> AuthorizationCode {
        let parts = try native { try loginRequestCode(json: json, callbackUrl: callbackURL) }
        return AuthorizationCode(code: parts.code, scopes: parts.scopes)
    }

    /// Where to go on in the browser, of a callback to the `app_callback_uri` (flows from app to app).
    public func resumeURI(appCallbackURI: String, callbackURL: String) throws -> String {
        try native {
            try loginRequestResumeUri(json: json, appCallbackUri: appCallbackURI, callbackUrl: callbackURL)
        }
    }
}

extension LoginRequest: Codable, CustomStringConvertible, CustomReflectable {
    public init(from decoder: any Decoder) throws {
        try self.init(json: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(json)
    }

    public var description: String { "LoginRequest(msn: \(msn), redirectURI: \(redirectURI))" }
    public var customMirror: Mirror { hidden(self) }
}

/// An authorization code that came back with the right `state`. Good for one exchange, for about two minutes.
public struct AuthorizationCode: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The code. A secret.
    public let code: String
    /// The scopes, where the callback tells them.
    public let scopes: [String]?

    public var description: String { "AuthorizationCode" }
    public var customMirror: Mirror { hidden(self) }
}

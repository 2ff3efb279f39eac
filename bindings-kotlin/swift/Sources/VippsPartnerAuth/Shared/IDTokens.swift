import Foundation
import VippsPartnerAuthNative

/// What an ID token must say. Only the MSN is always needed, and ``Merchant`` fills it in by itself.
public struct Expect: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Which flow an ID token came out of; decides which algorithms are good and which claims are required.
    public enum Flow: String, Sendable, CaseIterable, Codable {
        /// The browser flow. RS256 only.
        case browser
        /// Login from a phone number, by polling or after a ping. RS256 or ES256.
        case backchannel
        /// Login from a phone number that ends on a web page. The token must name the `auth_req_id`.
        case backchannelRedirect = "backchannel_redirect"
    }

    // Generated from core/src/id_token.rs by `cargo run -p tests --bin make-settings`.
    /// The sales unit the login was for (`msn`). Default: none; required, but a merchant fills in its own.
    public var msn: String?
    /// The flow that the token came out of: it decides which algorithms are good and which claims are required. Default:
    /// `browser`.
    public var flow: Flow?
    /// The nonce that was sent with the request. Default: none; the token must hold none then.
    public var nonce: String?
    /// The merchant's client id, where it is known: `aud` is checked as well then. Default: none; with sales unit keys
    /// their own.
    public var clientID: String?
    /// The access token that came with the ID token: `at_hash` is checked then. Default: none.
    public var accessToken: String?
    /// The `acr_values` that was asked for. Default: none.
    public var acr: String?
    /// The id of the login by phone number that the token must name. Default: none; required for `backchannel_redirect`.
    public var authReqID: String?

    /// Each says what holds where it is left out.
    public init(
        msn: String? = nil, flow: Flow? = nil, nonce: String? = nil, clientID: String? = nil,
        accessToken: String? = nil, acr: String? = nil, authReqID: String? = nil
    ) {
        self.msn = msn
        self.flow = flow
        self.nonce = nonce
        self.clientID = clientID
        self.accessToken = accessToken
        self.acr = acr
        self.authReqID = authReqID
    }

    var values: [String: NamedValue] {
        var values = [String: NamedValue]()
        values["msn"] = msn.map { .text(text: $0) }
        values["flow"] = flow.map { .text(text: $0.rawValue) }
        values["nonce"] = nonce.map { .text(text: $0) }
        values["client_id"] = clientID.map { .text(text: $0) }
        values["access_token"] = accessToken.map { .text(text: $0) }
        values["acr"] = acr.map { .text(text: $0) }
        values["auth_req_id"] = authReqID.map { .text(text: $0) }
        return values
    }
    // End of what is generated.

    public var description: String { "Expect(msn: \(msn ?? "nil"))" }
    public var customMirror: Mirror { hidden(self) }
}

/// What Vipps says of a person: a JSON object and its members by type. A member that is absent or of another type is `nil`.
///
/// Encoded it is that JSON object. Nothing decodes to it, so that what nobody has checked can't be taken for it: read what you
/// kept into a type of your own, as ``decoded(as:by:)`` does.
public protocol Claims: Sendable, Hashable, Encodable {
    /// All members, as a JSON object.
    var json: String { get }
}

extension Claims {
    public func encode(to encoder: any Encoder) throws { try JSONValue(json: json).encode(to: encoder) }

    /// A text.
    public func text(_ name: String) -> String? { jsonText(json: json, name: name) }
    /// `true` or `false`.
    public func bool(_ name: String) -> Bool? { jsonBool(json: json, name: name) }
    /// A whole number.
    public func int(_ name: String) -> Int64? { jsonLong(json: json, name: name) }
    /// A list of texts. One text stands for a list of one, as with `aud`.
    public func list(_ name: String) -> [String]? { jsonList(json: json, name: name) }
    /// A member of any type, as JSON: a text with its quotes.
    public func claim(_ name: String) -> String? { jsonMember(json: json, name: name) }

    /// All members as a value of your own.
    public func decoded<T: Decodable>(as type: T.Type, by decoder: JSONDecoder = JSONDecoder()) throws -> T {
        try decoder.decode(type, from: Data(json.utf8))
    }
}

/// The claims of an ID token that has passed every check. There is no other way to read them.
public struct IDTokenClaims: Claims, CustomStringConvertible, CustomReflectable {
    let parts: ClaimsParts

    /// The user, as this sales unit knows them; another MSN gets another value for the same person.
    public var sub: String { parts.sub }
    /// The sales unit the user logged in at.
    public var msn: String { parts.msn }
    /// When the token was made.
    public var issuedAt: Date { parts.issuedAt }
    /// When it runs out.
    public var expiresAt: Date { parts.expiresAt }
    /// All claims, as the JSON object that was signed, except for what not every language can hold: that is a text (a whole
    /// number beyond ±(2^53 − 1), a number too large for a double, what is nested more than 64 levels deep), and half of a
    /// surrogate pair is U+FFFD.
    public var json: String { parts.json }

    /// The user's data stays out of logs; `sub` and `msn` are enough to find a login.
    public var description: String { "IDTokenClaims(sub: \(sub), msn: \(msn))" }
    public var customMirror: Mirror { hidden(self) }
}

/// Checks ID tokens of Vipps Login by the MSN, without any credentials: fit for apps. Build one and keep it.
public final class IDTokenVerifier: Sendable {
    private let fed: Fed<VerifierHandle>
    private var handle: VerifierHandle { fed.handle }

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - environment: whose tokens to check; production unless given
    ///   - jwks: a key set (RFC 7517 section 5) to work offline with; without it Vipps' keys are fetched when needed
    ///   - settings: time limits, proxies and the like
    public init(
        environment: VippsEnvironment? = nil, jwks: String? = nil, settings: VippsSettings = VippsSettings()
    ) throws {
        fed = try Fed(settings.onEvent) {
            try VerifierHandle(settings: settings.parts(environment), jwks: jwks, events: $0)
        }
    }

    /// What happened to the keys so far.
    public var stats: Stats { Stats(handle.stats()) }

    /// Checks a token: `invalidIDToken` for the first check that fails, `invalidConfig` for an expectation that makes no
    /// sense, `unavailable` when the keys can't be fetched.
    public func verify(_ jwt: String, expect: Expect) async throws -> IDTokenClaims {
        if let known = try verifyCached(jwt, expect: expect) { return known }
        return IDTokenClaims(
            parts: try await native { try await handle.verify(jwt: bounded(jwt), expect: expect.values, cancellation: $0) })
    }

    /// The same check without I/O; `nil` when keys must be fetched first.
    public func verifyCached(_ jwt: String, expect: Expect) throws -> IDTokenClaims? {
        try native { try handle.verifyCached(jwt: bounded(jwt), expect: expect.values) }.map(IDTokenClaims.init)
    }
}

/// A token as it crosses to the native library: of one that is too long no more than tells so.
func bounded(_ jwt: String) -> String {
    jwt.utf8.count > longest ? String(decoding: jwt.utf8.prefix(longest + 1), as: UTF8.self) : jwt
}

private let longest = Int(longestToken())

/// What `dump` shows of a value whose members are nobody's business.
func hidden<T>(_ value: T) -> Mirror { Mirror(value, children: [:]) }

import Foundation
import VippsPartnerAuthNative

/// One of the three kinds of keys Vipps hands out. Which one chooses the flow; there is no flag. The secrets are kept by
/// the native library and wiped when the value goes.
public struct Keys: Sendable, CustomStringConvertible {
    let handle: KeysHandle

    /// Partner keys: one set for every merchant connected to the partner. They work in production only.
    public static func partner(
        clientID: String, clientSecret: String, subscriptionKey: String, secondSubscriptionKey: String? = nil
    ) throws -> Keys {
        try of {
            try KeysHandle.partner(
                clientId: clientID, clientSecret: clientSecret, subscriptionKey: subscriptionKey,
                secondSubscriptionKey: secondSubscriptionKey)
        }
    }

    /// The keys of one sales unit, bound to its MSN: what a partner is given in the test environment.
    public static func salesUnit(
        clientID: String, clientSecret: String, subscriptionKey: String, msn: String,
        secondSubscriptionKey: String? = nil
    ) throws -> Keys {
        try of {
            try KeysHandle.salesUnit(
                clientId: clientID, clientSecret: clientSecret, subscriptionKey: subscriptionKey, msn: msn,
                secondSubscriptionKey: secondSubscriptionKey)
        }
    }

    /// Accounting and donations keys: no subscription key, no MSN.
    public static func specialized(clientID: String, clientSecret: String, scope: String? = nil) throws -> Keys {
        try of { try KeysHandle.specialized(clientId: clientID, clientSecret: clientSecret, scope: scope) }
    }

    /// Reads sales unit keys where `VIPPS_MSN` is set, else partner keys, from `VIPPS_CLIENT_ID` and its fellows. An
    /// error names the variable that is missing, never a value.
    public static func fromEnvironment() throws -> Keys { try of { try KeysHandle.fromEnv() } }

    /// Reads specialized keys from `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET` and, if set, `VIPPS_SCOPE`.
    public static func specializedFromEnvironment() throws -> Keys { try of { try KeysHandle.specializedFromEnv() } }

    private static func of(_ make: () throws -> KeysHandle) throws -> Keys { Keys(handle: try native(make)) }

    /// Never a secret.
    public var description: String { "Keys" }
}

/// Who is calling: the four `Vipps-System-*` headers. Each value at most 30 characters of printable ASCII.
public struct SystemInfo: Sendable, Hashable {
    let parts: SystemParts

    /// The name and version of the system that calls, and perhaps those of a plugin within it; `invalidConfig` for a
    /// value that can't be sent.
    public init(name: String, version: String, pluginName: String? = nil, pluginVersion: String? = nil) throws {
        parts = try native {
            try systemOf(
                parts: SystemParts(name: name, version: version, pluginName: pluginName, pluginVersion: pluginVersion))
        }
    }

    private init(parts: SystemParts) { self.parts = parts }

    /// Reads `VIPPS_SYSTEM_NAME`, `VIPPS_SYSTEM_VERSION` and, if set, those of a plugin.
    public static func fromEnvironment() throws -> SystemInfo { SystemInfo(parts: try native { try systemFromEnv() }) }

    /// The first 30 characters of a text with everything dropped that a header can't hold.
    public static func fit(_ text: String) -> String { systemFit(text: text) }

    /// `Vipps-System-Name`.
    public var name: String { parts.name }
    /// `Vipps-System-Version`.
    public var version: String { parts.version }
    /// The name of the plugin, if there is one.
    public var pluginName: String? { parts.pluginName }
    /// The version of the plugin, if there is one.
    public var pluginVersion: String? { parts.pluginVersion }

    /// The headers by themselves, for a call that this library does not make.
    public func headers() throws -> [String: String] { try native { try systemHeaders(parts: parts) } }
}

/// A ``Partner`` or a ``Merchant``: what a request can be made for.
public protocol Caller: Sendable {
    /// All headers of a call. Fetches a token if none is at hand.
    func headers() async throws -> [String: String]
    /// Whether headers may be sent to this URL. Adapters must ask before they attach headers.
    func covers(_ url: String) -> Bool
}

/// One set of keys at work: the entry point. Build one per set of keys and keep it, since it holds the token.
public final class Partner: Caller {
    private let handle: PartnerHandle

    /// Checks everything that can be checked without asking Vipps; `invalidConfig` for a wrong setting, naming it, and
    /// for partner keys in the test environment.
    public init(
        keys: Keys, system: SystemInfo, environment: VippsEnvironment? = nil, settings: VippsSettings = VippsSettings()
    ) throws {
        handle = try native {
            try PartnerHandle(
                keys: keys.handle, system: system.parts, settings: settings.parts(environment), sink: settings.sink())
        }
    }

    private init(handle: PartnerHandle) { self.handle = handle }

    /// Reads keys, ``SystemInfo`` and `VIPPS_ENVIRONMENT` from the environment. An error names the variable.
    public static func fromEnvironment(settings: VippsSettings = VippsSettings()) throws -> Partner {
        Partner(handle: try native { try PartnerHandle.fromEnv(settings: settings.parts(nil), sink: settings.sink()) })
    }

    /// The same keys, bound to one merchant; `invalidConfig`, field `msn`, for anything but 4 to 10 digits.
    public func merchant(_ msn: String) throws -> Merchant {
        Merchant(partner: self, msn: msn, handle: try native { try handle.merchant(msn: msn) })
    }

    /// Headers for calls that are not for one merchant; with specialized keys, for all calls.
    public func headers() async throws -> [String: String] {
        if let known = cachedHeaders() { return known }
        return try await native { try await handle.headers(cancellation: $0) }.headers
    }

    /// The same headers without I/O; `nil` when a token must be fetched first.
    public func cachedHeaders() -> [String: String]? { handle.cachedHeaders()?.headers }

    /// The token by itself, for clients that build headers on their own.
    public func accessToken() async throws -> AccessToken {
        AccessToken(parts: try await native { try await handle.accessToken(cancellation: $0) })
    }

    /// Drops this token, if it is still the one in use. Tells whether it was: a late refusal can't evict a newer one.
    @discardableResult
    public func invalidate(_ token: AccessToken) -> Bool { handle.invalidate(token: token.parts.handle) }

    /// For adapters, when an API answered 401 to a call that carried this token: drops it, at most every 30 seconds, and
    /// tells whether one more try makes sense.
    public func refused(_ token: AccessToken) -> Bool { handle.refused(token: token.parts.handle) }

    public func covers(_ url: String) -> Bool { handle.covers(url: url) }

    /// Changes with each new token and each one that is dropped.
    public var generation: Int64 { handle.generation() }
    /// What happened so far.
    public var stats: Stats { Stats(handle.stats()) }
    /// Where this partner's calls go.
    public var baseURL: String { handle.environment().baseUrl }
}

/// A ``Partner`` bound to one merchant.
public final class Merchant: Caller {
    /// The partner behind it.
    public let partner: Partner
    /// The sales unit this object speaks for.
    public let msn: String
    private let handle: MerchantHandle

    init(partner: Partner, msn: String, handle: MerchantHandle) {
        self.partner = partner
        self.msn = msn
        self.handle = handle
    }

    /// All headers of a call for this merchant. Fetches a token if none is at hand.
    public func headers() async throws -> [String: String] {
        if let known = cachedHeaders() { return known }
        return try await native { try await handle.headers(cancellation: $0) }.headers
    }

    /// The same headers without I/O; `nil` when a token must be fetched first, or the keys are for another MSN.
    public func cachedHeaders() -> [String: String]? { handle.cachedHeaders()?.headers }

    public func covers(_ url: String) -> Bool { partner.covers(url) }

    /// Checks an ID token for this merchant, with the `client_id` where the keys tell it.
    public func verifyIDToken(_ jwt: String, expect: Expect = Expect()) async throws -> IDTokenClaims {
        if let known = try verifyIDTokenCached(jwt, expect: expect) { return known }
        return IDTokenClaims(
            parts: try await native {
                try await handle.verifyIdToken(jwt: bounded(jwt), expect: expect.parts, cancellation: $0)
            })
    }

    /// The same check without I/O; `nil` when keys must be fetched first.
    public func verifyIDTokenCached(_ jwt: String, expect: Expect = Expect()) throws -> IDTokenClaims? {
        try native { try handle.verifyIdTokenCached(jwt: bounded(jwt), expect: expect.parts) }.map(IDTokenClaims.init)
    }

    /// Login in the browser, with this `redirect_uri`: the very text that is registered in the portal.
    public func login(redirectURI: String) throws -> Login {
        Login(handle: try native { try handle.login(redirectUri: redirectURI) })
    }

    /// Login from a phone number. Not for web pages or apps: Vipps forbids it there.
    public func backchannel() throws -> Backchannel { Backchannel(handle: try native { try handle.backchannel() }) }
}

/// A token for Vipps' APIs.
public struct AccessToken: Sendable, CustomStringConvertible, CustomReflectable {
    let parts: TokenParts

    /// The token itself, without the word `Bearer`.
    public var secret: String { parts.secret }
    /// When Vipps stops accepting it, by this machine's clock.
    public var expiresAt: Date { parts.expiresAt }

    /// Never the token.
    public var description: String { "AccessToken(expiresAt: \(expiresAt))" }
    public var customMirror: Mirror { hidden(self) }
}

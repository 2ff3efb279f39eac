import Foundation
import VippsPartnerAuthNative

/// One of the kinds of keys Vipps hands out. Which one chooses the flow; there is no flag. The secrets are kept by
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

    /// The keys of a payment service provider: one set for all its merchants, with its id on API calls and never on the token
    /// call. Vipps' public documents say little of them; Login and the Management API are refused with them.
    public static func psp(
        clientID: String, clientSecret: String, subscriptionKey: String, pspID: String,
        secondSubscriptionKey: String? = nil
    ) throws -> Keys {
        try of {
            try KeysHandle.psp(
                clientId: clientID, clientSecret: clientSecret, subscriptionKey: subscriptionKey, pspId: pspID,
                secondSubscriptionKey: secondSubscriptionKey)
        }
    }

    /// Accounting and donations keys: no subscription key, no MSN.
    public static func specialized(clientID: String, clientSecret: String, scope: String? = nil) throws -> Keys {
        try of { try KeysHandle.specialized(clientId: clientID, clientSecret: clientSecret, scope: scope) }
    }

    /// Reads partner keys from `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and, if set,
    /// `VIPPS_SECOND_SUBSCRIPTION_KEY`. An error names the variable that is missing, never a value.
    public static func partnerFromEnvironment() throws -> Keys { try of { try KeysHandle.partnerFromEnv() } }

    /// Reads what ``partnerFromEnvironment()`` reads, and `VIPPS_MSN`.
    public static func salesUnitFromEnvironment() throws -> Keys { try of { try KeysHandle.salesUnitFromEnv() } }

    /// Reads what ``partnerFromEnvironment()`` reads, and `VIPPS_PSP_ID`.
    public static func pspFromEnvironment() throws -> Keys { try of { try KeysHandle.pspFromEnv() } }

    /// ``salesUnitFromEnvironment()`` where `VIPPS_MSN` is set, ``pspFromEnvironment()`` where `VIPPS_PSP_ID` is, else
    /// ``partnerFromEnvironment()``.
    public static func fromEnvironment() throws -> Keys { try of { try KeysHandle.fromEnv() } }

    /// Reads specialized keys from `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET` and, if set, `VIPPS_SCOPE`.
    public static func specializedFromEnvironment() throws -> Keys { try of { try KeysHandle.specializedFromEnv() } }

    /// What keys are for. A later version may have more.
    public struct Kind: OpenWord {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// All merchants of a partner.
        public static let partner: Self = "partner"
        /// One sales unit.
        public static let salesUnit: Self = "sales_unit"
        /// Accounting and donations.
        public static let specialized: Self = "specialized"
        /// All merchants of a payment service provider.
        public static let psp: Self = "psp"
    }

    private static func of(_ make: () throws -> KeysHandle) throws -> Keys { Keys(handle: try native(make)) }

    /// What they are for.
    public var kind: Kind { Kind(rawValue: handle.kind()) }
    /// The client id, which is no secret.
    public var clientID: String { handle.clientId() }
    /// The sales unit that the keys belong to, where they belong to one.
    public var msn: String? { handle.msn() }
    /// The id that API calls carry as `Psp-Id`, where the keys are those of a PSP.
    public var pspID: String? { handle.pspId() }

    /// Never a secret.
    public var description: String { "Keys(kind: \(kind), clientID: \(clientID))" }
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

/// One set of keys at work: the entry point. Build one per set of keys and keep it, since it holds the token.
public final class Partner: Caller {
    private let fed: Fed<PartnerHandle>
    var handle: PartnerHandle { fed.handle }

    /// Checks everything that can be checked without asking Vipps; `invalidConfig` for a wrong setting, naming it, and
    /// for partner keys in the test environment.
    public init(
        keys: Keys, system: SystemInfo, environment: VippsEnvironment? = nil, settings: VippsSettings = VippsSettings(),
        keySource: (any KeySource)? = nil
    ) throws {
        fed = try Fed(settings.onEvent) {
            try PartnerHandle(
                keys: keys.handle, system: system.parts, settings: settings.parts(environment), events: $0,
                keySource: questions(to: keySource))
        }
    }

    private init(fed: Fed<PartnerHandle>) { self.fed = fed }

    /// Reads keys, ``SystemInfo`` and `VIPPS_ENVIRONMENT` from the environment. An error names the variable.
    public static func fromEnvironment(
        settings: VippsSettings = VippsSettings(), keySource: (any KeySource)? = nil
    ) throws -> Partner {
        Partner(
            fed: try Fed(settings.onEvent) {
                try PartnerHandle.fromEnv(
                    settings: settings.parts(nil), events: $0, keySource: questions(to: keySource))
            })
    }

    /// The same keys, bound to one merchant; `invalidConfig`, field `msn`, for anything but 4 to 10 digits.
    public func merchant(_ msn: String) throws -> Merchant {
        Merchant(partner: self, msn: msn, handle: try native { try handle.merchant(msn: msn) })
    }

    /// Puts other keys in the place of those in use: of the same kind, and for the same sales unit and scope. They are tried
    /// first. Until Vipps has given a token for them, and where it gives none, everything stays as it was; then keys and
    /// token change at one moment, for all merchants of this partner. Throws as ``authorization()`` does; `invalidConfig` for
    /// keys that can't take the place of those in use.
    public func replaceKeys(_ keys: Keys) async throws {
        try await native { try await handle.replaceKeys(keys: keys.handle, cancellation: $0) }
    }

    /// Headers for calls that are not for one merchant, with the token in them; with specialized keys, for all calls.
    public func authorization() async throws -> Authorization {
        if let known = cachedAuthorization() { return known }
        return Authorization(try await native { try await handle.headers(cancellation: $0) })
    }

    public func cachedAuthorization() -> Authorization? { handle.cachedHeaders().map(Authorization.init) }

    public func refused(_ used: Authorization) async throws -> Authorization {
        Authorization(
            try await native { try await handle.refused(token: used.token.parts.handle, cancellation: $0) })
    }

    public func noteRefused(_ used: Authorization) { handle.noteRefused(token: used.token.parts.handle) }

    public func answered(status: Int, contentType: String?) {}

    /// The token by itself, for clients that build headers on their own.
    public func accessToken() async throws -> AccessToken {
        AccessToken(parts: try await native { try await handle.accessToken(cancellation: $0) })
    }

    /// Drops this token, if it is still the one in use. Tells whether it was: a late refusal can't evict a newer one.
    @discardableResult
    public func invalidate(_ token: AccessToken) -> Bool { handle.invalidate(token: token.parts.handle) }

    public func covers(_ url: String) -> Bool { handle.covers(url: url) }

    public func mayFollow(from: String, to: String) -> Bool { handle.mayFollow(from: from, to: to) }

    public func withheld(_ url: String) { handle.withheld(url: url) }

    /// Changes with each new token and each one that is dropped.
    public var generation: Int64 { handle.generation() }
    /// What happened so far.
    public var stats: Stats { Stats(handle.stats()) }
    /// Where this partner's calls go.
    public var environment: VippsEnvironment { VippsEnvironment(known: handle.environment().baseUrl) }
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

    /// All headers of a call for this merchant, with the token in them. Fetches a token if none is at hand.
    public func authorization() async throws -> Authorization {
        if let known = cachedAuthorization() { return known }
        return Authorization(try await native { try await handle.headers(cancellation: $0) })
    }

    public func cachedAuthorization() -> Authorization? { handle.cachedHeaders().map(Authorization.init) }

    public func refused(_ used: Authorization) async throws -> Authorization {
        Authorization(
            try await native { try await handle.refused(token: used.token.parts.handle, cancellation: $0) })
    }

    public func noteRefused(_ used: Authorization) { handle.noteRefused(token: used.token.parts.handle) }

    public func answered(status: Int, contentType: String?) {
        handle.answered(status: UInt16(clamping: status), contentType: contentType)
    }

    public func covers(_ url: String) -> Bool { partner.covers(url) }

    public func mayFollow(from: String, to: String) -> Bool { partner.mayFollow(from: from, to: to) }

    public func withheld(_ url: String) { partner.withheld(url) }

    /// Checks an ID token for this merchant, with the `client_id` where the keys tell it.
    public func verifyIDToken(_ jwt: String, expect: Expect = Expect()) async throws -> IDTokenClaims {
        if let known = try verifyIDTokenCached(jwt, expect: expect) { return known }
        return IDTokenClaims(
            parts: try await native {
                try await handle.verifyIdToken(jwt: bounded(jwt), expect: expect.values, cancellation: $0)
            })
    }

    /// The same check without I/O; `nil` when keys must be fetched first.
    public func verifyIDTokenCached(_ jwt: String, expect: Expect = Expect()) throws -> IDTokenClaims? {
        try native { try handle.verifyIdTokenCached(jwt: bounded(jwt), expect: expect.values) }.map(IDTokenClaims.init)
    }

    /// Login in the browser, with this `redirect_uri`: the very text that is registered in the portal.
    public func login(redirectURI: String) throws -> Login {
        Login(handle: try native { try handle.login(redirectUri: redirectURI) }, redirectURI: redirectURI)
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

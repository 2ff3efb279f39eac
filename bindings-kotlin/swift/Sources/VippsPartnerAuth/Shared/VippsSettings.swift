import Foundation
import VippsPartnerAuthNative

/// Which Vipps to talk to.
public enum VippsEnvironment: Sendable, Hashable {
    /// For Vipps and MobilePay in every country. The only one where partner keys work.
    case production
    /// Takes sales unit keys, never partner keys.
    case test
    /// Any other base URL, such as the emulator's: https, or http to this machine.
    case custom(String)

    /// Reads `production`, `test` or a base URL; anything else is `invalidConfig`, field `environment`.
    public init(_ text: String) throws {
        self.init(known: try native { try environmentOf(text: text) }.baseUrl)
    }

    /// One that was checked.
    init(known baseURL: String) { self = Self.known[baseURL] ?? .custom(baseURL) }

    /// Reads `VIPPS_ENVIRONMENT`; production when it is not set.
    public static func fromEnvironment() throws -> VippsEnvironment {
        try VippsEnvironment(native { try environmentFromEnv() }.baseUrl)
    }

    /// The base URL, without a slash at the end.
    public var baseURL: String { get throws { try native { try environmentOf(text: text) }.baseUrl } }

    /// The `iss` of this environment's ID tokens. It ends with a slash.
    public var issuer: String { get throws { try native { try environmentOf(text: text) }.issuer } }

    var text: String {
        switch self {
        case .production: return "production"
        case .test: return "test"
        case .custom(let baseURL): return baseURL
        }
    }

    private static let known = [VippsEnvironment.production, .test].reduce(into: [String: VippsEnvironment]()) {
        $0[(try? $1.baseURL) ?? $1.text] = $1
    }
}

/// Everything that can be set besides the ``VippsEnvironment``. What is `nil` has the library's default; nothing is checked
/// until it is used, and an error names the setting. Spans of time are in seconds.
public struct VippsSettings: Sendable {
    /// Limit for a TCP and TLS handshake; 5 seconds unless set.
    public var connectTimeout: TimeInterval?
    /// Limit for one request from connect to the last byte; 10 seconds unless set.
    public var requestTimeout: TimeInterval?
    /// Limit for a whole fetch with its retries, while somebody waits; 30 seconds unless set.
    public var deadline: TimeInterval?
    /// How far the clocks of issuer and reader may differ, 0 to 300 seconds; 60 unless set.
    public var leeway: TimeInterval?
    /// How long past its age a key set is still used during an outage, at most 24 hours; 4 hours unless set.
    public var staleKeysFor: TimeInterval?
    /// A company's own certificate authorities (PEM), trusted besides those of the machine.
    public var caPEM: Data?
    /// The proxy for everything that leaves this machine, such as `http://user:password@proxy.example:8080` (`http`, `https` or
    /// `socks5`), in the place of the proxy variables; `direct` for none. The variables unless set.
    public var proxy: String?
    /// Shares the token with other processes through Redis or Valkey: `redis://[user:password@]host[:6379][/db]`, with
    /// TLS `rediss://`, or `redis+sentinel`, `redis+cluster`, `redis+unix`. A wrong URL is refused when the partner is
    /// built; a Redis that is out of reach costs an event and no call.
    public var redisURL: String?
    /// The authorities (PEM) that Redis' certificate is checked against, instead of the machine's.
    public var redisCAPEM: Data?
    /// How `/miami/v1/token` writes Basic; raw unless set.
    public var basicEncoding: BasicEncoding?
    /// How Login's token endpoint is sent the Basic of sales unit keys; form-encoded unless set. Where the keys are refused
    /// the other way is tried once.
    public var loginBasicEncoding: BasicEncoding?
    /// How it is written where a login from a phone number starts; raw unless set.
    public var backchannelBasicEncoding: BasicEncoding?
    /// How sales unit keys authenticate in Login; in a header unless set.
    public var loginAuthMethod: LoginAuthMethod?
    /// Lets partner keys be used with ``VippsEnvironment/test``, where Vipps refuses them.
    public var allowPartnerKeysInTest = false
    /// More origins (`https://gateway.example`) to which headers may be attached.
    public var trustedOrigins: [String] = []
    /// Told of everything that happens in the background, in order, on a thread of its own: it may take its time and
    /// call the library. While it is busy 256 events wait for it; how many found no room is told by an event of its own,
    /// `events_dropped`. Warnings are logged also without it.
    public var onEvent: (@Sendable (VippsEvent) -> Void)?
    /// A clock for tests.
    public var clock: ManualClock?

    /// The library's defaults.
    public init() {}

    func parts(_ environment: VippsEnvironment?) -> SettingsParts {
        SettingsParts(
            environment: environment?.text, connectTimeout: connectTimeout, requestTimeout: requestTimeout,
            deadline: deadline, leeway: leeway, staleKeysFor: staleKeysFor, caPem: caPEM, proxy: proxy, redisUrl: redisURL,
            redisCaPem: redisCAPEM, basicEncoding: basicEncoding?.rawValue, loginBasicEncoding: loginBasicEncoding?.rawValue,
            backchannelBasicEncoding: backchannelBasicEncoding?.rawValue,
            loginAuthMethod: loginAuthMethod?.rawValue, allowPartnerKeysInTest: allowPartnerKeysInTest,
            trustedOrigins: trustedOrigins, clock: clock?.handle)
    }
}

/// How client id and secret are written in HTTP Basic (RFC 7617).
public enum BasicEncoding: String, Sendable, CaseIterable, Codable {
    /// As they are.
    case raw
    /// Each form-encoded first (RFC 6749 section 2.3.1).
    case form

    /// Reads `raw` or `form`; `invalidConfig`, field `basic_encoding`, for anything else.
    public init(_ text: String) throws {
        self = BasicEncoding(rawValue: try native { try basicEncodingOf(text: text) }) ?? .raw
    }
}

/// Where a client puts its id and secret (OpenID Connect Core section 9).
public enum LoginAuthMethod: String, Sendable, CaseIterable, Codable {
    /// In a header.
    case clientSecretBasic = "client_secret_basic"
    /// In the body.
    case clientSecretPost = "client_secret_post"

    /// Reads the words of OpenID; `invalidConfig`, field `login_auth_method`, for anything else.
    public init(_ text: String) throws {
        self = LoginAuthMethod(rawValue: try native { try loginAuthMethodOf(text: text) }) ?? .clientSecretBasic
    }
}

/// As its text: `production`, `test` or a base URL.
extension VippsEnvironment: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension VippsSettings: CustomStringConvertible, CustomReflectable {
    /// Nothing of what was set: a Redis URL can hold a password.
    public var description: String { "VippsSettings" }
    public var customMirror: Mirror { hidden(self) }
}

/// Counters since an object was built.
public struct Stats: Sendable, Hashable, Codable {
    /// Requests sent to a token endpoint, retries included.
    public let tokenRequests: Int64
    /// Tokens fetched while somebody waited.
    public let tokensFetched: Int64
    /// Tokens renewed in the background.
    public let tokensRenewed: Int64
    /// Fetches that failed while somebody waited.
    public let fetchesFailed: Int64
    /// Renewals that failed.
    public let renewalsFailed: Int64
    /// Tokens taken from the shared cache.
    public let tokensFromCache: Int64
    /// Failures of the shared cache.
    public let cacheFailures: Int64
    /// Key sets loaded.
    public let keysRefreshed: Int64
    /// Loads of the key set that failed.
    public let keysRefreshFailed: Int64
    /// ID tokens with an unknown key for which the key set was not loaded again.
    public let unknownKidsSuppressed: Int64
    /// Refusals by an API for which no other token was fetched, since one had been moments ago.
    public let refusalsIgnored: Int64
    /// Events that the handler was too slow for.
    public let eventsDropped: Int64

    init(_ parts: StatsParts) {
        tokenRequests = parts.tokenRequests
        tokensFetched = parts.tokensFetched
        tokensRenewed = parts.tokensRenewed
        fetchesFailed = parts.fetchesFailed
        renewalsFailed = parts.renewalsFailed
        tokensFromCache = parts.tokensFromCache
        cacheFailures = parts.cacheFailures
        keysRefreshed = parts.keysRefreshed
        keysRefreshFailed = parts.keysRefreshFailed
        unknownKidsSuppressed = parts.unknownKidsSuppressed
        refusalsIgnored = parts.refusalsIgnored
        eventsDropped = parts.eventsDropped
    }
}

/// A clock that moves only when told to, for tests of code that depends on the life of tokens.
public struct ManualClock: Sendable {
    let handle: ManualClockHandle

    /// A clock that stands at this moment. With `runsThroughSleeps` nobody ever waits: waiting moves it on at once.
    public init(at moment: Date, runsThroughSleeps: Bool = false) throws {
        let seconds = moment.timeIntervalSince1970
        handle = try native { try ManualClockHandle(unixSeconds: seconds, runsThroughSleeps: runsThroughSleeps) }
    }

    /// Where the wall clock stands.
    public var now: Date { handle.now() }

    /// Moves the clock on and wakes everybody who slept until then.
    public func advance(_ span: Duration) throws { try native { try handle.advance(seconds: span.seconds) } }

    /// Sets the wall clock alone, as an administrator or a time server would.
    public func setWall(_ moment: Date) throws {
        try native { try handle.setWall(unixSeconds: moment.timeIntervalSince1970) }
    }
}

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
/// until it is used, and an error names the setting.
public struct VippsSettings: Sendable {
    // Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
    /// Limit for a TCP and TLS handshake. Default: 5 s; more than 0, at most 1 h.
    public var connectTimeout: Duration?
    /// Limit for one request, from connecting to the last byte. Default: 10 s; more than 0, at most 1 h.
    public var requestTimeout: Duration?
    /// Limit for a whole fetch with its retries, while somebody waits. A caller who joins a renewal in flight may wait for
    /// that first, for one request at most. A shared cache has one second of its own, and waiting for what another process
    /// fetches takes 10 s at most, never more than this limit. Default: 30 s; more than 0, at most 1 h.
    public var deadline: Duration?
    /// How far the clocks of Vipps and this machine may differ when an ID token is checked. Default: 60 s; 0 to 300 s.
    public var leeway: Duration?
    /// How long past their age Vipps' public keys are still used while it can't be reached. Longer survives longer outages
    /// and trusts a withdrawn key longer. Default: 4 h; 0 to 24 h.
    public var staleKeysFor: Duration?
    /// A company's own certificate authorities (PEM), trusted besides the machine's. On Linux and other Unix systems
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured without this; macOS and Windows have their own stores. A store of
    /// the language's runtime, such as the JVM's, is not read. Default: none.
    public var caPEM: Data?
    /// The proxy for everything that leaves this machine, in the place of the proxy variables; `direct` for none. It looks
    /// like `http://user:password@proxy.example:8080` (`http`, `https` or `socks5`), and stands for all proxy variables,
    /// `NO_PROXY` too. A value that can't be used is refused. Default: the variables `https_proxy`, `all_proxy` and
    /// `no_proxy`, small or in capitals.
    public var proxy: String?
    /// Where processes share their token: the URL of a Redis or Valkey. It looks like
    /// `redis://[user:password@]host[:6379][/db]`, with TLS `rediss://`, or `redis+sentinel`, `redis+cluster`,
    /// `redis+unix`. A wrong URL is refused at once; a Redis that is out of reach costs an event and no call. Default:
    /// none.
    public var redisURL: String?
    /// The authorities (PEM) that a `rediss://` server is checked against, instead of the machine's. Default: the
    /// machine's.
    public var redisCAPEM: Data?
    /// How specialised keys are written in HTTP Basic at the token endpoint: as they are, or form-encoded first (RFC 6749
    /// section 2.3.1). Default: `raw`.
    public var basicEncoding: BasicEncoding?
    /// How sales unit keys are written in HTTP Basic at Login's token endpoint. Where Vipps refuses them, the other way is
    /// tried once. Servers of the kind that Vipps appears to run decode the parts. What works is remembered, and told as
    /// the event `other_basic_encoding_used`. Default: `form`.
    public var loginBasicEncoding: BasicEncoding?
    /// How sales unit keys are written in HTTP Basic where a login by phone number starts, and where it is asked whether a
    /// user exists. Where Vipps refuses them, the other way is tried once. Vipps' own examples write them as they are.
    /// Default: `raw`.
    public var backchannelBasicEncoding: BasicEncoding?
    /// How sales unit keys authenticate in Login, as the portal has it for that sales unit: in a header, or in the body.
    /// Default: `client_secret_basic`.
    public var loginAuthMethod: LoginAuthMethod?
    /// Lets partner keys be used with the test environment, where Vipps refuses them. Default: false.
    public var allowPartnerKeysInTest = false
    /// More origins (`https://gateway.example`) that adapters may send headers to, besides the environment's own. The
    /// discovery document may place Login's endpoints and the keys of ID tokens there as well. Default: none.
    public var trustedOrigins: [String] = []

    var values: [String: NamedValue] {
        var values = [String: NamedValue]()
        values["connect_timeout"] = connectTimeout.map { .span(seconds: $0.seconds) }
        values["request_timeout"] = requestTimeout.map { .span(seconds: $0.seconds) }
        values["deadline"] = deadline.map { .span(seconds: $0.seconds) }
        values["leeway"] = leeway.map { .span(seconds: $0.seconds) }
        values["stale_keys_for"] = staleKeysFor.map { .span(seconds: $0.seconds) }
        values["ca_pem"] = caPEM.map { .text(text: String(decoding: $0, as: UTF8.self)) }
        values["proxy"] = proxy.map { .text(text: $0) }
        values["redis_url"] = redisURL.map { .text(text: $0) }
        values["redis_ca_pem"] = redisCAPEM.map { .text(text: String(decoding: $0, as: UTF8.self)) }
        values["basic_encoding"] = basicEncoding.map { .text(text: $0.rawValue) }
        values["login_basic_encoding"] = loginBasicEncoding.map { .text(text: $0.rawValue) }
        values["backchannel_basic_encoding"] = backchannelBasicEncoding.map { .text(text: $0.rawValue) }
        values["login_auth_method"] = loginAuthMethod.map { .text(text: $0.rawValue) }
        values["allow_partner_keys_in_test"] = .flag(isOn: allowPartnerKeysInTest)
        values["trusted_origins"] = .texts(texts: trustedOrigins)
        return values
    }
    // End of what is generated.

    /// Told of everything that happens in the background, in order, on a thread of its own: it may take its time and
    /// call the library. While it is busy 256 events wait for it; how many found no room is told by an event of its own,
    /// `events_dropped`. Warnings are logged also without it.
    public var onEvent: (@Sendable (VippsEvent) -> Void)?
    /// A clock for tests.
    public var clock: ManualClock?

    /// The library's defaults.
    public init() {}

    func parts(_ environment: VippsEnvironment?) -> SettingsParts {
        var values = self.values
        values["environment"] = environment.map { .text(text: $0.text) }
        return SettingsParts(values: values, clock: clock?.handle)
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

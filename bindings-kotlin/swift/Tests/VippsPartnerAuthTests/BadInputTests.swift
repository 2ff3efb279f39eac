import Foundation
import Testing
import VippsEmulator
import VippsPartnerAuth

/// Whatever comes in: a typed error that names it, or a call that works, and never the end of the process.
struct BadInputTests {
    private let vipps: Emulator
    private let partner: Partner
    private let shop: Merchant

    init() async throws {
        vipps = try await Emulator.start(.init(merchants: ["123456"]))
        partner = try await Partner(
            keys: vipps.partnerKeys().forPartner(), system: SystemInfo(name: "acme", version: "3.1.2"),
            environment: vipps.environment)
        shop = try partner.merchant("123456")
    }

    @Test func aTypedErrorNamesTheArgument() throws {
        #expect(field { try partner.merchant("12 345") } == "msn")
        #expect(field { try partner.merchant("\u{0}🦀") } == "msn")
        #expect(field { try Keys.partner(clientID: "", clientSecret: "s", subscriptionKey: "k") } == "client_id")
        #expect(field { try SystemInfo(name: "acme\r\nX: 1", version: "1") } == "system_name")
        #expect(field { try VippsEnvironment("http://vipps.example") } == "environment")
        #expect(field { try LoginRequest(json: "{}") } == "request")
        #expect(field { try PendingLogin(json: "[") } == "pending")
        #expect(field { try BackchannelPing(body: "") } == "body")
        #expect(field { try shop.login(redirectURI: "/callback") } == "redirect_uri")
    }

    @Test func aSettingIsRefusedByItsName() async throws {
        let keys = try await keys()
        func refused(_ change: (inout VippsSettings) -> Void) -> String? { field { try partner(keys, with: change) } }
        #expect(refused { $0.redisURL = "http://cache.internal" } == "redis_url")
        #expect(refused { $0.redisURL = "redis://" } == "redis_url")
        let none = Data("none".utf8)
        #expect(refused { $0.redisCAPEM = none } == "redis_ca_pem")
        #expect(refused { ($0.redisURL, $0.redisCAPEM) = ("rediss://cache.internal", none) } == "redis_ca_pem")
        #expect(refused { $0.caPEM = none } == "ca_pem")
        #expect(refused { $0.proxy = "ftp://proxy.example" } == "proxy")
        #expect(refused { $0.trustedOrigins = ["http://gateway.example"] } == "trusted_origin")
    }

    @Test func noPasswordOfRedisIsTold() async throws {
        let keys = try await keys()
        #expect {
            _ = try partner(keys) { $0.redisURL = "redis://user:fixture-Password@cache.internal:port" }
        } throws: { error in
            !"\(error) \(error.localizedDescription) \(String(reflecting: error))".contains("fixture-Password")
        }
    }

    @Test(arguments: [-1, .nan, .infinity, -.infinity, 1e300, .greatestFiniteMagnitude])
    func aMomentThatIsNoneIsRefused(_ seconds: Double) async throws {
        let clock = try ManualClock(at: Date(timeIntervalSince1970: 0))
        let moment = Date(timeIntervalSince1970: seconds)
        #expect(field { try ManualClock(at: moment) } == "unix_seconds")
        #expect(field { try clock.setWall(moment) } == "unix_seconds")
        await #expect(throws: (any Error).self) { try await vipps.setTime(moment) }
    }

    @Test(arguments: [Duration.seconds(-1), .seconds(Int64.min), .nanoseconds(-1)])
    func aDurationBelowZeroIsRefused(_ span: Duration) async throws {
        let keys = try await keys()
        func refused(_ change: (inout VippsSettings) -> Void) -> String? { field { try partner(keys, with: change) } }
        #expect(refused { $0.connectTimeout = span } == "connect_timeout")
        #expect(refused { $0.requestTimeout = span } == "request_timeout")
        #expect(refused { $0.deadline = span } == "deadline")
        #expect(refused { $0.leeway = span } == "leeway")
        #expect(refused { $0.staleKeysFor = span } == "stale_keys_for")
        let clock = try ManualClock(at: Date(timeIntervalSince1970: 0))
        #expect(field { try clock.advance(span) } == "span")
        let (phone, hint) = (try shop.backchannel(), "urn:msisdn:4791234567")
        let options = BackchannelOptions(requestedExpiry: span)
        let asked = await field { try await phone.start(loginHint: hint, scopes: ["openid"], options: options) }
        #expect(asked == "requested_expiry")
        let pending = try await phone.start(loginHint: hint, scopes: ["openid"])
        #expect(await field { try await phone.wait(pending, timeout: span) } == "timeout")
        let webhooks = WebhookOptions(tolerance: span)
        #expect(field { try WebhookVerifier(webhookID: "id", secret: "s", options: webhooks) } == "tolerance")
    }

    @Test(arguments: [Int.min, -1, 65_536, .max])
    func aNumberThatIsNoneIsRefused(_ number: Int) async throws {
        func member(_ call: () async throws -> Void) async -> String? {
            do { try await call() } catch { return (error as? EmulatorError)?.refusal?.member }
            return nil
        }
        #expect(await member { _ = try await Emulator.start(.init(port: number)) } == "port")
        #expect(await member { try await vipps.backchannelLimit(number) } == "logins")
        #expect(await member { try await vipps.failNext(.jwks, status: number) } == "status")
        #expect(await member { try await vipps.script("/", replies: [.init(status: number)]) } == "replies[0].status")
        #expect(await member { try await vipps.approve(String(number)) } == "id")
        let span = Duration.seconds(-1)
        #expect(await member { try await vipps.advance(span) } == "seconds")
        #expect(await member { try await vipps.setLatency(.jwks, duration: span) } == "seconds")
    }

    private static let texts = [
        "nothing": "", "a space": " ", "zero": "\u{0}", "a line break": "\r\n", "a crab": "🦀\u{301}",
        "half a JSON": "{\"a\":", "no letters": "\u{FFFD}\u{202E}", "a million bytes": String(repeating: "ø", count: 500_000),
    ]

    @Test(arguments: texts.keys.sorted())
    func noTextEndsTheProcess(_ name: String) async throws {
        let text = try #require(Self.texts[name])
        let keys = try await keys()
        let verifier = try IDTokenVerifier(environment: vipps.environment)
        let login = try shop.login(redirectURI: "https://shop.example/callback")
        let request = try await login.start(scopes: ["openid"])
        let calls: [() async throws -> Any] = [
            { try Keys.salesUnit(clientID: text, clientSecret: text, subscriptionKey: text, msn: text) },
            { try Keys.specialized(clientID: text, clientSecret: text, scope: text) },
            { try SystemInfo(name: text, version: text, pluginName: text, pluginVersion: text) },
            { SystemInfo.fit(text) }, { try VippsEnvironment(text) }, { partner.covers(text) },
            { try partner.merchant(text) }, { try shop.login(redirectURI: text) },
            { try LoginRequest(json: text) }, { try PendingLogin(json: text) }, { try BackchannelPing(body: text) },
            { try UnverifiedConsentRevoked(body: text) }, { try IDTokenVerifier(jwks: text) },
            { try await verifier.verify(text, expect: Expect(msn: text, nonce: text, acr: text, authReqID: text)) },
            { try request.code(callbackURL: text) }, { try request.resumeURI(appCallbackURI: text, callbackURL: text) },
            { try await login.start(scopes: [text]) },
            { try await login.finish(callbackURL: text, request: request) },
            { try await shop.backchannel().userExists(msisdn: text) as Any },
            { try await shop.backchannel().start(loginHint: text, scopes: [text]) },
            { try partner(keys) { ($0.caPEM, $0.redisURL, $0.trustedOrigins) = (Data(text.utf8), text, [text]) } },
        ]
        for call in calls {
            do {
                _ = try await call()
            } catch let error as VippsAuthError {
                #expect(error.kind != .internal, "\(error)")
            }
        }
    }

    private func keys() async throws -> Keys { try await vipps.partnerKeys().forPartner() }

    private func partner(_ keys: Keys, with change: (inout VippsSettings) -> Void) throws -> Partner {
        var settings = VippsSettings()
        change(&settings)
        return try Partner(
            keys: keys, system: SystemInfo(name: "acme", version: "3.1.2"), environment: vipps.environment,
            settings: settings)
    }
}

/// The argument that an error names.
private func field<T>(_ call: () throws -> T) -> String? {
    do { _ = try call() } catch { return (error as? VippsAuthError)?.field }
    return nil
}

private func field<T>(_ call: () async throws -> T) async -> String? {
    do { _ = try await call() } catch { return (error as? VippsAuthError)?.field }
    return nil
}

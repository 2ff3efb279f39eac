import Foundation
import Testing
import VippsEmulator
import VippsPartnerAuth

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The blocks of the README, word for word; those for test runners are in ``RunnersTests``.
@Suite(.serialized)
struct ReadmeTests {
    private let vipps: Emulator
    private let environment: VippsEnvironment
    private let shop: Merchant

    init() async throws {
        setenv("VIPPS_CLIENT_ID", "11111111-2222-4333-8444-555555555555", 1)
        setenv("VIPPS_CLIENT_SECRET", "fixture-Secret+/42==", 1)
        setenv("VIPPS_SUBSCRIPTION_KEY", "0123456789abcdef0123456789abcdef", 1)
        let keys = Emulator.NewKeys(
            clientID: "11111111-2222-4333-8444-555555555555", clientSecret: "fixture-Secret+/42==",
            secondSubscriptionKey: "fedcba9876543210fedcba9876543210",
            subscriptionKey: "0123456789abcdef0123456789abcdef")
        vipps = try await Emulator.start(.init(merchants: ["123456"], partnerKeys: keys))
        environment = vipps.environment
        let partner = try await Partner(
            keys: vipps.partnerKeys().forPartner(), system: SystemInfo(name: "acme", version: "3.1.2"),
            environment: environment)
        shop = try partner.merchant("123456")
    }

    @Test func quickStart() async throws {
        let url = try #require(URL(string: vipps.baseURL + "/epayment/v1/payments"))
        let partner = try Partner(
            keys: .fromEnvironment(), system: SystemInfo(name: "acme", version: "3.1.2"), environment: environment)
        let shop = try partner.merchant("123456")
        var call = URLRequest(url: url)
        try await call.authorize(with: shop)
        #expect(call.value(forHTTPHeaderField: "Merchant-Serial-Number") == "123456")
    }

    @Test func session() async throws {
        let url = try #require(URL(string: vipps.baseURL + "/epayment/v1/payments"))
        let session = VippsSession(for: shop)
        let (data, response) = try await session.data(for: URLRequest(url: url))
        #expect((response as? HTTPURLResponse)?.statusCode == 200 && !data.isEmpty)
    }

    @Test func fleet() async throws {
        let keys = try await vipps.partnerKeys().forPartner()
        let system = try SystemInfo(name: "acme", version: "3.1.2")
        var settings = VippsSettings()
        settings.redisURL = "redis://cache.internal:6379"
        let partner = try Partner(keys: keys, system: system, environment: environment, settings: settings)
        #expect(partner.stats.tokensFromCache == 0)
    }

    @Test func login() async throws {
        let callback = "https://shop.example/callback"
        try await vipps.registerRedirectURI("123456", redirectURI: callback)
        try await vipps.autoApprove("4791234567")
        var session: [String: String] = [:]
        func callbackURL() async throws -> String {
            try await whereTheBrowserGoes(LoginRequest(json: session["login"] ?? "").url)
        }
        let login = try shop.login(redirectURI: callback)
        let request = try await login.start(scopes: ["openid", "name"])
        session["login"] = request.json
        // The browser goes to request.url. When it is back:
        let kept = try LoginRequest(json: session["login"] ?? "")
        let result = try await login.finish(callbackURL: callbackURL(), request: kept)
        print("\(result.claims.sub) is \(try await login.userinfo(result).name ?? "nobody")")
        #expect(try await login.userinfo(result).name == "Kari Fixture")
    }

    @Test func phone() async throws {
        let now = try await vipps.now().now
        var settings = VippsSettings()
        settings.clock = try ManualClock(at: now, runsThroughSleeps: true)
        let partner = try await Partner(
            keys: vipps.partnerKeys().forPartner(), system: SystemInfo(name: "acme", version: "3.1.2"),
            environment: environment, settings: settings)
        let shop = try partner.merchant("123456")
        var told: [String] = []
        func print(_ line: String) { told.append(line) }
        let phone = try shop.backchannel()
        let pending = try await phone.start(
            loginHint: "urn:msisdn:4791234567", scopes: ["openid"], options: BackchannelOptions(bindingMessage: "A1B2-C3"))
        try await vipps.approve(pending.authReqID, msisdn: "4791234567")
        if let result = try await phone.wait(pending, timeout: .seconds(300)) {
            print(result.claims.sub)
        }
        #expect(told.count == 1)
    }

    @Test func phoneStates() async throws {
        let vipps = try await TestKit.start(.init(merchants: ["123456"]))
        let phone = try await vipps.merchant().backchannel()
        let pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        try await vipps.emulator.approve(pending.authReqID, msisdn: "4791234567")
        var told: [String] = []
        func show(_ line: String) { told.append(line) }
        for try await state in phone.states(pending) {
            switch state {
            case .pending(let nextPollIn): show("asked again in \(nextPollIn)")
            case .complete(let result): show("\(result.claims.sub) said yes")
            }
        }
        #expect(told.count == 1 && told[0].hasSuffix("said yes"))
    }

    @Test func offline() async throws {
        let vipps = try await Emulator.start(.init(merchants: ["123456"]))
        let partner = try await Partner(
            keys: vipps.partnerKeys().forPartner(), system: SystemInfo(name: "acme", version: "3.1.2"),
            environment: vipps.environment)
        let headers = try await partner.merchant("123456").headers()
        #expect(headers["merchant-serial-number"] == "123456")
    }

    @Test func time() async throws {
        let vipps = try await TestKit.start(.init(merchants: ["123456"]))
        let shop = try await vipps.merchant()
        _ = try await shop.headers()
        try await vipps.advance(.seconds(25 * 3_600))
        _ = try await shop.headers()
        print(try await vipps.emulator.count("/accesstoken/get"))  // 2
        #expect(try await vipps.emulator.count("/accesstoken/get") == 2)
    }

    @Test func verifier() async throws {
        let nonce = "n-0001"
        let jwt = try await vipps.mintIDToken("123456", nonce: nonce)
        let verifier = try IDTokenVerifier(environment: environment)
        let claims = try await verifier.verify(jwt, expect: Expect(msn: "123456", nonce: nonce))
        print(claims.sub)
    }

    @Test func errors() async throws {
        var logged: [String] = []
        func log(_ line: String) { logged.append(line) }
        func tryAgain(_ after: Duration?) { Issue.record("wrong keys stay wrong") }
        try await vipps.wrongEnvironment()
        do {
            _ = try await shop.headers()
        } catch let error as VippsAuthError where error.isRetryable {
            tryAgain(error.retryAfter)
        } catch let error as VippsAuthError {
            log("\(error.code): \(error.localizedDescription)")
        }
        #expect(logged.first?.hasPrefix("credentials_rejected: ") == true)
    }

    @Test func everyBlockIsRunHere() throws {
        let here = URL(fileURLWithPath: #filePath)
        let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        func trimmed(_ text: String) -> String {
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        }
        let runners = here.deletingLastPathComponent().appendingPathComponent("Emulator/RunnersTests.swift")
        let readme = try String(contentsOf: package.appendingPathComponent("README.md"), encoding: .utf8)
        let sources = try [here, runners].map { try String(contentsOf: $0, encoding: .utf8) }
        let tests = trimmed(sources.joined(separator: "\n"))
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count == 13)
        // Whole programs, which begin with imports, are run as they stand.
        for block in blocks where !block.hasPrefix("import ") { #expect(tests.contains(trimmed(block)), "\(block)") }
    }
}

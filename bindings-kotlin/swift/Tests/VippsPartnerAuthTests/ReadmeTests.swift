import Foundation
import Testing
import VippsEmulator
import VippsPartnerAuth

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The blocks of the README, word for word.
@Suite(.serialized)
struct ReadmeTests {
    private let vipps: Emulator
    private let environment: VippsEnvironment
    private let shop: Merchant

    init() throws {
        setenv("VIPPS_CLIENT_ID", "11111111-2222-4333-8444-555555555555", 1)
        setenv("VIPPS_CLIENT_SECRET", "fixture-Secret+/42==", 1)
        setenv("VIPPS_SUBSCRIPTION_KEY", "0123456789abcdef0123456789abcdef", 1)
        let keys = EmulatorKeys(
            clientId: "11111111-2222-4333-8444-555555555555", clientSecret: "fixture-Secret+/42==",
            subscriptionKey: "0123456789abcdef0123456789abcdef",
            secondSubscriptionKey: "fedcba9876543210fedcba9876543210")
        vipps = try Emulator(options: EmulatorOptions(merchants: ["123456"], partnerKeys: keys))
        environment = vipps.environment
        let partner = try Partner(
            keys: vipps.partnerKeys, system: SystemInfo(name: "acme", version: "3.1.2"), environment: environment)
        shop = try partner.merchant("123456")
    }

    @Test func quickStart() async throws {
        let url = try #require(URL(string: vipps.baseUrl() + "/epayment/v1/payments"))
        let partner = try Partner(
            keys: .fromEnvironment(), system: SystemInfo(name: "acme", version: "3.1.2"), environment: environment)
        let shop = try partner.merchant("123456")
        var call = URLRequest(url: url)
        try await call.authorize(with: shop)
        #expect(call.value(forHTTPHeaderField: "Merchant-Serial-Number") == "123456")
    }

    @Test func session() async throws {
        let url = try #require(URL(string: vipps.baseUrl() + "/epayment/v1/payments"))
        let session = VippsSession(for: shop)
        let (data, response) = try await session.data(for: URLRequest(url: url))
        #expect((response as? HTTPURLResponse)?.statusCode == 200 && !data.isEmpty)
    }

    @Test func fleet() throws {
        let keys = try vipps.partnerKeys
        let system = try SystemInfo(name: "acme", version: "3.1.2")
        var settings = VippsSettings()
        settings.redisURL = "redis://cache.internal:6379"
        let partner = try Partner(keys: keys, system: system, environment: environment, settings: settings)
        #expect(partner.stats.tokensFromCache == 0)
    }

    @Test func login() async throws {
        let callback = "https://shop.example/callback"
        try vipps.registerRedirectUri(msn: "123456", uri: callback)
        try vipps.autoApprove(msisdn: "4791234567")
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
        let now = Date(timeIntervalSince1970: Double(vipps.nowUnix()))
        var settings = VippsSettings()
        settings.clock = try ManualClock(at: now, runsThroughSleeps: true)
        let partner = try Partner(
            keys: vipps.partnerKeys, system: SystemInfo(name: "acme", version: "3.1.2"), environment: environment,
            settings: settings)
        let shop = try partner.merchant("123456")
        var told: [String] = []
        func print(_ line: String) { told.append(line) }
        let phone = try shop.backchannel()
        let pending = try await phone.start(
            loginHint: "urn:msisdn:4791234567", scopes: ["openid"], options: BackchannelOptions(bindingMessage: "A1B2-C3"))
        _ = try vipps.approve(id: pending.authReqID, msisdn: "4791234567")
        if let result = try await phone.wait(pending, timeout: 300) {
            print(result.claims.sub)
        }
        #expect(told.count == 1)
    }

    @Test func offline() async throws {
        let vipps = try Emulator(options: EmulatorOptions(merchants: ["123456"]))
        let partner = try Partner(
            keys: vipps.partnerKeys, system: SystemInfo(name: "acme", version: "3.1.2"), environment: vipps.environment)
        let headers = try await partner.merchant("123456").headers()
        #expect(headers["merchant-serial-number"] == "123456")
    }

    @Test func verifier() async throws {
        let nonce = "n-0001"
        let jwt = try vipps.mintIdToken(recipe: EmulatorIdToken(msn: "123456", nonce: nonce))
        let verifier = try IDTokenVerifier(environment: environment)
        let claims = try await verifier.verify(jwt, expect: Expect(msn: "123456", nonce: nonce))
        print(claims.sub)
    }

    @Test func errors() async throws {
        var logged: [String] = []
        func log(_ line: String) { logged.append(line) }
        func tryAgain(_ after: TimeInterval?) { Issue.record("wrong keys stay wrong") }
        vipps.wrongEnvironment(wrong: true)
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
        let readme = try String(contentsOf: package.appendingPathComponent("README.md"), encoding: .utf8)
        let tests = trimmed(try String(contentsOf: here, encoding: .utf8))
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count == 9)
        for block in blocks { #expect(tests.contains(trimmed(block)), "\(block)") }
    }
}

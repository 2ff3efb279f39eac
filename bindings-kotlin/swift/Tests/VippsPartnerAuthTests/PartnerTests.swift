import Foundation
import Testing
import VippsEmulator
import VippsPartnerAuth

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

struct PartnerTests {
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

    @Test func headersAreFetchedOnce() async throws {
        #expect(shop.cachedHeaders() == nil)
        let headers = try await shop.headers()
        #expect(headers["merchant-serial-number"] == "123456")
        #expect(shop.cachedHeaders() == headers)
        #expect(try await vipps.count("/accesstoken/get") == 1)
        #expect(partner.stats.tokensFetched == 1)
    }

    @Test func aThousandTasksFetchOneToken() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<1_000 { group.addTask { _ = try await shop.headers() } }
            try await group.waitForAll()
        }
        #expect(try await vipps.count("/accesstoken/get") == 1)
    }

    @Test func aRequestIsAuthorizedAndARealCallWorks() async throws {
        let url = try #require(URL(string: vipps.baseURL + "/epayment/v1/payments"))
        var call = URLRequest(url: url)
        try await call.authorize(with: shop)
        let (_, response) = try await URLSession.shared.data(for: call)
        #expect((response as? HTTPURLResponse)?.statusCode == 200)

        let authorized = try await URLRequest(url: url).authorized(with: shop)
        #expect(authorized.allHTTPHeaderFields == call.allHTTPHeaderFields)

        var elsewhere = URLRequest(url: try #require(URL(string: "https://elsewhere.example/")))
        try await elsewhere.authorize(with: shop)
        #expect(elsewhere.allHTTPHeaderFields ?? [:] == [:])
    }

    @Test func aRedirectIsFollowedOnlyWhereTheHeadersMayGo() async throws {
        let elsewhere = try await Emulator.start(.init(merchants: ["123456"]))
        let payments = "/epayment/v1/payments"
        let url = try #require(URL(string: vipps.baseURL + payments))
        let call = try await URLRequest(url: url).authorized(with: shop)
        let session = URLSession(configuration: .ephemeral, delegate: CoveredRedirects(for: shop), delegateQueue: nil)
        for (origin, status) in [(elsewhere.baseURL, 302), (vipps.baseURL, 200)] {
            let redirect = Emulator.Reply(status: 302, headers: ["location": origin + payments])
            try await vipps.script(payments, replies: [redirect])
            let (_, response) = try await session.data(for: call)
            #expect((response as? HTTPURLResponse)?.statusCode == status)
        }
        #expect(try await elsewhere.requests().isEmpty)
        #expect(try await vipps.count(payments) == 3)
        session.invalidateAndCancel()
    }

    @Test func anErrorSaysWhatHappened() async throws {
        try await vipps.wrongEnvironment()
        do {
            _ = try await shop.headers()
            Issue.record("it passed")
        } catch let error as VippsAuthError {
            #expect(error.kind == .credentialsRejected)
            #expect(error.localizedDescription == error.description)
            #expect("\(error)".contains("status=`400`"))
            #expect(error.recoverySuggestion != nil)
        }
    }

    @Test func nothingShowsASecret() async throws {
        try await vipps.clearRequests()
        let token = try await partner.accessToken()
        let keys = try await vipps.partnerKeys().forPartner()
        let expect = Expect(msn: "123456", accessToken: token.secret)
        var settings = VippsSettings()
        settings.redisURL = "redis://user:fixture-Password@cache.internal"
        let values: [Any] = [token, keys, shop, partner, expect, settings]
        var shown = values.map { "\($0) \(String(reflecting: $0))" }.joined()
        values.forEach { dump($0, to: &shown) }
        #expect(!shown.contains(token.secret))
        #expect(!shown.contains("fixture-Password"))
        #expect(try await !shown.contains(vipps.partnerKeys().clientSecret))
    }

    @Test func aLoginBringsAPerson() async throws {
        let callback = "https://shop.example/callback"
        try await vipps.registerRedirectURI("123456", redirectURI: callback)
        try await vipps.autoApprove("4791234567")
        let login = try shop.login(redirectURI: callback)
        #expect(login.redirectURI == callback)
        let request = try await login.start(scopes: ["openid", "name"])
        let kept = try JSONDecoder().decode(LoginRequest.self, from: JSONEncoder().encode(request))
        let result = try await login.finish(callbackURL: try await whereTheBrowserGoes(request.url), request: kept)
        #expect(result.claims.msn == "123456")
        #expect(try await login.userinfo(result).name == "Kari Fixture")
    }

    @Test func aPhoneLoginIsWaitedFor() async throws {
        let phone = try shop.backchannel()
        let pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        #expect(try await phone.poll(pending) == nil)
        try await vipps.approve(pending.authReqID, msisdn: "4791234567")
        try await vipps.advance(pending.interval)
        let body = try await vipps.pingBody(pending.authReqID)
        let result = try #require(try await phone.finishPing(body: body, pending: pending))
        #expect(result.scopes == ["openid"])
    }

    @Test func theStatesOfAPhoneLoginAreToldOneByOne() async throws {
        let now = try await vipps.now().now
        let hurried = try await partner { $0.clock = try? ManualClock(at: now, runsThroughSleeps: true) }
        let phone = try hurried.merchant("123456").backchannel()
        let pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        var told: [String] = []
        for try await state in phone.states(pending) {
            switch state {
            case .pending(let nextPollIn):
                #expect(nextPollIn == .seconds(5))
                told.append("pending")
            case .complete(let result):
                #expect(result.claims.msn == "123456" && !"\(state)".contains(result.accessToken.secret))
                told.append("complete")
            }
            try await vipps.advance(.seconds(5))
            if told.count == 3 { try await vipps.approve(pending.authReqID, msisdn: "4791234567") }
        }
        #expect(told == ["pending", "pending", "pending", "complete"])
    }

    @Test func aPersonWhoSaysNoEndsTheStates() async throws {
        let phone = try shop.backchannel()
        let pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        try await vipps.deny(pending.authReqID)
        var states = phone.states(pending).makeAsyncIterator()
        await #expect { _ = try await states.next() } throws: { ($0 as? VippsAuthError)?.reason == .denied }
        #expect(try await states.next() == nil)
    }

    @Test func whatIsKeptOrSentIsCodable() async throws {
        let jwt = try await vipps.mintIDToken("123456", claims: ["deep": ["yes": true, "list": [1, 2.5, "three"]]])
        let claims = try await shop.verifyIDToken(jwt)
        let sent = try JSONEncoder().encode(["claims": claims])
        struct Kept: Decodable { let claims: Claims }
        struct Claims: Decodable { let sub: String, exp: Double, deep: Deep }
        struct Deep: Decodable { let yes: Bool, list: [Item] }
        enum Item: Decodable, Equatable {
            case number(Double)
            case text(String)
            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if let number = try? value.decode(Double.self) { self = .number(number) } else { self = .text(try value.decode(String.self)) }
            }
        }
        let kept = try JSONDecoder().decode(Kept.self, from: sent).claims
        #expect(kept.sub == claims.sub && Date(timeIntervalSince1970: kept.exp) == claims.expiresAt)
        #expect(kept.deep.yes && kept.deep.list == [.number(1), .number(2.5), .text("three")])

        let pending = try await shop.backchannel().start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        let again = try JSONDecoder().decode([PendingLogin].self, from: JSONEncoder().encode([pending]))
        #expect(again == [pending] && Set(again + [pending]).count == 1)
        for environment in [VippsEnvironment.production, .test, vipps.environment] {
            let text = try JSONEncoder().encode([environment])
            #expect(try JSONDecoder().decode([VippsEnvironment].self, from: text) == [environment])
        }
        let reason = try JSONDecoder().decode([VippsAuthError.Reason].self, from: Data(#"["denied", "server_error"]"#.utf8))
        #expect(reason == [.denied, "server_error"] && "\(reason[1])" == "server_error")
    }

    @Test func thePartnerIsExamined() async throws {
        let report = try await partner.doctor(msns: ["123456"])
        #expect(report.outcome == .ok && report.keys == .partner, "\(report)")
        #expect(report.findings.contains { $0.check == "token" && $0.outcome == .ok })
    }

    @Test func eventsAreTold() async throws {
        let told = Told()
        let partner = try await partner { $0.onEvent = { told.add($0.name) } }
        _ = try await partner.headers()
        #expect(await told.has(.tokenFetched))
    }

    @Test func aListenerMayTakeItsTimeAndCallTheLibrary() async throws {
        let told = Told()
        let other = try await partner { _ in }
        let wait = DispatchSemaphore(value: 0)
        let slow = try await partner { settings in
            settings.onEvent = { event in
                wait.wait()
                let done = DispatchSemaphore(value: 0)
                Task {
                    _ = try await other.headers()
                    done.signal()
                }
                done.wait()
                told.add(event.name)
            }
        }
        _ = try await slow.headers()
        #expect(try await other.headers().isEmpty == false)
        (0..<10).forEach { _ in wait.signal() }
        #expect(await told.has(.tokenFetched))
    }

    @Test func aSessionAnswersA401WithAnotherToken() async throws {
        let session = VippsSession(for: shop, configuration: .ephemeral)
        let payments = "/epayment/v1/payments"
        var call = URLRequest(url: try #require(URL(string: vipps.baseURL + payments)))
        call.httpMethod = "POST"
        call.httpBody = Data("{}".utf8)
        _ = try await shop.headers()
        try await vipps.revokeTokens()
        let (_, response) = try await session.data(for: call)
        #expect((response as? HTTPURLResponse)?.statusCode == 200)
        let calls = try await vipps.requests().filter { $0.path == payments }
        #expect(calls.map(\.status) == [401, 200])
        #expect(calls.map(\.body) == ["{}", "{}"])
    }

    @Test func aSessionKeepsItsLimitsWhileATokenIsFetched() async throws {
        let session = VippsSession(for: shop, configuration: .ephemeral)
        try await vipps.failNext(.standardToken, kind: .hang)
        var call = URLRequest(url: try #require(URL(string: vipps.baseURL + "/epayment/v1/payments")))
        call.timeoutInterval = 0.2
        await #expect { try await session.data(for: call) } throws: { ($0 as? URLError)?.code == .timedOut }
        try await vipps.releaseHung()
        #expect(try await vipps.count("/epayment/v1/payments") == 0)
    }

    @Test func aSessionTakesNothingElsewhere() async throws {
        let elsewhere = try await Emulator.start(.init(merchants: ["123456"]))
        let payments = "/epayment/v1/payments"
        let session = VippsSession(for: shop, configuration: .ephemeral)
        let redirect = Emulator.Reply(status: 302, headers: ["location": elsewhere.baseURL + payments])
        try await vipps.script(payments, replies: [redirect])
        let (_, response) = try await session.data(
            for: URLRequest(url: try #require(URL(string: vipps.baseURL + payments))))
        #expect((response as? HTTPURLResponse)?.statusCode == 302)
        _ = try await session.data(for: URLRequest(url: try #require(URL(string: elsewhere.baseURL + payments))))
        #expect(try await elsewhere.requests().allSatisfy { request in !request.headers.contains { $0.name == "authorization" } })
    }

    @Test func aRefusedTokenIsReplacedTogetherWithItsHeaders() async throws {
        let used = try await shop.authorization()
        let other = try await shop.refused(used)
        #expect(other.token.secret != used.token.secret)
        #expect(other.headers["authorization"]?.hasSuffix(other.token.secret) == true)
        #expect(!"\(used)".contains(used.token.secret))
    }

    @Test func membersAreReadByTheirTypes() async throws {
        let claims: [String: Emulator.JSON] = ["name": "Kari", "yes": true, "count": 42, "roles": ["a", "b"]]
        let jwt = try await vipps.mintIDToken("123456", claims: claims)
        let checked = try await shop.verifyIDToken(jwt)
        #expect(checked.text("name") == "Kari" && checked.bool("yes") == true && checked.int("count") == 42)
        #expect(checked.list("roles") == ["a", "b"] && checked.list("aud")?.count == 1)
        #expect(checked.text("count") == nil && checked.claim("name") == "\"Kari\"")
        struct Person: Decodable { let name: String }
        #expect(try checked.decoded(as: Person.self).name == "Kari")
    }

    @Test func keysSayWhoseTheyAre() async throws {
        let keys = try await vipps.salesUnitKeys("123456").forSalesUnit("123456")
        #expect(keys.kind == .salesUnit && keys.msn == "123456" && !keys.clientID.isEmpty)
        #expect(partner.environment == vipps.environment)
        let id = "11111111-2222-4333-8444-555555555555"
        let psp = try Keys.psp(clientID: id, clientSecret: "s", subscriptionKey: "k", pspID: "p")
        #expect(try psp.kind == .psp && Keys.specialized(clientID: id, clientSecret: "s").kind == .specialized)
        #expect(try await vipps.partnerKeys().forPartner().kind == .partner)
    }

    @Test func aRedisThatIsOutOfReachCostsNoCall() async throws {
        let told = Told()
        let partner = try await partner { settings in
            settings.redisURL = "redis://127.0.0.1:1"
            settings.onEvent = { told.add($0.name) }
        }
        #expect(try await partner.headers()["authorization"]?.hasPrefix("Bearer ") == true)
        #expect(await told.has(.cacheFailed))
        #expect(partner.stats.cacheFailures > 0)
    }

    private func partner(with change: (inout VippsSettings) -> Void) async throws -> Partner {
        var settings = VippsSettings()
        change(&settings)
        return try await Partner(
            keys: vipps.partnerKeys().forPartner(), system: SystemInfo(name: "acme", version: "3.1.2"),
            environment: vipps.environment, settings: settings)
    }
}

final class Told: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [VippsEvent.Name] = []

    func add(_ name: VippsEvent.Name) { lock.withLock { list.append(name) } }
    var names: [VippsEvent.Name] { lock.withLock { list } }

    /// Events are told on a thread of their own, so it waits for one.
    func has(_ name: VippsEvent.Name) async -> Bool {
        for _ in 0..<500 where !names.contains(name) { try? await Task.sleep(nanoseconds: 20_000_000) }
        return names.contains(name)
    }
}

/// Follows the emulator's redirects as a browser would, up to the one that leaves it.
func whereTheBrowserGoes(_ url: String) async throws -> String {
    let start = try #require(URL(string: url))
    let session = URLSession(configuration: .ephemeral, delegate: NoRedirects(), delegateQueue: nil)
    var next = start
    while next.host == start.host {
        let (_, response) = try await session.data(from: next)
        let location = try #require((response as? HTTPURLResponse)?.value(forHTTPHeaderField: "Location"))
        next = try #require(URL(string: location, relativeTo: next)?.absoluteURL)
    }
    return next.absoluteString
}

private final class NoRedirects: NSObject, URLSessionTaskDelegate, @unchecked Sendable {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) { completionHandler(nil) }
}

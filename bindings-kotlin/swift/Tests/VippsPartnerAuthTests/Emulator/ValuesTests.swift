import Foundation
import Testing
import VippsEmulator

/// What the methods take and give, where the vectors don't say it.
struct ValuesTests {
    @Test func momentsSpansAndChoicesAreOfTheirTypes() async throws {
        let vipps = try await Emulator.start(.init(merchants: ["123456"]))
        let moment = Date(timeIntervalSince1970: 1_767_225_600.25)
        #expect(try await vipps.setTime(moment).now == moment)
        let later = try await vipps.advance(.milliseconds(1_500))
        #expect(later.now == moment + 1.5 && !later.running)
        #expect(try await vipps.realTime().running)
        try await vipps.failNext(.standardToken, retryAfter: 7, status: 503)
        try await vipps.failNext(.standardToken, retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT", status: 503)
        #expect(try await vipps.merchants()[0].loginAuthMethod == .clientSecretBasic)
    }

    @Test func aPersonIsGivenWhole() async throws {
        let vipps = try await Emulator.start()
        try await vipps.addUser(
            "4798765432", addresses: [.init(region: "BERGEN"), .init(kind: .work)], givenName: "Ola",
            moreClaims: ["shoe_size": 43, "pets": ["Pus", nil], "ratio": 0.5, "member": true])
        let person = try #require(try await vipps.users().first { $0.msisdn == "4798765432" })
        #expect(person.givenName == "Ola" && person.addresses.map(\.region)[0] == "BERGEN")
        #expect(person.addresses[1].kind == .work && !person.addresses[1].postalCode.isEmpty)
        #expect(person.moreClaims["pets"] == ["Pus", nil] && person.moreClaims["shoe_size"]?.string == "43")
    }

    @Test func aRefusalHasItsMemberAndItsRule() async throws {
        let vipps = try await Emulator.start()
        await #expect {
            try await vipps.script("/", replies: [.init(status: 200), .init(status: 1)])
        } throws: { error in
            guard case .refused(let refusal)? = error as? EmulatorError else { return false }
            return refusal.code == .invalidInput && refusal.member == "replies[1].status" && !refusal.rule.isEmpty
                && error.localizedDescription == refusal.text
        }
        await #expect(throws: EmulatorError.self) { try await vipps.salesUnitKeys("123456") }
    }

    @Test func noSecretIsShownUnlessItIsAskedFor() async throws {
        let vipps = try await Emulator.start()
        let (keys, special) = (try await vipps.partnerKeys(), try await vipps.specializedKeys())
        let new = Emulator.NewKeys(clientID: "mine", clientSecret: "fixture-Secret+/42==", subscriptionKey: "fixture-Key")
        var shown = "\(keys) \(special) \(new) \(String(reflecting: keys))"
        dump((keys, special, new), to: &shown)
        #expect(shown.contains(keys.clientID) && shown.contains("mine"))
        for secret in [keys.clientSecret, keys.subscriptionKey, special.clientSecret, "fixture-Secret", "fixture-Key"] {
            #expect(!secret.isEmpty && !shown.contains(secret))
        }
    }

    @Test func aRequestCanBeAskedForAHeader() async throws {
        let kit = try await TestKit.start(.init(merchants: ["123456"]))
        _ = try await kit.merchant().headers()
        let request = try #require(try await kit.emulator.requests().last)
        #expect(request.header("Vipps-System-Version") == kit.emulator.version && request.header("x-none") == nil)
        #expect(request.findings.contains { $0.verdict == .right })
        #expect(try await kit.emulator.requests(after: request.id).isEmpty)
    }

    @Test func theEnvironmentHasWhatAProgramNeeds() async throws {
        let vipps = try await Emulator.start(.init(merchants: ["123456"]))
        let variables = try await vipps.environment()
        #expect(variables["VIPPS_ENVIRONMENT"] == vipps.baseURL)
        #expect(try await variables["VIPPS_CLIENT_SECRET"] == vipps.partnerKeys().clientSecret)
        #expect(try await vipps.environment(msn: "123456")["VIPPS_MSN"] == "123456")
        #expect(vipps.environment == .custom(vipps.baseURL))
    }

    @Test func aTaskThatIsCancelledAsksNoMore() async throws {
        let vipps = try await Emulator.start()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await vipps.now()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

import Foundation
import Testing
import VippsEmulator
import VippsPartnerAuth

/// The emulator and the library on one time.
struct TestKitTests {
    @Test func oneCallMovesBothClocks() async throws {
        let kit = try await TestKit.start(.init(merchants: ["123456", "654321"]))
        let shop = try await kit.merchant()
        let first = try await shop.headers()
        #expect(try await shop.headers() == first)
        let before = kit.now
        try await kit.advance(.seconds(25 * 3_600))
        #expect(kit.now == before + 25 * 3_600)
        #expect(try await kit.emulator.now().now == kit.now)
        #expect(try await shop.headers() != first)
        #expect(try await kit.emulator.count("/accesstoken/get") == 2)
        #expect(try await kit.merchant("654321").msn == "654321")
        await kit.stop()
    }

    @Test func bothClocksAreSet() async throws {
        let kit = try await TestKit.start(.init(merchants: ["123456"]))
        let moment = Date(timeIntervalSince1970: 1_767_225_600)
        try await kit.setTime(moment)
        #expect(kit.now == moment)
        #expect(try await kit.emulator.now().now == moment)
        let jwt = try await kit.emulator.mintIDToken("123456", nonce: "n-0001")
        #expect(try await kit.merchant().verifyIDToken(jwt, expect: Expect(nonce: "n-0001")).msn == "123456")
    }

    @Test func aWaitOfTheLibraryTakesTheEmulatorAlong() async throws {
        let kit = try await TestKit.start(.init(merchants: ["123456"]))
        let before = kit.now
        try await kit.emulator.failNext(.standardToken, retryAfter: 7, status: 503)
        _ = try await kit.merchant().headers()
        #expect(kit.now >= before + 7)
        #expect(try await kit.emulator.now().now == before)
        try await kit.sync()
        // Dates are binary fractions.
        #expect(try await abs(kit.emulator.now().now.timeIntervalSince(kit.now)) < 1e-3)
    }

    @Test func aPhoneLoginIsPolled() async throws {
        let kit = try await TestKit.start(.init(merchants: ["123456"]))
        let phone = try await kit.merchant().backchannel()
        let pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        #expect(try await phone.poll(pending) == nil)
        try await kit.emulator.approve(pending.authReqID)
        try await kit.advance(pending.interval)
        #expect(try await phone.poll(pending)?.claims.msn == "123456")
    }

    @Test func anEmulatorThatRunsAlreadyCanBeTaken() async throws {
        let vipps = try await Emulator.start(.init(merchants: ["123456"]))
        let kit = try await TestKit(Emulator.connect(vipps.baseURL))
        await #expect(throws: (any Error).self) { try await kit.merchant() }
        #expect(try await kit.merchant("123456").headers()["merchant-serial-number"] == "123456")
        await kit.stop()
        #expect(try await vipps.count("/accesstoken/get") == 1)
    }
}

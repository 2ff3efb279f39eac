import Foundation
import Testing
import VippsEmulator
import VippsPartnerAuth

/// Tasks that are cancelled, many at once, and what is left when nobody holds an object any more.
struct LifeTests {
    private let vipps: Emulator
    private let shop: Merchant
    private let token = "/accesstoken/get"

    init() async throws {
        vipps = try await Emulator.start(.init(merchants: ["123456"]))
        var settings = VippsSettings()
        // What hangs is not to be asked for once more, however busy the machine is.
        (settings.deadline, settings.requestTimeout) = (.seconds(3_600), .seconds(3_600))
        shop = try await partnerOf(vipps, settings).merchant("123456")
    }

    @Test func cancellingATaskEndsItsCall() async throws {
        try await vipps.failNext(.standardToken, kind: .hang)
        let task = Task { try await shop.headers() }
        try await until { try await vipps.count(token) > 0 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The fetch goes on for others; the next caller gets what it brings.
        try await vipps.releaseHung()
        _ = try await shop.headers()
        #expect(try await vipps.count(token) == 1)
    }

    @Test func aTaskThatIsCancelledAlreadyGetsNowhere() async throws {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await shop.headers()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await vipps.count(token) == 0)
    }

    @Test func whoIsCancelledTakesNobodyAlong() async throws {
        try await vipps.failNext(.standardToken, kind: .hang)
        let tasks = (0..<200).map { _ in Task { try await shop.headers() } }
        try await until { try await vipps.count(token) > 0 }
        let impatient = tasks.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        let patient = tasks.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        impatient.forEach { $0.cancel() }
        for task in impatient { await #expect(throws: CancellationError.self) { try await task.value } }
        try await vipps.releaseHung()
        for task in patient { #expect(try await task.value["merchant-serial-number"] == "123456") }
        #expect(try await vipps.count(token) == 1)
    }

    @Test func aPhoneLoginGoesOnWhenItsWaitIsCancelled() async throws {
        var settings = VippsSettings()
        let clock = try ManualClock(at: await vipps.now().now)
        settings.clock = clock
        let phone = try await partnerOf(vipps, settings).merchant("123456").backchannel()
        let pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        let sleeping = Task { try await phone.wait(pending, timeout: .seconds(600)) }
        sleeping.cancel()
        await #expect(throws: CancellationError.self) { try await sleeping.value }

        try await vipps.clearRequests()
        try await vipps.failNext(.loginToken, kind: .hang)
        let body = try await vipps.pingBody(pending.authReqID)
        let asking = Task { try await phone.finishPing(body: body, pending: pending) }
        try await until { try await !vipps.requests().isEmpty }
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }

        try await vipps.approve(pending.authReqID, msisdn: "4791234567")
        try clock.advance(.seconds(60))
        try await vipps.advance(.seconds(60))
        #expect(try await phone.finishPing(body: body, pending: pending)?.claims.msn == "123456")
    }

    @Test func aPhoneLoginGoesOnWhenNobodyFollowsItsStates() async throws {
        let phone = try shop.backchannel()
        let pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        let following = Task {
            var told = 0
            for try await _ in phone.states(pending) { told += 1 }
            return told
        }
        try await until { phone.nextPollIn(pending) > .zero }
        following.cancel()
        await #expect(throws: CancellationError.self) { try await following.value }
        try await vipps.approve(pending.authReqID, msisdn: "4791234567")
        try await vipps.advance(pending.interval)
        let body = try await vipps.pingBody(pending.authReqID)
        #expect(try await phone.finishPing(body: body, pending: pending) != nil)
    }

    @Test func manyTasksUseEverythingAtOnce() async throws {
        let jwt = try await vipps.mintIDToken("123456")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    #expect(try await shop.headers()["authorization"]?.hasPrefix("Bearer ") == true)
                    #expect(try await shop.verifyIDToken(jwt).msn == "123456")
                    for _ in 0..<50 { #expect(shop.cachedHeaders()?["merchant-serial-number"] != "") }
                    if number.isMultiple(of: 50) { shop.partner.invalidate(try await shop.partner.accessToken()) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await vipps.count(token) <= 5)
        #expect(shop.partner.stats.fetchesFailed == 0)
    }

    @Test func tenThousandHandlesComeAndGo() async throws {
        let told = Weak()
        try await useTenThousand(told)
        // The library held it as long as any of them was there.
        try await until { told.listener == nil }
        #expect(try await vipps.count(token) == 1)
    }

    private func useTenThousand(_ told: Weak) async throws {
        let listener = Listener()
        told.listener = listener
        let partner = try await partnerOf(vipps, listener: listener)
        _ = try await partner.headers()
        let merchants = try (100_000..<110_000).map { try partner.merchant(String($0)) }
        for merchant in merchants { #expect(merchant.cachedHeaders()?["merchant-serial-number"] == merchant.msn) }
    }

    @Test func oneThreadServesThemAll() async throws {
        for _ in 0..<50 { _ = try await partnerOf(vipps).headers() }
        #if os(Linux)
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
            let names = threads.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
            #expect(names.filter { $0.hasPrefix("vipps-partner-a") }.count == 1)
        #endif
    }

    @Test func aListenerMayAskBack() async throws {
        let listener = Listener()
        let partner = try await partnerOf(vipps, listener: listener)
        listener.partner = partner
        _ = try await partner.headers()
        try await until { listener.answers > 0 }
        listener.partner = nil
    }

    @Test func anEmulatorThatStopsIsAnErrorToTryAgain() async throws {
        var settings = VippsSettings()
        settings.clock = try ManualClock(at: Date(), runsThroughSleeps: true)
        let partner = try await partnerOf(vipps, settings)
        await vipps.stop()
        await #expect { try await partner.headers() } throws: { ($0 as? VippsAuthError)?.isRetryable == true }
    }
}

private final class Weak {
    weak var listener: Listener?
}

private func partnerOf(_ vipps: Emulator, listener: Listener) async throws -> Partner {
    var settings = VippsSettings()
    settings.onEvent = { _ in listener.ask() }
    return try await partnerOf(vipps, settings)
}

private func partnerOf(_ vipps: Emulator, _ settings: VippsSettings = VippsSettings()) async throws -> Partner {
    try await Partner(
        keys: vipps.partnerKeys().forPartner(), system: SystemInfo(name: "acme", version: "3.1.2"),
        environment: vipps.environment, settings: settings)
}

/// Asks the partner whose events it hears.
private final class Listener: @unchecked Sendable {
    private let lock = NSLock()
    private var asked: Partner?
    private var count = 0

    var partner: Partner? {
        get { lock.withLock { asked } }
        set { lock.withLock { asked = newValue } }
    }
    var answers: Int { lock.withLock { count } }

    func ask() {
        guard let partner else { return }
        _ = (partner.stats, partner.cachedHeaders())
        lock.withLock { count += 1 }
    }
}

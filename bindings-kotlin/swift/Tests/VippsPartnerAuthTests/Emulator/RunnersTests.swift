import VippsEmulator
import VippsEmulatorTesting
import VippsPartnerAuth
import XCTest

final class ShopTests: VippsTestCase {
    override var options: Emulator.Options { .init(merchants: ["123456"]) }

    func testATokenIsRenewedADayLater() async throws {
        let shop = try await vipps.merchant()
        let first = try await shop.headers()
        try await vipps.advance(.seconds(25 * 3_600))
        let second = try await shop.headers()
        XCTAssertNotEqual(first, second)
    }
}

final class AloneTests: VippsTestCase {
    private static let addresses = Addresses()

    func testOneHasAnEmulatorOfItsOwn() async throws { try await isAlone() }

    func testAnotherHasAnotherOne() async throws { try await isAlone() }

    private func isAlone() async throws {
        let requests = try await vipps.emulator.requests()
        XCTAssertTrue(requests.isEmpty)
        XCTAssertTrue(Self.addresses.isNew(vipps.emulator.baseURL))
        _ = try await vipps.partner().headers()
    }
}

private final class Addresses: @unchecked Sendable {
    private let lock = NSLock()
    private var seen: Set<String> = []

    func isNew(_ address: String) -> Bool { lock.withLock { seen.insert(address).inserted } }
}

#if compiler(>=6.1)
    import Testing

    @Test(.vippsEmulator(.init(merchants: ["123456"])))
    func aTokenIsRenewedADayLater() async throws {
        let shop = try await TestKit.current.merchant()
        let first = try await shop.headers()
        try await TestKit.current.advance(.seconds(25 * 3_600))
        #expect(try await shop.headers() != first)
    }

    @Suite(.vippsEmulator(.init(merchants: ["654321"])))
    struct TraitTests {
        @Test(arguments: [1, 2])
        func everyTestOfASuiteHasAKit(_ number: Int) async throws {
            #expect(try await TestKit.current.emulator.requests().isEmpty)
            #expect(try await TestKit.current.merchant().msn == "654321")
            _ = try await TestKit.current.merchant().headers()
        }
    }
#endif

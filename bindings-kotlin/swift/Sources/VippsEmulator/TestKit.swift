import Foundation
import VippsPartnerAuth

/// An emulator, and the library under test beside it on the same time, which stands still until it is moved.
///
/// Nobody waits for that time: a wait of the library, such as that before another try, moves the library's clock by its length,
/// and the emulator's goes along at the next ``advance(_:)`` or ``sync()``. So poll for a login by phone number with `poll` and
/// `advance`, not with `wait`.
///
/// `emulator.advance` moves the emulator's clock alone: a token then looks expired to one side and fresh to the other.
public final class TestKit: Sendable {
    /// The emulator, with all its operations.
    public let emulator: Emulator
    /// The library's clock: `VippsSettings.clock` for whatever is not made by ``partner(_:)`` and ``merchant(_:settings:)``.
    public let clock: ManualClock
    private let merchants: [String]

    /// Takes an emulator that runs, and stops its clock.
    ///
    /// - Parameters:
    ///   - emulator: it runs already, and others may use it
    ///   - merchants: those that were named when it was started
    public init(_ emulator: Emulator, merchants: [String] = []) async throws {
        self.emulator = emulator
        self.merchants = merchants
        clock = try ManualClock(at: await emulator.now().now, runsThroughSleeps: true)
        try await sync()
    }

    #if os(macOS) || os(Linux)
        /// Starts an emulator, and stops its clock.
        public static func start(_ options: Emulator.Options = Emulator.Options()) async throws -> TestKit {
            try await TestKit(Emulator.start(options), merchants: options.merchants ?? [])
        }
    #endif

    /// A partner with the emulator's keys, on the kit's clock unless the settings have another.
    public func partner(_ settings: VippsSettings = VippsSettings()) async throws -> Partner {
        var settings = settings
        settings.clock = settings.clock ?? clock
        return try await Partner(
            keys: emulator.partnerKeys().forPartner(),
            system: SystemInfo(name: "\(TestKit.self)", version: emulator.version), environment: emulator.environment,
            settings: settings)
    }

    /// One merchant of such a partner.
    ///
    /// - Parameters:
    ///   - msn: its merchant serial number; by default the first of those that the kit was started with
    ///   - settings: of its partner
    public func merchant(_ msn: String? = nil, settings: VippsSettings = VippsSettings()) async throws -> Merchant {
        guard let msn = msn ?? merchants.first else { throw NoMerchant() }
        return try await partner(settings).merchant(msn)
    }

    /// Where both clocks stand.
    public var now: Date { clock.now }

    /// Moves both clocks ahead.
    public func advance(_ span: Duration) async throws {
        // The emulator's first: the library may go on at once, and would be too early.
        try await emulator.setTime(clock.now + span.inSeconds)
        try clock.advance(span)
    }

    /// Sets both clocks to a moment.
    public func setTime(_ at: Date) async throws {
        try await emulator.setTime(at)
        try clock.setWall(at)
    }

    /// Has the emulator's clock show what the library's shows, which may have waited meanwhile.
    public func sync() async throws {
        try await emulator.setTime(clock.now)
    }

    /// Ends an emulator that was started here.
    public func stop() async {
        await emulator.stop()
    }

    private struct NoMerchant: Error, CustomStringConvertible {
        let description = "msn is missing: the kit was started without merchants"
    }
}

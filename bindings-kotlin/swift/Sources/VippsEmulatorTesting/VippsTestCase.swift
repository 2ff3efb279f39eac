#if canImport(XCTest) && (os(macOS) || os(Linux))
    import VippsEmulator
    import XCTest

    /// A test case of XCTest whose tests each have an emulator of their own, with the library on the same time.
    open class VippsTestCase: XCTestCase {
        private var started: TestKit?

        /// What the emulators of this class are to be like.
        open var options: Emulator.Options { Emulator.Options() }

        /// The kit of the test that runs.
        public var vipps: TestKit {
            guard let started else { preconditionFailure("the kit is there while a test runs, not before and not after") }
            return started
        }

        /// Starts the kit.
        open override func setUp() async throws {
            try await super.setUp()
            started = try await TestKit.start(options)
        }

        /// Ends the kit.
        open override func tearDown() async throws {
            await started?.stop()
            started = nil
            try await super.tearDown()
        }
    }
#endif

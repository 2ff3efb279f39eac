// Scopes of traits came with Swift 6.1.
#if canImport(Testing) && compiler(>=6.1) && (os(macOS) || os(Linux))
    import Testing
    import VippsEmulator

    /// A trait for Swift Testing: each test has an emulator of its own, with the library on the same time, as ``TestKit/current``.
    public struct VippsEmulatorTrait: TestTrait, SuiteTrait, TestScoping {
        /// What the emulators are to be like.
        let options: Emulator.Options

        /// A suite gives it to each of its tests.
        public var isRecursive: Bool { true }

        /// Runs the test with a kit of its own, which is `TestKit.current` meanwhile.
        public func provideScope(
            for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
        ) async throws {
            let kit = try await TestKit.start(options)
            do {
                try await Current.$kit.withValue(kit) { try await function() }
            } catch {
                await kit.stop()
                throw error
            }
            await kit.stop()
        }
    }

    extension Trait where Self == VippsEmulatorTrait {
        /// Each test has an emulator of its own, as ``TestKit/current``.
        public static func vippsEmulator(_ options: Emulator.Options = Emulator.Options()) -> Self {
            Self(options: options)
        }
    }

    extension TestKit {
        /// The kit of the test that runs.
        public static var current: TestKit {
            guard let kit = Current.kit else {
                preconditionFailure("the kit is there in a test with the trait .vippsEmulator()")
            }
            return kit
        }
    }

    private enum Current {
        @TaskLocal static var kit: TestKit?
    }
#endif

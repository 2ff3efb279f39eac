import Foundation

/// What can be stopped, where this platform has processes.
protocol Running: Sendable {
    func stop() async
}

#if os(macOS) || os(Linux)
    extension Emulator {
        /// Starts the program `vipps-emulator`; it is ready when this returns. Without a port it takes a free one.
        ///
        /// The program is the one that the environment variable `VIPPS_EMULATOR` names, or else the one on the `PATH`.
        ///
        /// - Parameters:
        ///   - options: What it is to be like.
        ///   - config: A configuration file of the program, in TOML or JSON; `options` go first.
        public static func start(_ options: Options = Options(), config: String? = nil) async throws -> Emulator {
            let setup = try JSONEncoder.ofTheEmulator().encode(options)
            let program = try await Program.start(setup, config: config)
            return Emulator(Door(to: try Door.checked(program.line.localURL)), at: program.line.place, program: program)
        }
    }

    /// A program that was started. It ends with its standard input, which this process alone holds open: so with this process,
    /// whatever ends that.
    final class Program: Running, @unchecked Sendable {
        let line: Line
        private let process: Process
        private let input: FileHandle
        private let ended: DispatchGroup

        /// On a thread of its own: it waits, and keeps a signal away that would end this process.
        static func start(_ setup: Data, config: String?) async throws -> Program {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try Program(setup, config: config) })
                }
            }
        }

        private init(_ setup: Data, config: String?) throws {
            let file = config.map { ["--config", $0] } ?? []
            let arguments = ["--json", "--exit-with-stdin"] + file + ["--config", "-"]
            let (process, ended) = (Process(), DispatchGroup())
            let (input, output) = try launch(process, at: Self.path(), arguments, ended)
            (self.process, self.input, self.ended) = (process, input, ended)
            do {
                line = try introduced(setup, input, output)
            } catch {
                try? input.close()
                ended.wait()
                throw error
            }
        }

        /// Ends it, and waits until it is gone.
        func stop() async {
            try? input.close()
            // Either would do; another program that this process started may hold the input open as well.
            if process.isRunning { process.terminate() }
            await withCheckedContinuation { continuation in
                ended.notify(queue: .global()) { continuation.resume() }
            }
        }

        deinit { try? input.close() }

        /// Where the program is.
        private static func path() throws -> String {
            let environment = ProcessInfo.processInfo.environment
            if let told = environment["VIPPS_EMULATOR"], !told.isEmpty { return told }
            let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
            let places = folders.map { "\($0)/vipps-emulator" }
            guard let found = places.first(where: FileManager.default.isExecutableFile) else {
                throw EmulatorError.notStarted(
                    "there is no program vipps-emulator: VIPPS_EMULATOR is not set, and it is in none of the folders of PATH "
                        + "(\(folders.joined(separator: ", "))). With Rust, `cargo install vipps-emulator` gets it; set "
                        + "VIPPS_EMULATOR to where it is.")
            }
            return found
        }

        /// What it prints once it is ready, as far as it is read here.
        struct Line: Decodable {
            let place: Place
            let localURL: String

            init(from decoder: any Decoder) throws {
                place = try Place(from: decoder)
                localURL = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .localURL)
            }

            enum CodingKeys: String, CodingKey { case localURL = "local_url" }
        }
    }

    /// One at a time, so that no program inherits the input of another.
    private let launching = NSLock()

    private func launch(
        _ process: Process, at path: String, _ arguments: [String], _ ended: DispatchGroup
    ) throws -> (input: FileHandle, output: FileHandle) {
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        (process.standardInput, process.standardOutput) = (input, output)
        process.terminationHandler = { _ in ended.leave() }
        ended.enter()
        do {
            try launching.withLock {
                // Nor by what anybody else starts.
                for end in [input.fileHandleForWriting, output.fileHandleForReading] {
                    _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
                }
                try process.run()
            }
        } catch {
            ended.leave()
            throw EmulatorError.notStarted("the program \(path) can't be run: \(error.localizedDescription)")
        }
        return (input.fileHandleForWriting, output.fileHandleForReading)
    }

    /// Tells a program what it is to be like, and hears what it says once it is ready.
    private func introduced(_ setup: Data, _ input: FileHandle, _ output: FileHandle) throws -> Program.Line {
        ignoreBrokenPipes()
        // It may be gone before it has read its input; then it has said why.
        try? input.write(contentsOf: setup + Data("\n".utf8))
        var said = Data()
        while said.last != UInt8(ascii: "\n") {
            let more = output.availableData
            guard !more.isEmpty else { throw EmulatorError.notStarted("vipps-emulator ended before it was ready") }
            said += more
        }
        try? output.close()
        if let line = try? JSONDecoder().decode(Program.Line.self, from: said) { return line }
        if let refusal = try? JSONDecoder().decode(Emulator.Refusal.self, from: said) { throw EmulatorError.refused(refusal) }
        throw EmulatorError.notStarted("vipps-emulator did not start: \(String(decoding: said, as: UTF8.self))")
    }

    /// In this thread, which ends soon: a program that is gone must not take this one along.
    private func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
#endif

import Foundation
import Testing
import VippsEmulator

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the program is found, how it starts and ends, and what is told when that fails.
struct LifeOfEmulatorsTests {
    private let program = ProcessInfo.processInfo.environment["VIPPS_EMULATOR"] ?? ""

    @Test func itIsReadyAndKnowsWhereItIs() async throws {
        let vipps = try await Emulator.start(.init(mode: .test))
        let info = try await vipps.info()
        #expect([info.baseURL, info.pageURL, info.version] == [vipps.baseURL, vipps.pageURL, vipps.version])
        #expect(info.mode == .test && "\(vipps)" == "Emulator(\(vipps.baseURL))")
        await vipps.stop()
    }

    @Test func afterItsEndItSaysSo() async throws {
        let vipps = try await Emulator.start()
        let other = try await Emulator.connect(vipps.baseURL)
        #expect([other.baseURL, other.pageURL, other.version] == [vipps.baseURL, vipps.pageURL, vipps.version])
        await other.stop()
        #expect(try await vipps.count("/") == 0)
        await vipps.stop()
        await vipps.stop()
        await #expect(throws: EmulatorError.unreachable("now: the emulator was stopped")) { try await vipps.now() }
        await #expect {
            try await Emulator.connect(vipps.baseURL)
        } throws: { error in
            guard case .unreachable(let text)? = error as? EmulatorError else { return false }
            return text.contains(vipps.baseURL)
        }
    }

    @Test(arguments: ["", "ftp://127.0.0.1", "127.0.0.1:1", "http://"])
    func anAddressThatIsNoneIsRefused(_ url: String) async {
        await #expect(throws: EmulatorError.self) { try await Emulator.connect(url) }
    }

    @Test func whoeverElseAnswersIsNoEmulator() async throws {
        let other = try Elsewhere()
        await #expect(throws: (any Error).self) { try await Emulator.connect(other.url) }
        other.script("/emulator/control/info", [.init(status: 404)])
        let url = other.url.replacingOccurrences(of: "localhost", with: "anna:secret@localhost")
        await #expect {
            try await Emulator.connect(url)
        } throws: { error in
            "\(error)" == "\(other.url) is no vipps-emulator, or does not let this program in: info got 404"
        }
        #expect(other.seen.count == 2)
    }

    @Test func itEndsWithTheLastReference() async throws {
        func known() async throws -> Known { try await Known(Emulator.start()) }
        try await ends(known())
    }

    @Test func itEndsWithTheProcessThatStartedIt() async throws {
        let holder = try Holder(["VIPPS_EMULATOR": program])
        let known = try await Known(Emulator.connect(holder.line()))
        holder.kill()
        try await ends(known)
    }

    @Test func itIsFoundOnThePath() async throws {
        let folder = URL(fileURLWithPath: program).deletingLastPathComponent().path
        let holder = try Holder(["PATH": "/nowhere:\(folder)"])
        let known = try await Known(Emulator.connect(holder.line()))
        holder.end()
        try await ends(known)
    }

    @Test func whatWasLookedForIsTold() throws {
        let told = try Holder(["PATH": "/nowhere:/neither"]).line()
        for part in ["VIPPS_EMULATOR", "/nowhere, /neither", "cargo install vipps-emulator"] { #expect(told.contains(part)) }
        #expect(try Holder(["VIPPS_EMULATOR": "/nowhere/vipps-emulator"]).line().contains("/nowhere/vipps-emulator"))
    }

    @Test(arguments: ["1", "20000"])
    func aProgramThatIsAnotherIsNoEmulator(_ merchants: String) throws {
        // One that does not read its input, which would end this process where it is more than a pipe holds.
        let nothing = try Holder(["VIPPS_EMULATOR": "/bin/true", "MERCHANTS": merchants]).line()
        #expect(nothing == "vipps-emulator ended before it was ready")
        let another = try Holder(["VIPPS_EMULATOR": "/bin/echo"]).line()
        #expect(another.hasPrefix("vipps-emulator did not start: --json"))
    }

    @Test func aFileGoesBeforeWhatIsUsualAndBehindTheOptions() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).toml")
        try Data("mode = \"test\"\n[[add_merchant]]\nmsn = \"654321\"\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let vipps = try await Emulator.start(.init(merchants: ["123456"]), config: file.path)
        #expect(try await Set(vipps.merchants().map(\.msn)) == ["123456", "654321"])
        #expect(try await vipps.info().mode == .test)
        await #expect(throws: EmulatorError.self) { try await Emulator.start(config: "/nowhere.toml") }
    }

    @Test func aRefusedOptionIsNamed() async throws {
        await #expect {
            try await Emulator.start(.init(merchants: ["123456", "12 345"]))
        } throws: { error in
            let refusal = (error as? EmulatorError)?.refusal
            return refusal?.member == "merchants[1]" && refusal?.code == .invalidInput && "\(error)" == refusal?.text
        }
    }

    /// The medians that the README tells, on an idle machine.
    @Test func itIsMeasured() async throws {
        let clock = ContinuousClock()
        var starts: [Duration] = []
        var controls: [Duration] = []
        for _ in 0..<20 {
            let begin = clock.now
            let vipps = try await Emulator.start(.init(merchants: ["123456"]))
            starts.append(begin.duration(to: clock.now))
            for _ in 0..<20 { controls.append(try await clock.measure { try await vipps.advance(.seconds(1)) }) }
            await vipps.stop()
        }
        #expect(starts.count == 20 && controls.count == 400)
        print("emulator: start \(starts.sorted()[10]), control \(controls.sorted()[200]) (medians)")
    }

    private func ends(_ known: Known) async throws {
        try await until { await !known.isThere() }
        #expect(await !known.isThere())
    }
}

/// An emulator by its address and keys: another one may have its address later.
private struct Known {
    private let url: String
    private let keys: Emulator.Keys

    init(_ vipps: Emulator) async throws {
        url = vipps.baseURL
        keys = try await vipps.partnerKeys()
    }

    func isThere() async -> Bool { (try? await Emulator.connect(url).partnerKeys()) == keys }
}

/// A process of its own that starts an emulator; it ends with its input.
private final class Holder {
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    init(_ environment: [String: String]) throws {
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        process.executableURL = here.deletingLastPathComponent().appendingPathComponent("EmulatorHolder")
        process.environment = environment
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
    }

    /// The first line that it prints.
    func line() throws -> String {
        var said = Data()
        while said.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            said += more
        }
        return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Lets it end by itself.
    func end() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Ends it in the middle of whatever it does.
    func kill() {
        #if canImport(Glibc)
            _ = Glibc.kill(process.processIdentifier, SIGKILL)
        #else
            _ = Darwin.kill(process.processIdentifier, SIGKILL)
        #endif
        process.waitUntilExit()
    }

    deinit { end() }
}

import Foundation
import Testing
import VippsEmulator

/// Where the shared vectors lie; they are described in their own README.
let vectors = URL(fileURLWithPath: ProcessInfo.processInfo.environment["VECTORS"] ?? "../../tests/vectors")

func read(_ file: String) throws -> JSON {
    try JSON.parse(String(contentsOf: vectors.appendingPathComponent(file), encoding: .utf8))
}

struct VectorFile: CustomTestStringConvertible, Sendable {
    let name: String
    let cases: Int
    var testDescription: String { name }

    static let all: [VectorFile] = {
        let files = (try? read("index.json"))?["files"]?.list ?? []
        return files.map { VectorFile(name: $0["file"]?.text ?? "", cases: Int($0["cases"]?.number ?? 0)) }
    }()
}

@Suite(.serialized)
struct VectorsTests {
    @Test(arguments: VectorFile.all)
    func executesEveryCase(of file: VectorFile) async throws {
        let content = try read(file.name)
        let (vipps, shared) = (try await Emulator.start(), content["shared"] ?? .object([:]))
        var executed = 0
        for one in content["cases"]?.list ?? [] {
            executed += 1
            do {
                try await VectorCase(one, shared, vipps).run()
            } catch {
                Issue.record("\(one["id"]?.text ?? "?"): \(error)")
            }
        }
        #expect(executed == file.cases)
    }

    @Test func noFileIsLeftOutOfTheIndex() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: vectors.path)
        let listed = files.filter { $0.hasSuffix(".json") && !["index.json", "adapter.json", "emulator.json"].contains($0) }.sorted()
        #expect(!listed.isEmpty)
        #expect(listed == VectorFile.all.map(\.name).sorted())
    }

    @Test func aWrongExpectationIsFound() async throws {
        let vipps = try await Emulator.start()
        let content = try read("msn.json")
        let good = try #require(content["cases"]?.list.first { $0["result"]?["ok"] != nil })
        var members = good.members
        members["result"] = .object(["ok": .object(["msn": .text("another")])])
        let bad = JSON.object(members)
        await #expect(throws: Broken.self) { try await VectorCase(bad, .object([:]), vipps).run() }
    }
}

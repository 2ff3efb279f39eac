import Foundation
import Testing
import VippsEmulator

/// What every adapter of every language must do, with `VippsSession`.
@Suite(.serialized)
struct ScenariosTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let json: JSON
        var testDescription: String { json["id"]?.text ?? "?" }

        static let all: [Case] = ((try? read("adapter.json"))?["cases"]?.list ?? []).map(Case.init)
        static let executed = all.filter { skipped[$0.testDescription] == nil }

        /// Those that are left out, and why.
        #if canImport(FoundationNetworking) && compiler(<6.2)
            static let skipped = [
                "adapter-calls-with-other-headers":
                    "URLSession on Linux ends the process when a 401 has a `WWW-Authenticate` of a scheme alone, such as `Bearer`"
            ]
        #else
            static let skipped: [String: String] = [:]
        #endif
    }

    /// Which of several outcomes this client must have: it follows redirects to where its headers may go, sends a body once more
    /// unless it is a stream, and can't see what becomes of a request below it.
    private static let outcomes = [
        "adapter-basic-of-the-client": "ours", "adapter-hook-after-takes-authorization": "not_seen",
        "adapter-hooks-and-a-401": "repeated", "adapter-transform-and-a-401": "repeated", "adapter-401-text": "repeated",
        "adapter-401-bytes": "repeated", "adapter-401-json": "repeated", "adapter-401-form": "repeated",
        "adapter-401-multipart": "repeated", "adapter-401-file": "handed_back",
        "adapter-redirect-another-host": "handed_back", "adapter-redirect-307-another-host": "handed_back",
        "adapter-redirect-to-other-headers": "handed_back", "adapter-token-fails-on-the-second-try": "handed_back",
    ]

    @Test(arguments: Case.executed)
    func isExecuted(_ one: Case) async throws {
        let outcomes = one.json["outcomes"]?.list ?? []
        let wanted = Self.outcomes[one.testDescription]
        let possible = outcomes.filter { outcomes.count == 1 || $0["name"]?.text == wanted }
        try same("outcomes that are meant", 1, possible.count)
        let scenario = try await Scenario(one.json)
        try await scenario.run()
        try await scenario.compare(possible[0])
    }

    @Test func everyScenarioOfTheIndexIsExecuted() throws {
        let index = try read("index.json")["scenarios"]?.list ?? []
        #expect(index.map { $0["file"]?.text } == ["adapter.json"])
        let names = Set(Case.all.map(\.testDescription))
        #expect(index[0]["cases"]?.number == Double(names.count) && names.count == Case.all.count)
        for (name, why) in Case.skipped {
            #expect(names.contains(name))
            print("skipped \(name): \(why)")
        }
    }

    @Test func aWrongExpectationIsFound() async throws {
        let plain = try #require(Case.all.first { $0.testDescription == "adapter-plain" })
        let scenario = try await Scenario(plain.json)
        try await scenario.run()
        let right: [String: JSON] = plain.json["outcomes"]?.list[0].members ?? [:]
        try await scenario.compare(.object(right))
        let request: JSON = ["method": "GET", "path": "/epayment/v1/payments/acme-1", "ours": "654321"]
        let wrong: [String: JSON] = [
            "token_requests": 9, "results": [["status": 201]], "requests": [request],
            "events": [["name": "token_refused", "times": 1]], "elsewhere": [["method": "GET", "path": "/"]],
        ]
        for (name, value) in wrong {
            let bad = JSON.object(right.merging([name: value]) { $1 })
            await #expect(throws: Broken.self) { try await scenario.compare(bad) }
        }
    }
}

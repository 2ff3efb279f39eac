import Foundation
import Testing
@testable import VippsEmulator

/// The shared vectors of the operations, `emulator.json`, through the methods.
@Suite(.serialized)
struct OperationsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let json: JSON
        var testDescription: String { json["id"]?.text ?? "?" }

        static let all: [Case] = ((try? read("emulator.json"))?["cases"]?.list ?? []).map(Case.init)
    }

    @Test(arguments: Case.all)
    func isCarriedOut(_ one: Case) async throws {
        var run = OperationsRun(vipps: try await Emulator.start())
        for step in one.json["steps"]?.list ?? [] { try await run.carryOut(step) }
        await run.vipps.stop()
    }

    @Test func everyOperationHasACase() {
        let called = Case.all.flatMap { $0.json["steps"]?.list ?? [] }.compactMap { $0["call"]?.text }
        #expect(Emulator.operations.count > 60)
        #expect(Emulator.operations.isSubset(of: called))
    }

    @Test func aWrongExpectationIsFound() async throws {
        var run = OperationsRun(vipps: try await Emulator.start())
        let wrong: [JSON] = [
            ["call": "now", "input": [:], "gives": ["running": false]],
            ["call": "now", "input": [:], "refused": ["code": "not_found"]],
            ["call": "advance", "input": ["seconds": -1]],
            ["request": ["method": "GET", "path": "/", "headers": [:]], "reply": ["status": 503]],
        ]
        for step in wrong { await #expect(throws: Broken.self) { try await run.carryOut(step) } }
    }
}

/// One case: its emulator, and what the steps so far gave.
struct OperationsRun {
    let vipps: Emulator
    private var known: JSON = [:]

    init(vipps: Emulator) { self.vipps = vipps }

    mutating func carryOut(_ step: JSON) async throws {
        let seen = step["call"] == nil ? try await exchanged(step) : try await called(step)
        if let name = step["as"]?.text { known = .object(known.members.merging([name: seen]) { $1 }) }
    }

    private func called(_ step: JSON) async throws -> JSON {
        let (name, input) = (step["call"]?.text ?? "", try filled(step["input"] ?? [:]))
        let told: JSON
        do {
            told = try await method(name, input)
        } catch EmulatorError.refused(let refusal) {
            let expected = step["refused"]
            try same("\(name): \(refusal)", expected?["code"]?.text, refusal.code.rawValue)
            try same("member of \(name)", expected?["member"]?.text, refusal.member)
            return ["error": .text(refusal.text)]
        }
        try ensure(step["refused"] == nil, "\(name) gave \(told.string)")
        try contains(told, filled(step["gives"] ?? .null), name)
        return told
    }

    /// As a program would write it. What no method has a place for goes by name, and is refused.
    private func method(_ name: String, _ input: JSON) async throws -> JSON {
        do {
            return try await vipps.call(name, Input(members: input.members))
        } catch is NotInSwift {
            let members: Emulator.Members = input.members.mapValues { $0 }
            let told: JSON = try await vipps.run(name, members)
            throw Broken("\(name) takes \(input.string), but no method does; it gave \(told.string)")
        }
    }

    private func exchanged(_ step: JSON) async throws -> JSON {
        let (sent, expected) = (try filled(step["request"] ?? [:]), try filled(step["reply"] ?? [:]))
        let reply = try await reply(to: sent)
        try same("dropped", expected["dropped"]?.bool ?? false, reply == nil)
        guard let reply else { return [:] }
        let text = String(decoding: reply.body, as: UTF8.self)
        try ensure(reply.start.contains(" \(expected["status"]?.string ?? "") "), "\(reply.start): \(text)")
        for (name, value) in expected["headers"]?.members ?? [:] { try same(name, value.text, reply.header(name)) }
        let json = (try? JSON.parse(text)) ?? .null
        try contains(json, expected["json"] ?? .null, "reply")
        for name in expected["absent"]?.list ?? [] { try same("\(name)", nil, json[name.text ?? ""]) }
        return ["json": json]
    }

    /// As it stands: a client adds headers, follows redirects, and tries again where a connection was dropped.
    private func reply(to sent: JSON) async throws -> Message? {
        let (method, path, body) = (sent["method"]?.text ?? "", sent["path"]?.text ?? "", sent["body"]?.text ?? "")
        let length = method == "GET" ? [] : ["Content-Length: \(body.utf8.count)"]
        let headers = (sent["headers"]?.members ?? [:]).filter { $0.key != "Content-Length" }
        let lines = headers.map { "\($0): \($1.text ?? "")" } + length
        let port = URL(string: vipps.baseURL)?.port.flatMap(UInt16.init(exactly:)) ?? 0
        let head = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + lines
        let text = head.joined(separator: "\r\n") + "\r\n\r\n" + body
        return try await aside {
            let socket = try Socket.connected(to: port)
            socket.write(Data(text.utf8))
            return Message.next(on: socket)
        }
    }

    /// Some members; items in their place; an empty list means empty; `null` says nothing.
    private func contains(_ seen: JSON?, _ expected: JSON, _ what: String) throws {
        switch expected {
        case .null: return
        case .object(let members): for (name, member) in members { try contains(seen?[name], member, "\(what) \(name)") }
        case .list(let items):
            guard case .list(let list) = seen, list.count >= items.count, !items.isEmpty || list.isEmpty else {
                throw Broken("\(what): expected \(expected.string), got \(seen?.string ?? "nothing")")
            }
            for (item, wanted) in zip(list, items) { try contains(item, wanted, what) }
        default: try same(what, expected, seen ?? .null)
        }
    }

    /// With what earlier steps gave in the places of `{{name.member}}` and `{{b64:a:b}}`.
    private func filled(_ value: JSON) throws -> JSON {
        switch value {
        case .text(let text): .text(try filled(text))
        case .list(let list): .list(try list.map(filled))
        case .object(let members): .object(try members.mapValues(filled))
        default: value
        }
    }

    private func filled(_ text: String) throws -> String {
        guard let start = text.range(of: "{{"), let end = text.range(of: "}}", range: start.upperBound..<text.endIndex) else {
            return text
        }
        let place = String(text[start.upperBound..<end.lowerBound])
        return try text[..<start.lowerBound] + placed(place) + filled(String(text[end.upperBound...]))
    }

    private func placed(_ place: String) throws -> String {
        if place.hasPrefix("b64:") {
            let pair = try place.dropFirst(4).split(separator: ":").map { try placed(String($0)) }.joined(separator: ":")
            return Data(pair.utf8).base64EncodedString()
        }
        let value = place.split(separator: ".").reduce(known as JSON?) { value, name in
            Int(name).map { value?.list[$0] } ?? value?[String(name)]
        }
        guard let text = value?.text else { throw Broken("nothing is known of \(place)") }
        return text
    }
}

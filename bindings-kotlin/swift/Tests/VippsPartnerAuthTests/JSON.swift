import Foundation
import VippsEmulator

typealias JSON = Emulator.JSON

extension Emulator.JSON {
    static func parse(_ text: String) throws -> JSON {
        try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }

    subscript(name: String) -> JSON? { if case .object(let members) = self { members[name] } else { nil } }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var span: Duration? { number.map { .seconds($0) } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    var list: [JSON] { if case .list(let list) = self { list } else { [] } }
    var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
    var isNull: Bool { self == .null }

    /// An object of what there is; `nil` becomes null.
    static func of(_ members: [String: JSON?]) -> JSON { .object(members.mapValues { $0 ?? .null }) }
    static func texts(_ texts: [String]) -> JSON { .list(texts.map(JSON.text)) }
    static func maybe(_ text: String?) -> JSON? { text.map(JSON.text) }

    /// With another text in the place of this one, wherever it stands in a text.
    func replacing(_ old: String, with new: String) -> JSON {
        switch self {
        case .text(let text): .text(text.replacingOccurrences(of: old, with: new))
        case .list(let list): .list(list.map { $0.replacing(old, with: new) })
        case .object(let members): .object(members.mapValues { $0.replacing(old, with: new) })
        default: self
        }
    }
}

struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func ensure(_ good: Bool, _ otherwise: @autoclosure () -> String) throws {
    if !good { throw Broken(otherwise()) }
}

func same<T: Equatable>(_ what: String, _ expected: T, _ made: T) throws {
    try ensure(expected == made, "\(what): expected \(expected), got \(made)")
}

/// Fails on a member that this runner does not know.
func known(_ json: JSON, _ names: Set<String>) throws {
    let unknown = Set(json.members.keys).subtracting(names)
    try ensure(unknown.isEmpty, "unknown members \(unknown)")
}

/// Waits for something, and leaves the machine to it meanwhile.
func until(_ isSo: () async throws -> Bool) async throws {
    while try await !isSo() { try await Task.sleep(for: .milliseconds(2)) }
}

/// The fields of a form or query, in order.
func form(_ text: String) -> [(name: String, value: String)] {
    text.split(separator: "&").map { field in
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
            let spaced = part.replacingOccurrences(of: "+", with: " ")
            return spaced.removingPercentEncoding ?? spaced
        }
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

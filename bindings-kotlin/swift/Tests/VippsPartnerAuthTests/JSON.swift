import Foundation

/// JSON that can be compared.
indirect enum JSON: Hashable, Codable {
    case null, bool(Bool), number(Double), text(String), list([JSON]), object([String: JSON])

    init(from decoder: Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        // A whole number is written as one: the library reads it as such.
        case .number(let number) where number == number.rounded() && abs(number) < 1e15:
            try container.encode(Int64(number))
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let members): try container.encode(members)
        }
    }

    static func parse(_ text: String) throws -> JSON {
        try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }

    var string: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(self) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    subscript(name: String) -> JSON? { if case .object(let members) = self { members[name] } else { nil } }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    var list: [JSON] { if case .list(let list) = self { list } else { [] } }
    var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
    var isNull: Bool { self == .null }

    /// An object of what there is; `nil` becomes null.
    static func of(_ members: [String: JSON?]) -> JSON { .object(members.mapValues { $0 ?? .null }) }
    static func texts(_ texts: [String]) -> JSON { .list(texts.map(JSON.text)) }
    static func maybe(_ text: String?) -> JSON? { text.map(JSON.text) }
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

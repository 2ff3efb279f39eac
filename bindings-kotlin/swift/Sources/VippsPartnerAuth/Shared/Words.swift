import Foundation
import VippsPartnerAuthNative

/// A word from a list that may grow: Vipps, or a later version of this library, may add some. Compare it with the words that
/// are named here, or with a text: `error.reason == .denied`, `error.reason == "server_error"`.
public protocol OpenWord: RawRepresentable<String>, Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// Any word.
    init(rawValue: String)
}

extension OpenWord {
    public init(stringLiteral text: String) { self.init(rawValue: text) }

    /// The word itself.
    public var description: String { rawValue }
}

extension Duration {
    /// The same as the library takes it.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// JSON that the library hands out as text, on its way into an encoder.
enum JSONValue: Codable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(json: String) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)) }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let int = try? value.decode(Int64.self) {
            self = .int(int)
        } else if let double = try? value.decode(Double.self) {
            self = .double(double)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONValue].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .int(let int): try value.encode(int)
        case .double(let double): try value.encode(double)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .object(let members): try value.encode(members)
        }
    }
}

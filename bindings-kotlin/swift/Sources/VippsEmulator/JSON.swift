import Foundation

extension Emulator {
    /// Any value, where the emulator takes or gives any: claims, a key set, what a web page of the service would show.
    public indirect enum JSON: Codable, Hashable, Sendable {
        /// Nothing.
        case null
        /// Yes or no.
        case bool(Bool)
        /// A number.
        case number(Double)
        /// A text.
        case text(String)
        /// Values in their order.
        case list([JSON])
        /// Values by their names.
        case object([String: JSON])

        public init(from decoder: any Decoder) throws {
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

        public func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .null: try value.encodeNil()
            case .bool(let bool): try value.encode(bool)
            // A whole number is written as one: many programs read it as such.
            case .number(let number) where number == number.rounded() && abs(number) < 0x1p53:
                try value.encode(Int64(number))
            case .number(let number): try value.encode(number)
            case .text(let text): try value.encode(text)
            case .list(let list): try value.encode(list)
            case .object(let members): try value.encode(members)
            }
        }

        /// As a text.
        public var string: String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            guard let data = try? encoder.encode(self) else { return "" }
            return String(decoding: data, as: UTF8.self)
        }
    }
}

extension Emulator.JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(arrayLiteral elements: Emulator.JSON...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, Emulator.JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

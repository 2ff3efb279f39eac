import Foundation
@testable import VippsEmulator

/// Something that a method of Swift has no place for.
struct NotInSwift: Error {}

/// The members of a call, as the arguments of a method.
struct Input {
    let members: [String: JSON]

    func hasOnly(_ names: String...) throws {
        guard Set(members.keys).isSubset(of: names) else { throw NotInSwift() }
    }

    func needed<Value: Decodable>(_ name: String) throws -> Value {
        guard let value: Value = try given(name) else { throw NotInSwift() }
        return value
    }

    func given<Value: Decodable>(_ name: String) throws -> Value? {
        guard let value = members[name], !value.isNull else { return nil }
        do {
            return try JSONDecoder.ofTheEmulator().decode([Value].self, from: JSONEncoder().encode([value]))[0]
        } catch is DecodingError {
            throw NotInSwift()
        }
    }

    func needed(_ name: String) throws -> Duration {
        guard let value: Duration = try given(name) else { throw NotInSwift() }
        return value
    }

    func given(_ name: String) throws -> Duration? {
        let seconds: Double? = try given(name)
        return seconds.map { Duration.seconds($0) }
    }
}

extension Emulator.JSON {
    /// A value of ours, as the description has it.
    init(of value: some Encodable) throws {
        let list = try JSONEncoder.ofTheEmulator().encode([value])
        self = try JSONDecoder().decode([Emulator.JSON].self, from: list)[0]
    }
}

import Foundation
import VippsPartnerAuth

/// An offline stand-in for the token and Login endpoints of Vipps MobilePay, for tests: same paths, bodies, types, quirks and
/// errors, over real HTTP on this machine. It is strict, and keeps every request with what was right and wrong about it.
///
/// Each method asks the emulator, and holds from the next request on. What the emulator does not take is refused with an
/// ``EmulatorError``, and nothing of it is applied. What a call leaves out is for the emulator to say.
///
/// One that was started here ends with ``stop()``, with the last reference to it, and with this process, whatever ends that.
public final class Emulator: Sendable {
    /// Where it is reached, such as `http://127.0.0.1:40001`.
    public let baseURL: String
    /// The page for a person's browser: whoever is asked to log in decides there, and it lists the requests.
    public let pageURL: String
    /// The emulator's version.
    public let version: String
    private let door: Door
    private let program: (any Running)?
    private let warning = Once()

    init(_ door: Door, at place: Place, program: (any Running)? = nil) {
        self.door = door
        self.program = program
        (baseURL, pageURL, version) = (place.baseURL, place.pageURL, place.version)
    }

    /// Uses one that runs already, by its address, such as one in a container. ``stop()`` then leaves it running.
    public static func connect(_ url: String) async throws -> Emulator {
        let door = Door(to: try Door.checked(url))
        let place = try JSONDecoder().decode(Place.self, from: await door.call("info", Data("{}".utf8)))
        return Emulator(door, at: place)
    }

    /// Ends the program that was started, and waits until it is gone. Stopping again does nothing.
    public func stop() async {
        door.close()
        await program?.stop()
    }

    /// The emulator as an environment for a `Partner` or an `IDTokenVerifier`.
    public var environment: VippsEnvironment { .custom(baseURL) }

    deinit { door.close() }
}

extension Emulator: CustomStringConvertible {
    /// Its address.
    public var description: String { "Emulator(\(baseURL))" }
}

extension Emulator {
    typealias Members = [String: (any Encodable & Sendable)?]

    /// Runs an operation by its name in every language, with the members that are given.
    func run<Reply: Decodable>(_ operation: String, _ members: Members = [:]) async throws -> Reply {
        try JSONDecoder.ofTheEmulator().decode(Reply.self, from: try await told(operation, members))
    }

    /// The same, where nothing comes back.
    func run(_ operation: String, _ members: Members = [:]) async throws {
        _ = try await told(operation, members)
    }

    private func told(_ operation: String, _ members: Members) async throws -> Data {
        let given = Given(members: members.compactMapValues { $0 })
        let told = try await door.call(operation, JSONEncoder.ofTheEmulator().encode(given))
        warn(told)
        return told
    }

    /// What goes wrong unnoticed in a test is told on standard error, once.
    private func warn(_ told: Data) {
        guard told.range(of: Data(#""warning""#.utf8)) != nil,
            let text = try? JSONDecoder().decode(Warning.self, from: told).warning, warning.isFirst()
        else { return }
        FileHandle.standardError.write(Data("vipps-emulator: \(text)\n".utf8))
    }

    private struct Warning: Decodable { let warning: String }
}

/// Where an emulator is.
struct Place: Decodable {
    let baseURL: String
    let pageURL: String
    let version: String

    enum CodingKeys: String, CodingKey {
        case baseURL = "base_url"
        case pageURL = "page_url"
        case version
    }
}

/// The members of an object, by their names.
private struct Given: Encodable {
    let members: [String: any Encodable]

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Name.self)
        for (name, value) in members { try object.encode(value, forKey: Name(stringValue: name)) }
    }

    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// Something that is to be done the first time alone.
private final class Once: @unchecked Sendable {
    private let lock = NSLock()
    private var isOver = false

    func isFirst() -> Bool {
        lock.withLock {
            defer { isOver = true }
            return !isOver
        }
    }
}

extension JSONEncoder {
    /// Moments as the emulator has them.
    static func ofTheEmulator() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .secondsSince1970
        return encoder
    }
}

extension JSONDecoder {
    /// Moments as the emulator has them.
    static func ofTheEmulator() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return decoder
    }
}

extension Duration {
    /// As the emulator has spans.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

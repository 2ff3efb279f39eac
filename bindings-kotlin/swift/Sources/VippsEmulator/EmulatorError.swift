import Foundation

/// What can go wrong between a test and the emulator.
public enum EmulatorError: Error, Equatable, Sendable {
    /// An operation, or an option of the start, was refused; nothing of it was applied.
    case refused(Emulator.Refusal)
    /// The program is not there, or this machine would not let it start.
    case notStarted(String)
    /// Nobody answers at the emulator's address, or somebody else does, or it was stopped.
    case unreachable(String)

    /// The refusal, where it is one.
    public var refusal: Emulator.Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

extension EmulatorError: LocalizedError, CustomStringConvertible {
    /// What happened, in one sentence.
    public var description: String {
        switch self {
        case .refused(let refusal): refusal.text
        case .notStarted(let text), .unreachable(let text): text
        }
    }
    public var errorDescription: String? { description }
}

extension Emulator {
    /// Why something was refused.
    public struct Refusal: Codable, Hashable, Sendable {
        /// The whole of it in one text.
        public let text: String
        /// Why.
        public let code: RefusalCode
        /// The member that it is about, by its name in all languages, such as `retry_after` or `replies[0].status`; `nil` when
        /// it is about all of it.
        public let member: String?
        /// The rule that it breaks.
        public let rule: String

        enum CodingKeys: String, CodingKey {
            case text = "error"
            case code
            case member
            case rule
        }
    }
}

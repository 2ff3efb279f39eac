import Foundation
import VippsPartnerAuthNative

/// One sales unit, as Vipps' Management API tells of it.
public struct SalesUnit: Sendable, Hashable, CustomStringConvertible {
    let parts: SalesUnitParts

    /// Its merchant serial number. Written as a number on the wire, it is filled up to four digits.
    public var msn: String { parts.msn }
    /// The name that people read.
    public var name: String? { parts.name }
    /// Whether it is active, where the reply says so.
    public var isActive: Bool? { parts.active }
    /// The members that are true or false, by name.
    public var flags: [String: Bool] { parts.flags }
    /// All that Vipps sent, those members too that are unknown to this library.
    public var json: String { parts.json }

    public var description: String { "SalesUnit(msn: \(msn))" }
}

/// Whether keys can act for a sales unit.
public enum SalesUnitState: String, Sendable, CaseIterable, Codable {
    /// They can.
    case connected
    /// Not connected to this partner, or not active: Vipps answers both alike.
    case notConnected = "not_connected"
    /// The reply itself says that it is not active.
    case inactive
}

/// What Vipps answers about one sales unit.
public struct SalesUnitStatus: Sendable, Hashable, CustomStringConvertible {
    let parts: SalesUnitStatusParts

    /// The sales unit that was asked about.
    public var msn: String { parts.msn }
    /// The answer.
    public var state: SalesUnitState {
        switch parts.state {
        case .connected: return .connected
        case .notConnected: return .notConnected
        case .inactive: return .inactive
        }
    }
    /// What Vipps says of it, where there is one.
    public var unit: SalesUnit? { parts.unit.map(SalesUnit.init) }

    public var description: String { "SalesUnitStatus(msn: \(msn), state: \(state.rawValue))" }
}

/// A list of sales units beside the MSNs that were known.
public struct SalesUnitChanges: Sendable, Hashable {
    let parts: SalesUnitChangesParts

    /// All there are now.
    public var units: [SalesUnit] { parts.units.map(SalesUnit.init) }
    /// Those of them that were not known.
    public var connected: [SalesUnit] { parts.connected.map(SalesUnit.init) }
    /// The MSNs of those that were known and are there no more.
    public var gone: [String] { parts.gone }
}

/// One word for each answer of a check.
public enum CheckOutcome: String, Sendable, CaseIterable, Codable {
    /// As it should be.
    case good
    /// Somebody must change something.
    case bad
    /// It can't be told now, or not from here.
    case unknown
}

/// The answer to one question of ``Partner/check(_:)``.
public struct CheckFinding: Sendable, Hashable, CustomStringConvertible {
    let parts: CheckFindingParts

    /// In one word.
    public var outcome: CheckOutcome {
        switch parts.outcome {
        case .good: return .good
        case .bad: return .bad
        case .unknown: return .unknown
        }
    }
    /// In words, without a secret.
    public var detail: String { parts.detail }
    /// The stable code of the error, where something went wrong: the raw value of a ``VippsAuthError/Kind``.
    public var code: String? { parts.code }
    /// Its likely cause.
    public var hint: String? { parts.hint }
    /// Its whole text.
    public var error: String? { parts.error }

    public var description: String { "CheckFinding(outcome: \(outcome.rawValue), detail: \(detail))" }
}

/// What ``Partner/check(_:)`` found, each question with its own answer: one that went wrong stops no other.
public struct MerchantCheck: Sendable, Hashable {
    let parts: MerchantCheckParts

    /// Whose.
    public var msn: String { parts.msn }
    /// Whether nothing is wrong, as far as could be told.
    public var isGood: Bool { parts.isGood }
    /// Whether Vipps takes the keys.
    public var token: CheckFinding { CheckFinding(parts: parts.token) }
    /// Whether this machine's clock and that of Vipps agree, within the setting `leeway`.
    public var clock: CheckFinding { CheckFinding(parts: parts.clock) }
    /// Whether the sales unit is connected to these keys.
    public var connected: CheckFinding { CheckFinding(parts: parts.connected) }
    /// Whether Login's token endpoint takes these keys for this merchant.
    public var login: CheckFinding { CheckFinding(parts: parts.login) }
    /// How far the clock of Vipps is ahead, to the second; below zero it is behind.
    public var clockDifference: Duration? { parts.clockDifference.map { .seconds($0) } }
    /// What the Management API says of the sales unit, where it could be asked.
    public var salesUnit: SalesUnitStatus? { parts.salesUnit.map(SalesUnitStatus.init) }
}

extension Partner {
    /// The sales units that these keys can act for, the whole list at once. From the second call on, what differs from the
    /// list before is told as the events `merchant_connected` and `merchant_gone`. The test environment has no Management
    /// API, which this asks.
    public func salesUnits() async throws -> [SalesUnit] {
        try await native { try await handle.salesUnits(cancellation: $0) }.map(SalesUnit.init)
    }

    /// Those of one merchant, by its number in a register of businesses, such as `NO:ORG` and nine digits.
    public func salesUnits(of scheme: String, id: String) async throws -> [SalesUnit] {
        try await native { try await handle.salesUnitsOf(scheme: scheme, id: id, cancellation: $0) }
            .map(SalesUnit.init)
    }

    /// Whether these keys can act for one sales unit, and what Vipps says of it.
    public func salesUnit(_ msn: String) async throws -> SalesUnitStatus {
        SalesUnitStatus(parts: try await native { try await handle.salesUnit(msn: msn, cancellation: $0) })
    }

    /// The list beside the MSNs that your records hold: what is new, and what is gone. Tells both as events.
    public func salesUnitChanges(known: [String]) async throws -> SalesUnitChanges {
        SalesUnitChanges(parts: try await native { try await handle.salesUnitChanges(known: known, cancellation: $0) })
    }

    /// Looks whether a merchant is ready to be served, such as when it is added: token, clock, connection, Login. Changes
    /// nothing at Vipps; of Login it asks for the tokens of a code that nobody was given, which is refused. What it finds is
    /// data and no error.
    public func check(_ msn: String) async throws -> MerchantCheck {
        MerchantCheck(parts: try await native { try await handle.check(msn: msn, cancellation: $0) })
    }
}

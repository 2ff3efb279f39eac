import VippsPartnerAuthNative

/// How a thing is that was looked at.
public enum DoctorOutcome: String, Sendable, CaseIterable, Codable {
    /// As it must be.
    case ok
    /// It works, and somebody should look into it.
    case warning
    /// It does not work, or not for long.
    case fault

    init(_ parts: DoctorOutcomeParts) {
        switch parts {
        case .ok: self = .ok
        case .warning: self = .warning
        case .fault: self = .fault
        }
    }
}

/// One thing that was looked at. Holds no secret.
public struct DoctorFinding: Sendable, Hashable, Codable {
    /// The stable name of what was looked at, such as `token`; the same in every language.
    public let check: String
    /// How it is.
    public let outcome: DoctorOutcome
    /// What was found, in plain words.
    public let detail: String
    /// What to do about it, where that is known.
    public let cure: String?
}

/// All findings of ``Partner/doctor(msns:redirectURI:offline:)``, in the order in which they were made.
public struct DoctorReport: Sendable, Hashable, CustomStringConvertible {
    /// The version of this library.
    public let version: String
    /// Where the calls go.
    public let environment: String?
    /// The kind of keys.
    public let keys: Keys.Kind?
    /// The worst of all findings.
    public let outcome: DoctorOutcome
    /// One for each thing that was looked at.
    public let findings: [DoctorFinding]
    /// The whole report as JSON.
    public let json: String
    /// The text for people.
    public let description: String

    init(_ parts: ReportParts) {
        version = parts.version
        environment = parts.environment
        keys = parts.keys.map(Keys.Kind.init)
        outcome = DoctorOutcome(parts.outcome)
        findings = parts.findings.map {
            DoctorFinding(check: $0.check, outcome: DoctorOutcome($0.outcome), detail: $0.detail, cure: $0.cure)
        }
        json = parts.json
        description = parts.text
    }
}

extension Partner {
    /// Looks whether everything is as it must be: keys, network, clock, token, key set, sales units, Redis. What it finds is
    /// in the report. Changes nothing at Vipps.
    public func doctor(msns: [String] = [], redirectURI: String? = nil, offline: Bool = false) async throws -> DoctorReport {
        DoctorReport(
            try await native {
                try await handle.doctor(msns: msns, redirectUri: redirectURI, offline: offline, cancellation: $0)
            })
    }
}

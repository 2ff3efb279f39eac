import VippsPartnerAuthNative

/// One thing that was looked at. Holds no secret.
public struct DoctorFinding: Sendable, Equatable {
    /// The stable name of what was looked at, such as `token`; the same in every language.
    public let check: String
    /// `ok`, `warning` (it works, and somebody should look into it) or `fault`.
    public let outcome: String
    /// What was found, in plain words.
    public let detail: String
    /// What to do about it, where that is known.
    public let cure: String?
}

/// All findings of ``Partner/doctor(msns:redirectURI:offline:)``, in the order in which they were made.
public struct DoctorReport: Sendable, CustomStringConvertible {
    /// The version of this library.
    public let version: String
    /// Where the calls go.
    public let environment: String?
    /// The kind of keys.
    public let keys: String?
    /// The worst of all findings.
    public let outcome: String
    /// One for each thing that was looked at.
    public let findings: [DoctorFinding]
    /// The whole report as JSON.
    public let json: String
    /// The text for people.
    public let description: String

    init(_ parts: ReportParts) {
        version = parts.version
        environment = parts.environment
        keys = parts.keys
        outcome = parts.outcome
        findings = parts.findings.map {
            DoctorFinding(check: $0.check, outcome: $0.outcome, detail: $0.detail, cure: $0.cure)
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

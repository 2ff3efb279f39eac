@_exported import VippsEmulatorNative
import Foundation
import VippsPartnerAuth

extension EmulatorError: LocalizedError {
    public var errorDescription: String? { description }
}

extension Emulator {
    /// The emulator as an environment for a `Partner` or an `IDTokenVerifier`.
    public var environment: VippsEnvironment { .custom(baseUrl()) }

    /// The partner's keys as they are now.
    public var partnerKeys: Keys {
        get throws {
            let keys = keysOfPartner()
            return try .partner(
                clientID: keys.clientId, clientSecret: keys.clientSecret, subscriptionKey: keys.subscriptionKey,
                secondSubscriptionKey: keys.secondSubscriptionKey)
        }
    }

    /// A sales unit's own keys as they are now; `nil` if there is no such sales unit.
    public func salesUnitKeys(_ msn: String) throws -> Keys? {
        try keysOfSalesUnit(msn: msn).map { keys in
            try .salesUnit(
                clientID: keys.clientId, clientSecret: keys.clientSecret, subscriptionKey: keys.subscriptionKey,
                msn: msn, secondSubscriptionKey: keys.secondSubscriptionKey)
        }
    }

    /// The keys for `/miami/v1/token`.
    public var specializedKeys: Keys {
        get throws {
            let keys = keysOfSpecialized()
            return try .specialized(clientID: keys.clientId, clientSecret: keys.clientSecret)
        }
    }
}

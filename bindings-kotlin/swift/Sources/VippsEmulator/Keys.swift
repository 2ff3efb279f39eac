import VippsPartnerAuth

extension Emulator.Keys {
    /// As the keys of a partner, for a `Partner`.
    public func forPartner() throws -> VippsPartnerAuth.Keys {
        try .partner(
            clientID: clientID, clientSecret: clientSecret, subscriptionKey: subscriptionKey,
            secondSubscriptionKey: secondSubscriptionKey)
    }

    /// As the own keys of this sales unit, for a `Partner`.
    public func forSalesUnit(_ msn: String) throws -> VippsPartnerAuth.Keys {
        try .salesUnit(
            clientID: clientID, clientSecret: clientSecret, subscriptionKey: subscriptionKey, msn: msn,
            secondSubscriptionKey: secondSubscriptionKey)
    }
}

extension Emulator.SpecializedKeys {
    /// For a `Partner`.
    public func forPartner() throws -> VippsPartnerAuth.Keys {
        try .specialized(clientID: clientID, clientSecret: clientSecret)
    }
}

extension Emulator.RecordedRequest {
    /// The first header of that name, in any letter case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name.lowercased() }?.value
    }
}

import Foundation
import Testing
import VippsEmulator
import VippsPartnerAuth

/// What the pages of the guide speak of: each of their blocks is a method of this class, as `bindings-kotlin/scripts/blocks.py`
/// has it.
final class Scene {
    let vipps: Emulator
    let environment: VippsEnvironment
    let keys: Keys
    let system: SystemInfo
    let partner: Partner
    let shop: Merchant
    let url: URL

    let callback = "https://shop.example/callback"
    var session: [String: String] = [:]

    let phone: Backchannel
    let pending: PendingLogin

    let nonce = "n-0001"
    let jwt: String

    let webhookID = "3cc1dd85-0000-4000-8000-000000000001"
    let secret = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW9uZQ=="
    let pathAndQuery = "/webhooks/vipps?shop=7"
    let rawBody = Data("{}".utf8)
    let headers: [String: String]

    init() async throws {
        setenv("VIPPS_CLIENT_ID", "11111111-2222-4333-8444-555555555555", 1)
        setenv("VIPPS_CLIENT_SECRET", "fixture-Secret+/42==", 1)
        setenv("VIPPS_SUBSCRIPTION_KEY", "0123456789abcdef0123456789abcdef", 1)
        let ofEnvironment = Emulator.NewKeys(
            clientID: "11111111-2222-4333-8444-555555555555", clientSecret: "fixture-Secret+/42==",
            secondSubscriptionKey: "fedcba9876543210fedcba9876543210",
            subscriptionKey: "0123456789abcdef0123456789abcdef")
        vipps = try await Emulator.start(.init(merchants: ["123456"], partnerKeys: ofEnvironment))
        environment = vipps.environment
        keys = try await vipps.partnerKeys().forPartner()
        system = try SystemInfo(name: "acme", version: "3.1.2")
        partner = try Partner(keys: keys, system: system, environment: environment)
        shop = try partner.merchant("123456")
        url = try #require(URL(string: vipps.baseURL + "/epayment/v1/payments"))
        try await vipps.registerRedirectURI("123456", redirectURI: callback)
        try await vipps.autoApprove("4791234567")
        phone = try shop.backchannel()
        pending = try await phone.start(loginHint: "urn:msisdn:4791234567", scopes: ["openid"])
        try await vipps.approve(pending.authReqID, msisdn: "4791234567")
        jwt = try await vipps.mintIDToken("123456", nonce: nonce)
        let signer = try WebhookVerifier(webhookID: webhookID, secret: secret)
        headers = try signer.sign(webhookID: webhookID, url: "https://shop.example\(pathAndQuery)", body: rawBody)
    }

    func callbackURL() async throws -> String {
        try await whereTheBrowserGoes(LoginRequest(json: session["login"] ?? "").url)
    }

    func log(_ line: String) { print(line) }

    func show(_ line: String) { print(line) }

    func tryAgain(_ after: Duration?) { print("again after \(after ?? .zero)") }
}

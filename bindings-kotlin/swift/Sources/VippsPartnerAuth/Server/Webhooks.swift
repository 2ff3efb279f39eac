import Foundation
import VippsPartnerAuthNative

/// What may differ from one receiver of webhooks to another.
public struct WebhookOptions: Sendable {
    /// The host of the registered URL, such as `shop.example`, with a port where it is not 443. Needed where a proxy
    /// in front of this program changes `Host`; the request's own unless set.
    public var publicHost: String?
    /// How far `x-ms-date` may be from this machine's clock, at most 24 hours; 5 minutes unless set.
    public var tolerance: Duration?
    /// The time, for tests.
    public var clock: ManualClock?

    /// Options; what is not named stays as the library has it.
    public init(publicHost: String? = nil, tolerance: Duration? = nil, clock: ManualClock? = nil) {
        self.publicHost = publicHost
        self.tolerance = tolerance
        self.clock = clock
    }

    var parts: WebhookOptionsParts {
        WebhookOptionsParts(publicHost: publicHost, tolerance: tolerance?.seconds, clock: clock?.handle)
    }
}

/// Checks that a call to a webhook comes from Vipps and is as it was sent. Needs no keys and no network. Build one
/// and keep it.
public final class WebhookVerifier: Sendable {
    private let handle: WebhookVerifierHandle

    /// A verifier for these registrations: secrets by `Webhook-Id`, as the Webhooks API gave them out; several for
    /// one id while a secret is rotated. A secret is used as it stands: it looks like base64 and is not to be
    /// decoded.
    public init(secrets: [String: [String]], options: WebhookOptions = WebhookOptions()) throws {
        let all = secrets.flatMap { id, several in several.map { WebhookSecretParts(webhookId: id, secret: $0) } }
        handle = try native { try WebhookVerifierHandle(secrets: all, options: options.parts) }
    }

    /// The same for one registration.
    public convenience init(webhookID: String, secret: String, options: WebhookOptions = WebhookOptions()) throws {
        try self.init(secrets: [webhookID: [secret]], options: options)
    }

    /// Checks a request; `invalidWebhook` for all that is not to be trusted: answer 401. ``VippsAuthError/reason``
    /// names what differs, ``VippsAuthError/hint`` the likely cause; both are for logs, not for the caller.
    ///
    /// - Parameters:
    ///   - method: the method of the request, such as `POST`
    ///   - path: path and query as the request line had them, or the whole URL
    ///   - headers: pairs of name and value, names in any letter case, such as Vapor's `HTTPHeaders`
    ///   - body: the raw body, before any parser
    public func verify<Headers: Sequence>(
        method: String, path: String, headers: Headers, body: Data
    ) throws -> VerifiedWebhook where Headers.Element == (name: String, value: String) {
        let all = headers.map { WebhookHeaderParts(name: $0.name, value: $0.value) }
        return VerifiedWebhook(
            parts: try native { try handle.verify(method: method, path: path, headers: all, body: body) })
    }

    /// The same for headers that are there once each.
    public func verify(method: String, path: String, headers: [String: String], body: Data) throws -> VerifiedWebhook {
        try verify(method: method, path: path, headers: headers.map { (name: $0.key, value: $0.value) }, body: body)
    }

    /// Signs a body as Vipps would, for tests of a receiver: the headers of the call, `host` among them. `url` is the
    /// whole URL of the registration. With several secrets for this id the first signs; the date is that of the
    /// clock.
    public func sign(webhookID: String, url: String, body: Data) throws -> [String: String] {
        try native { try handle.sign(webhookId: webhookID, url: url, body: body) }
    }
}

/// A call that passed every check of a ``WebhookVerifier``; there is no other way to make one. Be ready for
/// the same event to come twice.
public struct VerifiedWebhook: Sendable, CustomStringConvertible, CustomReflectable {
    let parts: WebhookParts

    /// Which registration it came through (`Webhook-Id`).
    public var webhookID: String { parts.webhookId }
    /// When Vipps sent it (`x-ms-date`).
    public var sentAt: Date { parts.sentAt }
    /// The body as it came: the event's JSON.
    public var body: Data { parts.handle.body() }

    /// The event `login.merchant-initiated.ping.v1`: a login by phone number has been decided. Finish the login with
    /// ``Backchannel/finishWebhook(_:pending:)``. Any other event is `invalidConfig`, field `body`.
    public func ping() throws -> BackchannelPing { BackchannelPing(parts: try native { try parts.handle.ping() }) }

    public var description: String { "VerifiedWebhook(webhookID: \(webhookID), sentAt: \(sentAt))" }
    public var customMirror: Mirror { hidden(self) }
}

/// The webhook event `login.merchant-initiated.ping.v1`. ``VerifiedWebhook/ping()`` is the way to one: that it comes
/// from Vipps has been checked by then. A forged ping costs one request and ends nothing.
public struct BackchannelPing: Sendable, Hashable {
    /// Which login it is about.
    public let authReqID: String
    /// Which merchant it is about; told where the registration is for all merchants of the partner.
    public let msn: String?

    init(parts: PingParts) {
        authReqID = parts.authReqId
        msn = parts.msn
    }

    /// Reads the event's JSON body, which was verified elsewhere; `invalidConfig`, field `body`, for anything else.
    public init(body: String) throws {
        self.init(parts: try native { try backchannelPingOf(body: body) })
    }
}

extension BackchannelPing: CustomStringConvertible, CustomReflectable {
    /// Not which login: who holds that and the keys can end it.
    public var description: String { "BackchannelPing(***)" }
    public var customMirror: Mirror { hidden(self) }
}

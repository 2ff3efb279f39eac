import Foundation
import VippsPartnerAuthNative

/// What may differ from one login to the next.
public struct BackchannelOptions: Sendable, Hashable {
    // Generated from core/src/login/backchannel.rs by `cargo run -p tests --bin make-settings`.
    /// A short code that both devices show, so that the person sees which login they confirm: 5 to 8 of `A` to `Z`, `0` to
    /// `9` and hyphen. Default: none.
    public var bindingMessage: String?
    /// How long the person may take: 60 to 900 s, whole seconds. Default: none; Vipps chooses, about ten minutes.
    public var requestedExpiry: Duration?
    /// The web page in the phone's browser where the login ends, in the place of polling. Don't combine it with the
    /// webhook, which would use up the only exchange. Default: none; the login ends by polling.
    public var redirectURI: String?

    /// Each says what holds where it is left out.
    public init(
        bindingMessage: String? = nil, requestedExpiry: Duration? = nil, redirectURI: String? = nil
    ) {
        self.bindingMessage = bindingMessage
        self.requestedExpiry = requestedExpiry
        self.redirectURI = redirectURI
    }

    var values: [String: NamedValue] {
        var values = [String: NamedValue]()
        values["binding_message"] = bindingMessage.map { .text(text: $0) }
        values["requested_expiry"] = requestedExpiry.map { .span(seconds: $0.seconds) }
        values["redirect_uri"] = redirectURI.map { .text(text: $0) }
        return values
    }
    // End of what is generated.
}

/// A login by phone number that waits for the person. Keep it on the server: who holds it and the keys can end it.
public struct PendingLogin: Sendable, CustomStringConvertible, CustomReflectable {
    let parts: PendingParts

    init(parts: PendingParts) { self.parts = parts }

    /// A login that was kept; `invalidConfig`, field `pending`, for anything that ``json`` did not write.
    public init(json: String) throws {
        parts = try native { try pendingLoginOf(json: json) }
    }

    /// The login as JSON, to be kept over a restart.
    public var json: String { parts.handle.toJson() }
    /// The id of this login at Vipps. The webhook's ping names it.
    public var authReqID: String { parts.authReqId }
    /// The sales unit the login is for.
    public var msn: String { parts.msn }
    /// The scopes that were asked for.
    public var scopes: [String] { parts.scopes }
    /// Until when the person may decide, by this machine's clock.
    public var expiresAt: Date { parts.expiresAt }
    /// Whether it ends on a web page, by ``Backchannel/finishRedirect(callbackURL:pending:)``.
    public var endsByRedirect: Bool { parts.endsByRedirect }
    /// The least time between two polls, as Vipps has it by now.
    public var interval: Duration { .seconds(parts.handle.interval()) }

    public var description: String { "PendingLogin(msn: \(msn))" }
    public var customMirror: Mirror { hidden(self) }
}

extension PendingLogin: Codable, Hashable {
    public init(from decoder: any Decoder) throws {
        try self.init(json: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(json)
    }

    public static func == (one: PendingLogin, other: PendingLogin) -> Bool {
        one.authReqID == other.authReqID && one.msn == other.msn
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(authReqID) }
}

/// Login from a phone number for one merchant, for tills, call centres and kiosks.
public final class Backchannel: Sendable {
    private let handle: BackchannelHandle

    init(handle: BackchannelHandle) { self.handle = handle }

    /// Whether a person with this phone number (digits with country code) can be asked; `nil` where Vipps does not offer
    /// to tell.
    public func userExists(msisdn: String) async throws -> Bool? {
        try await native { try await handle.userExists(msisdn: msisdn, cancellation: $0) }
    }

    /// Asks a person to log in. `loginHint` is `urn:msisdn:` and a phone number with country code, or
    /// `urn:customer-token:` and a token.
    public func start(
        loginHint: String, scopes: [String], options: BackchannelOptions = BackchannelOptions()
    ) async throws -> PendingLogin {
        PendingLogin(
            parts: try await native {
                try await handle.start(loginHint: loginHint, scopes: scopes, options: options.values, cancellation: $0)
            })
    }

    /// Asks once whether the person has decided; `nil` while they have not, and without asking before the interval is
    /// over.
    public func poll(_ pending: PendingLogin) async throws -> LoginResult? {
        try await native { try await handle.poll(pending: pending.parts.handle, cancellation: $0) }
            .map(LoginResult.init)
    }

    /// Polls at the pace Vipps wants until the person has decided; `nil` when `timeout` is over first. Without one it waits
    /// as long as the login lives. The login goes on after a timeout, and so it does when the task is cancelled: call again
    /// with the same `pending`.
    public func wait(_ pending: PendingLogin, timeout: Duration? = nil) async throws -> LoginResult? {
        try await native {
            try await handle.wait(pending: pending.parts.handle, timeout: timeout?.seconds, cancellation: $0)
        }.map(LoginResult.init)
    }

    /// The states of a login, one for each time that Vipps is asked, at the pace Vipps wants, until it is complete. Fails as
    /// ``wait(_:timeout:)`` does. The login goes on when nobody asks for the next state.
    ///
    /// ```swift
    /// for try await state in phone.states(pending) {
    ///     switch state {
    ///     case .pending(let nextPollIn): print("asked again in \(nextPollIn)")
    ///     case .complete(let result): print("\(result.claims.sub) said yes")
    ///     }
    /// }
    /// ```
    public func states(_ pending: PendingLogin) -> BackchannelStates { BackchannelStates(phone: self, pending: pending) }

    func nextState(_ pending: PendingLogin) async throws -> BackchannelState {
        BackchannelState(
            parts: try await native { try await handle.nextState(pending: pending.parts.handle, cancellation: $0) })
    }

    /// How long until ``poll(_:)`` will ask Vipps again, for those who keep their own time.
    public func nextPollIn(_ pending: PendingLogin) -> Duration {
        .seconds(handle.nextPollIn(pending: pending.parts.handle))
    }

    /// Asks once because a webhook said so, whatever the interval; `nil` if the person has not decided after all.
    /// ``VerifiedWebhook/ping()`` says which login it is about.
    public func finishWebhook(_ webhook: VerifiedWebhook, pending: PendingLogin) async throws -> LoginResult? {
        try await native {
            try await handle.finishWebhook(
                webhook: webhook.parts.handle, pending: pending.parts.handle, cancellation: $0)
        }.map(LoginResult.init)
    }

    /// ``finishWebhook(_:pending:)`` for the body alone, which must have been verified before: its signature is not looked
    /// at.
    public func finishPing(body: String, pending: PendingLogin) async throws -> LoginResult? {
        try await native {
            try await handle.finishPing(body: body, pending: pending.parts.handle, cancellation: $0)
        }.map(LoginResult.init)
    }

    /// Ends a login of the redirect variant.
    public func finishRedirect(callbackURL: String, pending: PendingLogin) async throws -> LoginResult {
        LoginResult(
            parts: try await native {
                try await handle.finishRedirect(
                    callbackUrl: callbackURL, pending: pending.parts.handle, cancellation: $0)
            })
    }

    /// Asks who the person is.
    public func userinfo(_ result: LoginResult) async throws -> Userinfo {
        Userinfo(parts: try await native { try await handle.userinfo(result: result.parts.handle, cancellation: $0) })
    }
}

/// How far a login by phone number is, as ``Backchannel/states(_:)`` tells it.
public enum BackchannelState: Sendable {
    /// The person has not decided, or Vipps could not be asked just now.
    case pending(nextPollIn: Duration)
    /// The person said yes. No state comes after this one.
    case complete(LoginResult)

    init(parts: BackchannelStateParts) {
        switch parts {
        case .pending(let nextPollIn): self = .pending(nextPollIn: .seconds(nextPollIn))
        case .complete(let result): self = .complete(LoginResult(parts: result))
        }
    }
}

/// The states of a login by phone number: see ``Backchannel/states(_:)``.
public struct BackchannelStates: AsyncSequence, Sendable {
    public typealias Element = BackchannelState

    let phone: Backchannel
    let pending: PendingLogin

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(phone: phone, pending: pending) }

    /// Waits for each state in turn.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let phone: Backchannel
        let pending: PendingLogin
        private var isOver = false

        init(phone: Backchannel, pending: PendingLogin) {
            self.phone = phone
            self.pending = pending
        }

        /// The next state, once Vipps was asked; `nil` after the last one, and after an error.
        public mutating func next() async throws -> BackchannelState? {
            if isOver { return nil }
            isOver = true
            let state = try await phone.nextState(pending)
            if case .pending = state { isOver = false }
            return state
        }
    }
}

/// What a consent-revoked callback *claims*. **It proves nothing**: Vipps does not sign it, so anybody who knows the
/// address can send one.
public struct UnverifiedConsentRevoked: Sendable, Hashable {
    /// Who it says took their consent back.
    public let claimedSub: String
    /// When it says it was made.
    public let claimedIssuedAt: Date?
    /// Until when it says it is good.
    public let claimedExpiresAt: Date?

    /// Reads the callback's body, a JWT in plain text; `invalidConfig`, field `body`, for anything else.
    public init(body: String) throws {
        let parts = try native { try consentRevokedOf(body: body) }
        claimedSub = parts.claimedSub
        claimedIssuedAt = parts.claimedIssuedAt
        claimedExpiresAt = parts.claimedExpiresAt
    }
}

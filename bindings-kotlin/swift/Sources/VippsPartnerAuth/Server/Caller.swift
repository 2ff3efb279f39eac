import Foundation
import VippsPartnerAuthNative

/// A ``Partner`` or a ``Merchant``: what a request can be made for. Here is all that an adapter for another HTTP client
/// needs: ask ``covers(_:)``, attach the headers of ``authorization()``, and at a 401 to a call that carried its token ask
/// ``refused(_:)``.
public protocol Caller: Sendable {
    /// All headers of a call, with the token in them. Fetches a token if none is at hand.
    func authorization() async throws -> Authorization
    /// The same without I/O; `nil` when a token must be fetched first, or the keys are for another MSN.
    func cachedAuthorization() -> Authorization?
    /// For adapters, when an API answered 401 to a call that carried this token: headers with another one, for one more try
    /// of the same call. Throws where there is none, or a try makes no sense: hand over the 401.
    func refused(_ used: Authorization) async throws -> Authorization
    /// The same for a call that can't be made again: nobody waits, and the next call has another token.
    func noteRefused(_ used: Authorization)
    /// For adapters: tells what an API answered to a call with these headers. The first 403 of a merchant whose calls had
    /// worked is told as the event `merchant_forbidden` then; one that is no JSON says nothing of the merchant. Of a
    /// ``Partner`` itself nothing comes of it.
    func answered(status: Int, contentType: String?)
    /// Whether headers may be sent to this URL. Adapters must ask before they attach headers.
    func covers(_ url: String) -> Bool
    /// Whether headers that were sent to one URL may go along to the next on a redirect.
    func mayFollow(from: String, to: String) -> Bool
    /// For adapters: a call went to this URL without headers. Told once for each host, as the event `headers_withheld`.
    func withheld(_ url: String)
}

extension Caller {
    /// All headers of a call. Fetches a token if none is at hand.
    public func headers() async throws -> [String: String] { try await authorization().headers }

    /// The same headers without I/O; `nil` when a token must be fetched first, or the keys are for another MSN.
    public func cachedHeaders() -> [String: String]? { cachedAuthorization()?.headers }
}

/// All headers of a call, and the token in them.
public struct Authorization: Sendable, CustomStringConvertible, CustomReflectable {
    /// Names, in lower case, and values. The values are secrets.
    public let headers: [String: String]
    /// The token that is sent with them.
    public let token: AccessToken

    init(_ parts: HeadersParts) {
        headers = parts.headers
        token = AccessToken(parts: parts.token)
    }

    /// Never a value.
    public var description: String { "Authorization(\(headers.keys.sorted().joined(separator: ", ")))" }
    public var customMirror: Mirror { hidden(self) }
}

import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A delegate for a `URLSession` whose requests carry headers of ``Foundation/URLRequest/authorize(with:)``: it follows a
/// redirect only to where these headers may go, and answers with the redirect itself otherwise. ``VippsSession`` has one.
///
/// Without it a session takes the token and the subscription key along to any host. A session holds its delegate until it
/// is invalidated.
public final class CoveredRedirects: NSObject, URLSessionTaskDelegate, Sendable {
    private let caller: any Caller

    /// For requests of this partner or merchant.
    public init(for caller: any Caller) {
        self.caller = caller
    }

    public func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        guard let from = response.url?.absoluteString, let to = request.url?.absoluteString else {
            return completionHandler(nil)
        }
        // A call that carried nothing may go anywhere.
        completionHandler(!caller.covers(from) || caller.mayFollow(from: from, to: to) ? request : nil)
    }
}

import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A delegate for a `URLSession` whose requests carry headers of `URLRequest.authorize(with:)`: it follows a
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

    /// Lets a request follow a redirect only where the headers may go along.
    public func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        guard let from = response.url?.absoluteString, let to = request.url?.absoluteString else {
            return completionHandler(nil)
        }
        let mayGo = caller.lets(from, lead: to) && !isLeftBehind(bodyOf: task.originalRequest, by: request)
        completionHandler(mayGo ? request : nil)
    }

    /// On Linux a session leaves the body behind where a redirect says to make the same call elsewhere, and a call without its
    /// body is another call.
    private func isLeftBehind(bodyOf original: URLRequest?, by next: URLRequest) -> Bool {
        #if canImport(FoundationNetworking)
            let hasBody = original?.httpBody != nil || original?.httpBodyStream != nil
            return hasBody && original?.httpMethod == next.httpMethod
        #else
            return false
        #endif
    }
}

extension Caller {
    /// A call that carried nothing may go anywhere.
    func lets(_ from: String, lead to: String) -> Bool { !covers(from) || mayFollow(from: from, to: to) }
}

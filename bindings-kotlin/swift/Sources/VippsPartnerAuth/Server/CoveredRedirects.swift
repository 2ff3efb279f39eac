import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A delegate for a `URLSession` whose requests carry headers of ``Foundation/URLRequest/authorize(with:)``: it follows a
/// redirect only to where these headers may go, and answers with the redirect itself otherwise.
///
/// Without it a session takes the token and the subscription key along to any host. A session holds its delegate until it
/// is invalidated.
public final class CoveredRedirects: NSObject, URLSessionTaskDelegate, Sendable {
    private let covers: @Sendable (String) -> Bool

    /// For requests of this partner or merchant.
    public init(for caller: some Caller) {
        covers = { caller.covers($0) }
    }

    public func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        let isCovered = request.url.map { covers($0.absoluteString) } ?? false
        completionHandler(isCovered ? request : nil)
    }
}

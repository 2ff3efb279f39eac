import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

extension URLRequest {
    /// Attaches the headers of a call for this merchant or partner, if the partner covers the URL; else leaves the
    /// request as it is.
    ///
    /// A session takes them along on a redirect to any host, unless ``CoveredRedirects`` is its delegate; ``VippsSession``
    /// sees to that, and to tokens that are refused.
    public mutating func authorize(with caller: some Caller) async throws {
        guard let url, caller.covers(url.absoluteString) else {
            url.map { caller.withheld($0.absoluteString) }
            return
        }
        for (name, value) in try await caller.headers() {
            setValue(value, forHTTPHeaderField: name)
        }
    }

    /// A copy with the headers that ``authorize(with:)`` attaches, for a request that is a constant or that several
    /// tasks can reach, such as a variable at the top level of `main.swift`.
    public func authorized(with caller: some Caller) async throws -> URLRequest {
        var copy = self
        try await copy.authorize(with: caller)
        return copy
    }
}

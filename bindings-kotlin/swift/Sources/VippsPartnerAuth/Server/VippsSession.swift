import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A `URLSession` whose calls carry a merchant's headers, wherever the partner covers the URL. A redirect that leads
/// elsewhere is handed over as it came. A call whose token is refused is made once more, unless its body is a stream.
///
/// A token that can't be fetched is a ``VippsAuthError``; all else is a `URLError`, as without it.
public final class VippsSession: Sendable {
    private let session: URLSession
    private let caller: any Caller

    /// For calls of this partner or merchant.
    public init(for caller: any Caller, configuration: URLSessionConfiguration = .default) {
        self.caller = caller
        session = URLSession(configuration: configuration, delegate: CoveredRedirects(for: caller), delegateQueue: nil)
    }

    /// Makes a call and reads the answer to its end. The request's `timeoutInterval` holds for the wait for a token, too;
    /// cancelling the task ends the call.
    ///
    /// - Parameters:
    ///   - request: the call
    ///   - other: another merchant of the same partner, for this call alone
    public func data(for request: URLRequest, as other: (any Caller)? = nil) async throws -> (Data, URLResponse) {
        let caller = other ?? self.caller
        guard let url = request.url?.absoluteString, caller.covers(url) else {
            request.url.map { caller.withheld($0.absoluteString) }
            return try await follow(request, of: caller)
        }
        let used = try await limited(request) { try await caller.authorization() }
        let answer = try await follow(request.carrying(used), of: caller)
        caller.note(answer.1)
        guard (answer.1 as? HTTPURLResponse)?.statusCode == unauthorized else { return answer }
        // Also where this call can't be made again, for the sake of the next one.
        let another = try await limited(request, { try? await caller.refused(used) })
        guard request.httpBodyStream == nil, let another else { return answer }
        let second = try await follow(request.carrying(another), of: caller)
        caller.note(second.1)
        return second
    }

    /// Follows redirects that ask for the same call elsewhere, where the session has left that to us; see ``CoveredRedirects``.
    private func follow(_ request: URLRequest, of caller: any Caller) async throws -> (Data, URLResponse) {
        var (request, asked) = (request, Set<URL>())
        while true {
            let answer = try await session.data(for: request)
            guard let from = answer.1.url, let to = request.url(askedBy: answer.1), asked.insert(to).inserted,
                caller.lets(from.absoluteString, lead: to.absoluteString)
            else { return answer }
            request.url = to
        }
    }

    deinit { session.finishTasksAndInvalidate() }
}

private let unauthorized = 401
/// Temporary and permanent: the same call, elsewhere.
private let sameCallElsewhere: Set = [307, 308]

extension Caller {
    fileprivate func note(_ response: URLResponse) {
        guard let response = response as? HTTPURLResponse else { return }
        answered(status: response.statusCode, contentType: response.value(forHTTPHeaderField: "Content-Type"))
    }
}

extension URLRequest {
    /// Where an answer asks to make this call again, body and all, as far as it can be.
    fileprivate func url(askedBy answer: URLResponse) -> URL? {
        guard let answer = answer as? HTTPURLResponse, sameCallElsewhere.contains(answer.statusCode), httpBody != nil,
            httpBodyStream == nil, let location = answer.value(forHTTPHeaderField: "Location")
        else { return nil }
        return URL(string: location, relativeTo: answer.url)?.absoluteURL
    }

    fileprivate func carrying(_ authorization: Authorization) -> URLRequest {
        var copy = self
        for (name, value) in authorization.headers { copy.setValue(value, forHTTPHeaderField: name) }
        return copy
    }
}

private func limited<T: Sendable>(
    _ request: URLRequest, _ work: @escaping @Sendable () async throws -> T
) async throws -> T {
    let limit = request.timeoutInterval
    return try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(nanoseconds: UInt64(min(max(limit, 0), 1e9) * 1e9))
            throw URLError(.timedOut)
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}

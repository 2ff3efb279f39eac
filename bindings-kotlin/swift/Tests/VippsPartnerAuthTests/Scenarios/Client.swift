import Foundation
import VippsPartnerAuth

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A call as a scenario describes it.
struct Call: Sendable {
    let request: JSON
    let url: String
    let caller: Merchant?

    init(_ request: JSON, to url: String, as caller: Merchant?) {
        (self.request, self.url, self.caller) = (request, url, caller)
    }

    var abort: String? { request["abort"]?.text }

    /// Longer than it says: on a busy machine a call must get as far as the scenario means. What hangs, hangs for ever.
    var limit: TimeInterval? { request["limit"]?.number.map { $0 * 5 / 1_000 } }
}

struct Reply: Sendable {
    let response: HTTPURLResponse
    let body: Data
}

/// What a hook does with a request.
struct Hook: Sendable {
    let isAfter: Bool
    private let set: [String: String]
    private let delete: [String]
    private let added: JSON?

    init(_ hook: JSON) throws {
        try known(hook, ["when", "set", "delete", "add_to_json"])
        isAfter = hook["when"]?.text == "after"
        set = hook["set"]?.members.compactMapValues(\.text) ?? [:]
        delete = hook["delete"]?.list.compactMap(\.text) ?? []
        added = hook["add_to_json"]
    }

    func change(_ request: inout URLRequest) throws {
        for (name, value) in set { request.setValue(value, forHTTPHeaderField: name) }
        for name in delete { request.setValue(nil, forHTTPHeaderField: name) }
        guard let added, let body = request.httpBody else { return }
        let members = try JSON.parse(String(decoding: body, as: UTF8.self)).members
        request.httpBody = Data(JSON.object(members.merging(added.members) { $1 }).string.utf8)
    }
}

/// A session has no place for hooks: those before change the request that it is given, those after are what it sends with.
final class Client: Sendable {
    private let session: VippsSession
    private let before: [Hook]

    init(for caller: any Caller, hooks: [Hook], calling url: String) throws {
        before = hooks.filter { !$0.isAfter }
        let after = hooks.filter(\.isAfter)
        let configuration = URLSessionConfiguration.ephemeral
        if !after.isEmpty {
            AfterHooks.all.add(after, of: url)
            configuration.protocolClasses = [AfterHooks.self]
        }
        session = VippsSession(for: caller, configuration: configuration)
    }

    func make(_ call: Call) async throws -> Reply {
        guard let url = URL(string: call.url) else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = call.request["method"]?.text
        if let limit = call.limit { request.timeoutInterval = limit }
        if let body = call.request["body"] { try put(body, into: &request) }
        for (name, value) in call.request["headers"]?.members ?? [:] { request.setValue(value.text, forHTTPHeaderField: name) }
        if let basic = call.request["auth"] {
            let pair = Data("\(basic["username"]?.text ?? ""):\(basic["password"]?.text ?? "")".utf8)
            request.setValue("Basic \(pair.base64EncodedString())", forHTTPHeaderField: "Authorization")
        }
        for hook in before { try hook.change(&request) }
        let (body, response) = try await session.data(for: request, as: call.caller)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        return Reply(response: response, body: body)
    }

    private func put(_ body: JSON, into request: inout URLRequest) throws {
        let bytes = Data((body["text"]?.text ?? "").utf8)
        switch body["kind"]?.text {
        case "text", "bytes": request.httpBody = bytes
        case "json":
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = bytes
        case "form":
            request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
            request.httpBody = bytes
        case "multipart":
            let border = UUID().uuidString
            request.setValue("multipart/form-data; boundary=\(border)", forHTTPHeaderField: "Content-Type")
            let head = "--\(border)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
            request.httpBody = Data(head.utf8) + bytes + Data("\r\n--\(border)--\r\n".utf8)
        case "file", "generator", "stream": request.httpBodyStream = InputStream(data: bytes)
        case let unknown: throw Broken("unknown kind \(unknown ?? "")")
        }
    }
}

/// What a session sends requests with, in the place of what it has itself. A session starts each once, and touches it no more.
final class AfterHooks: URLProtocol, @unchecked Sendable {
    static let all = Registry()

    final class Registry: @unchecked Sendable {
        private let lock = NSLock()
        private var hooks: [String: [Hook]] = [:]

        func add(_ added: [Hook], of url: String) { lock.withLock { hooks[url] = added } }

        func of(_ request: URLRequest) -> [Hook]? {
            let url = request.url?.absoluteString ?? ""
            return lock.withLock { hooks.first { url.hasPrefix($0.key + "/") }?.value }
        }
    }

    override class func canInit(with request: URLRequest) -> Bool { all.of(request) != nil }

    override class func canonicalRequest(for request: URLRequest) -> URLRequest { request }

    override func startLoading() {
        let request = request
        Task {
            do {
                var changed = request
                for hook in Self.all.of(request) ?? [] { try hook.change(&changed) }
                let (body, response) = try await URLSession.shared.data(for: changed)
                client?.urlProtocol(self, didReceive: response, cacheStoragePolicy: .notAllowed)
                client?.urlProtocol(self, didLoad: body)
                client?.urlProtocolDidFinishLoading(self)
            } catch {
                client?.urlProtocol(self, didFailWithError: error)
            }
        }
    }

    override func stopLoading() {}
}

import Foundation
import VippsEmulator
import VippsPartnerAuth

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// One scenario of `adapter.json`, described in the vectors' README.
final class Scenario {
    private let one: JSON
    private let merchants: [String]
    private let vipps: Emulator
    private let elsewhere: Elsewhere
    private let events: Events
    private let partner: Partner
    private let shops: [String: Merchant]
    private let client: Client
    private var results: [Result<Reply, any Error>] = []

    init(_ one: JSON) async throws {
        try known(one, ["id", "comment", "keys", "merchants", "caller", "hooks", "steps", "outcomes"])
        self.one = one
        let named = one["merchants"]?.list.compactMap(\.text) ?? ["123456"]
        merchants = named
        vipps = try await Emulator.start(.init(merchants: named))
        elsewhere = try Elsewhere()
        events = Events()
        let isSpecialized = one["keys"]?.text == "specialized"
        let (all, special) = (try await vipps.partnerKeys(), try await vipps.specializedKeys())
        let keys = try isSpecialized ? special.forPartner() : all.forPartner()
        partner = try partnerOf(keys, in: vipps.environment, [], events)
        let partner = partner
        shops = try Dictionary(uniqueKeysWithValues: named.map { ($0, try partner.merchant($0)) })
        let caller: any Caller = one["caller"]?.text == "partner" ? partner : try partner.merchant(named[0])
        client = try Client(for: caller, hooks: one["hooks"]?.list.map(Hook.init) ?? [], calling: vipps.baseURL)
    }

    func run() async throws {
        for step in one["steps"]?.list ?? [] { try await carryOut(step) }
        let calls = try await calls()
        for (first, second) in zip(calls, calls.dropFirst()) {
            let isSecondTry = first.status == 401 && first.path == second.path && first.method == second.method
            if isSecondTry, !second.body.isEmpty { try same("bytes of the second try", first.body, second.body) }
        }
        for seen in elsewhere.seen {
            let names = Set(seen.headers.map(\.name)).intersection(ours).subtracting(["authorization"])
            try ensure(names.isEmpty, "another host was sent \(names)")
            try ensure(seen.header("authorization")?.hasPrefix("Bearer ey") != true, "another host was sent a token")
        }
    }

    private func carryOut(_ step: JSON) async throws {
        func text(_ name: String) throws -> String { try step[name]?.text ?? { throw Broken("\(step.string) lacks \(name)") }() }
        switch try text("do") {
        case "headers": _ = try await shop(merchants[0]).headers()
        case "revoke_tokens": try await vipps.revokeTokens()
        case "release_hung": try await vipps.releaseHung()
        case "wrong_environment": try await vipps.wrongEnvironment()
        case "fail_next": try await fail(step)
        case "script": try await vipps.script(text("path"), replies: replies(step))
        case "script_elsewhere": elsewhere.script(try text("path"), replies(step))
        case "arrived":
            let (path, times) = (try text("path"), Int(step["times"]?.number ?? 0))
            // A time limit may be over before the request has come that is to hang.
            try await until { try await vipps.requests().filter { $0.path == path }.count >= times }
        case "call": results.append(try await call(step))
        case "covers": try await same("\(step.string)", step["covers"]?.bool, asked(step).covers(text("url")))
        case "may_follow":
            let may = try await asked(step).mayFollow(from: text("from"), to: text("to"))
            try same("\(step.string)", step["may_follow"]?.bool, may)
        case let unknown: throw Broken("unknown step \(unknown)")
        }
    }

    private func shop(_ msn: String) throws -> Merchant { try shops[msn] ?? partner.merchant(msn) }

    private func asked(_ step: JSON) async throws -> Partner {
        let environment = try VippsEnvironment(step["environment"]?.text ?? "")
        let origins = step["trusted_origins"]?.list.compactMap(\.text) ?? []
        return try await partnerOf(vipps.partnerKeys().forPartner(), in: environment, origins, Events())
    }

    private func fail(_ step: JSON) async throws {
        let failure = step["failure"] ?? [:]
        try known(failure, ["kind", "status", "shape"])
        guard let endpoint = step["endpoint"]?.text.flatMap(Emulator.Endpoint.init) else { throw Broken(step.string) }
        try await vipps.failNext(
            endpoint, kind: failure["kind"]?.text.flatMap(Emulator.Mishap.init),
            shape: failure["shape"]?.text.flatMap(Emulator.ErrorShape.init),
            status: failure["status"]?.number.map { Int($0) }, times: step["times"]?.number.map { Int($0) })
    }

    private func replies(_ step: JSON) -> [Emulator.Reply] {
        (step["replies"]?.list ?? []).map(filledIn).map { reply in
            Emulator.Reply(
                status: Int(reply["status"]?.number ?? 0), body: reply["body"]?.text,
                headers: reply["headers"]?.members.compactMapValues(\.text))
        }
    }

    private func filledIn(_ value: JSON) -> JSON {
        value.replacing("{base_url}", with: vipps.baseURL).replacing("{other_url}", with: elsewhere.url)
    }

    private func call(_ step: JSON) async throws -> Result<Reply, any Error> {
        let members: Set = ["do", "method", "path", "url", "headers", "body", "auth", "merchant", "follow", "limit", "abort"]
        try known(step, members)
        let url = step["url"].map(filledIn)?.text ?? vipps.baseURL + (step["path"]?.text ?? "")
        let call = try Call(step, to: url, as: step["merchant"]?.text.map(shop))
        let (client, isOver, before) = (client, Flag(), try await tokenRequests())
        let task = Task {
            defer { isOver.set() }
            while call.abort == "before", !Task.isCancelled { await Task.yield() }
            return try await client.make(call)
        }
        if call.abort == "before" { task.cancel() }
        if call.abort == "token_request" {
            try await until { try await tokenRequests() > before || isOver.isSet }
            task.cancel()
        }
        return await task.result
    }

    private func tokenRequests() async throws -> Int {
        try await vipps.requests().filter { tokenPaths.contains($0.path) }.count
    }

    private func calls() async throws -> [Emulator.RecordedRequest] {
        try await vipps.requests().filter { !tokenPaths.contains($0.path) }
    }

    func compare(_ outcome: JSON) async throws {
        try known(outcome, ["name", "results", "token_requests", "requests", "elsewhere", "events"])
        let expected = outcome["results"]?.list ?? []
        try same("number of results", expected.count, results.count)
        for (expected, result) in zip(expected, results) { try compare(expected, result) }
        if let count = outcome["token_requests"]?.number { try await same("token requests", Int(count), tokenRequests()) }
        if let requests = outcome["requests"]?.list { try await compare(requests, calls()) }
        if let requests = outcome["elsewhere"]?.list { try compareElsewhere(requests) }
        if let told = outcome["events"]?.list { try await compareEvents(told) }
    }

    private func compare(_ expected: JSON, _ result: Result<Reply, any Error>) throws {
        try known(expected, ["status", "body", "headers", "error"])
        switch (result, expected["error"]) {
        case (.failure(let error), .some(let expected)):
            try known(expected, ["family", "cause"])
            try same("family of \(error)", expected["family"]?.text, family(of: error))
            guard let cause = expected["cause"] else { return }
            try known(cause, ["code", "field"])
            try same("code of \(error)", cause["code"]?.text, (error as? VippsAuthError)?.code)
            if let field = cause["field"]?.text { try same("field", field, (error as? VippsAuthError)?.field) }
        case (.success(let reply), nil):
            try same("status", expected["status"]?.number, Double(reply.response.statusCode))
            if let body = expected["body"]?.text { try same("body", body, String(decoding: reply.body, as: UTF8.self)) }
            for (name, value) in expected["headers"]?.members ?? [:] {
                try same(name, value.text, reply.response.value(forHTTPHeaderField: name))
            }
        default: throw Broken("expected \(expected.string), got \(result)")
        }
    }

    private func compare(_ expected: [JSON], _ seen: [Emulator.RecordedRequest]) async throws {
        let paths = seen.map { $0.path + ($0.query.map { "?\($0)" } ?? "") }
        try same("requests", expected.map { $0["path"]?.text ?? "" }, paths)
        let keys = try await vipps.partnerKeys()
        var tokens: [Double: [String]] = [:]
        for (request, arrived) in zip(expected, seen) {
            let members: Set = ["method", "path", "status", "ours", "token", "headers", "absent", "body", "body_json"]
            try known(request, members)
            let values = { name in arrived.headers.filter { $0.name == name }.map(\.value) }
            try same("method", request["method"]?.text, arrived.method)
            if let status = request["status"]?.number { try same("status", Int(status), arrived.status) }
            if let msn = request["ours"] { try compareOurs(msn, values, keys, besides: request["headers"]) }
            if let token = request["token"]?.number {
                try same("token \(token)", tokens[token] ?? values("authorization"), values("authorization"))
                tokens[token] = values("authorization")
            }
            for (name, value) in request["headers"]?.members ?? [:] { try same(name, [value.text ?? ""], values(name)) }
            for name in request["absent"]?.list ?? [] { try same("\(name)", [], values(name.text ?? "")) }
            if let body = request["body"]?.text { try same("body", body, arrived.body) }
            if let body = request["body_json"] { try same("body", body, JSON.parse(arrived.body)) }
        }
        try same("another number, another token", tokens.count, Set(tokens.values).count)
    }

    private func compareOurs(
        _ msn: JSON, _ values: (String) -> [String], _ keys: Emulator.Keys, besides theirs: JSON?
    ) throws {
        guard let msn = msn.text else {
            for name in ours.subtracting(theirs?.members.keys.map { $0 } ?? []) { try same(name, [], values(name)) }
            return
        }
        let tokens = values("authorization")
        try ensure(tokens.count == 1 && tokens[0].hasPrefix("Bearer ") && tokens[0] != "Bearer mine", "authorization: \(tokens)")
        try same("subscription key", [keys.subscriptionKey], values("ocp-apim-subscription-key"))
        try same("msn", msn == "partner" ? [] : [msn], values("merchant-serial-number"))
        try same("system", ["acme", "3.1.2"], values("vipps-system-name") + values("vipps-system-version"))
    }

    private func compareElsewhere(_ expected: [JSON]) throws {
        let seen = elsewhere.seen
        try same("elsewhere", expected.map { "\($0["method"]?.text ?? "") \($0["path"]?.text ?? "") HTTP/1.1" }, seen.map(\.start))
        for (request, arrived) in zip(expected, seen) {
            try known(request, ["method", "path", "headers", "absent"])
            for (name, value) in request["headers"]?.members ?? [:] { try same(name, value.text, arrived.header(name)) }
            for name in request["absent"]?.list ?? [] { try same("\(name)", nil, arrived.header(name.text ?? "")) }
        }
    }

    /// Events come in order: after the one of a fetch there is none left of what was before.
    private func compareEvents(_ expected: [JSON]) async throws {
        let fetches = events.all.filter { $0.name == .tokenFetched }.count
        partner.invalidate(try await partner.accessToken())
        _ = try await partner.accessToken()
        try await until { events.all.filter { $0.name == .tokenFetched }.count > fetches }
        for event in expected {
            try known(event, ["name", "details", "times"])
            let details = (event["details"].map(filledIn)?.members ?? [:]).compactMapValues(\.text)
            let same = events.all.filter { told in
                told.name.rawValue == event["name"]?.text && details.allSatisfy { told.details[$0.key] == $0.value }
            }
            try ensure(same.count == Int(event["times"]?.number ?? -1), "\(event.string): \(events.all.map(\.description))")
        }
    }
}

private let tokenPaths: Set = ["/accesstoken/get", "/miami/v1/token"]

private let ours: Set = [
    "authorization", "ocp-apim-subscription-key", "merchant-serial-number", "vipps-system-name", "vipps-system-version",
]

private func partnerOf(
    _ keys: Keys, in environment: VippsEnvironment, _ origins: [String], _ events: Events
) throws -> Partner {
    var settings = VippsSettings()
    // Far above every limit of a call.
    (settings.deadline, settings.requestTimeout) = (.seconds(60), .seconds(60))
    settings.trustedOrigins = origins
    settings.onEvent = { events.add($0) }
    let system = try SystemInfo(name: "acme", version: "3.1.2")
    return try Partner(keys: keys, system: system, environment: environment, settings: settings)
}

/// `timeout`, `aborted` or `failed`.
private func family(of error: any Error) -> String {
    switch error {
    case is CancellationError, URLError.cancelled: "aborted"
    case URLError.timedOut: "timeout"
    case is URLError, is VippsAuthError: "failed"
    default: "\(error)"
    }
}

private final class Events: @unchecked Sendable {
    private let lock = NSLock()
    private var told: [VippsEvent] = []

    var all: [VippsEvent] { lock.withLock { told } }

    func add(_ event: VippsEvent) { lock.withLock { told.append(event) } }
}

private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    var isSet: Bool { lock.withLock { value } }

    func set() { lock.withLock { value = true } }
}

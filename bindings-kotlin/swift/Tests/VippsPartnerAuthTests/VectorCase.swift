import Foundation
import VippsEmulator
import VippsPartnerAuth

/// One case: stages the replies, makes the call, compares requests and result.
struct VectorCase {
    private let one: JSON
    private let given: Given
    private let steps: [(request: JSON, reply: JSON)]
    private let vipps: Emulator

    init(_ one: JSON, _ shared: JSON, _ vipps: Emulator) throws {
        func resolve(_ value: JSON?) throws -> JSON {
            guard let value else { throw Broken("a member is missing") }
            guard let name = value.text else { return value }
            guard let named = shared[name] else { throw Broken("shared lacks \(name)") }
            return named
        }
        self.one = one
        self.vipps = vipps
        given = try Given(resolve(one["given"]), shared)
        steps = try (one["exchange"]?.list ?? []).map { step in
            let step = try resolve(step)
            return (try resolve(step["request"]), try resolve(step["reply"]))
        }
    }

    func run() async throws {
        try await vipps.clearFailures()
        try await vipps.clearRequests()
        let token = try await issued()
        let bodies = steps.map { filledIn($0.reply["body"]?.text ?? "", token) }
        for (step, body) in zip(steps, bodies) {
            let reply = Emulator.Reply(
                status: Int(step.reply["status"]?.number ?? 0), body: body,
                headers: (step.reply["headers"]?.members ?? [:]).compactMapValues(\.text))
            try await vipps.script(step.request["path"]?.text ?? "", replies: [reply])
        }
        let environment = steps.isEmpty ? given.text("environment") ?? "production" : vipps.baseURL
        let outcome: Result<JSON, Error>
        do {
            outcome = .success(try await VectorCall(op: one["op"]?.text ?? "", given: given, in: environment).make())
        } catch {
            outcome = .failure(error)
        }
        try compareRequests(await vipps.requests())
        try compare(outcome, secrets: try given.secrets() + bodies.flatMap(tokens))
    }

    /// The emulator can't play a token that was signed for another address, so it signs one that says the same.
    private func issued() async throws -> (jwt: String, jwks: String) {
        let token = try given.resolved("id_token")
        guard let claims = token?["claims"] else {
            return (token?["jwt"]?.text ?? "", try given.resolved("jwks")?.string ?? "")
        }
        let values = claims.replacing("{base_url}", with: vipps.baseURL).members
        let usual = ["iss", "aud", "sub", "iat", "exp", "auth_time", "rat", "jti", "sid", "nonce", "msn"]
        let jwt = try await vipps.mintIDToken(
            "123456", alg: token?["alg"]?.text.flatMap(Emulator.SigningAlg.init), claims: values,
            withoutClaims: usual.filter { values[$0] == nil })
        return (jwt, try await vipps.jwks().string)
    }

    private func filledIn(_ body: String, _ token: (jwt: String, jwks: String)) -> String {
        [("{id_token}", token.jwt), ("{jwks}", token.jwks), ("{base_url}", vipps.baseURL)]
            .reduce(body) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    private func compareRequests(_ seen: [Emulator.RecordedRequest]) throws {
        try same("number of requests", steps.count, seen.count)
        for (step, request) in zip(steps, seen) { try compare(step.request, request) }
    }

    private func compare(_ expected: JSON, _ seen: Emulator.RecordedRequest) throws {
        try known(expected, ["method", "path", "headers", "absent", "body", "form"])
        try same("method", expected["method"]?.text, seen.method)
        try same("path", expected["path"]?.text, seen.path + (seen.query.map { "?\($0)" } ?? ""))
        func values(_ name: String) -> [String] {
            seen.headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
        for (name, value) in expected["headers"]?.members ?? [:] { try same(name, [value.text ?? ""], values(name)) }
        for name in expected["absent"]?.list ?? [] { try same("absent", [], values(name.text ?? "")) }
        if let body = expected["body"]?.text { return try same("body", body, seen.body) }
        try compareForm(expected["form"]?.list ?? [], form(seen.body))
    }

    private func compareForm(_ expected: [JSON], _ sent: [(name: String, value: String)]) throws {
        try same("form", expected.map { $0.list[0].text ?? "" }, sent.map(\.name))
        for (field, pair) in zip(expected, sent) where field.list[1].text != pair.value {
            let random = pair.value.range(of: "^[A-Za-z0-9_-]{43}$", options: .regularExpression) != nil
            try ensure(field.list[1].text == "{random}" && random, "\(pair.name): \(pair.value)")
        }
    }

    private func compare(_ outcome: Result<JSON, Error>, secrets: [String]) throws {
        let (ok, failure) = (one["result"]?["ok"], one["result"]?["error"])
        switch (outcome, ok, failure) {
        case (.success(let made), .some(let ok), nil):
            guard let claims = ok["claims"] else { return try same("result", ok, made) }
            for (name, value) in claims.members { try same(name, value, made["claims"]?[name] ?? .null) }
        case (.failure(let error as VippsAuthError), nil, .some(let expected)):
            try ensure(expected["code"] != nil, "an error has a code")
            for (name, value) in expected.members { try same("\(name) of \(error)", value, try property(error, name)) }
            let told = "\(error) \(error.localizedDescription) \(String(reflecting: error))"
            for secret in secrets where secret.count >= 8 {
                try ensure(!told.contains(secret), "the error holds a secret")
            }
        default: throw Broken("expected \(one["result"]?.string ?? ""), got \(outcome)")
        }
    }

    private func property(_ error: VippsAuthError, _ name: String) throws -> JSON {
        switch name {
        case "code": return .text(error.code)
        case "claim": return JSON.maybe(error.claim?.rawValue) ?? .null
        case "field": return JSON.maybe(error.field) ?? .null
        case "reason": return JSON.maybe(error.reason?.rawValue) ?? .null
        case "oauth_error": return JSON.maybe(error.oauthError) ?? .null
        case "trace_id": return JSON.maybe(error.traceID) ?? .null
        case "retry_after": return error.retryAfter.map { .number($0.inSeconds.rounded(.up)) } ?? .null
        case "has_hint": return .bool(error.hint != nil)
        default: throw Broken("unknown property of an error: \(name)")
        }
    }

    private func tokens(_ body: String) -> [String] {
        let reply = try? JSON.parse(body)
        return ["access_token", "id_token"].compactMap { reply?[$0]?.text }
    }
}

/// `given` of a case, and the library's own types made of it.
struct Given {
    private let members: JSON
    private let shared: JSON
    let options: JSON

    init(_ members: JSON, _ shared: JSON) throws {
        try known(
            members,
            [
                "text", "name", "version", "plugin_name", "plugin_version", "environment", "keys", "system", "now",
                "options", "msn", "jwks", "jwks_text", "jwt", "leeway", "expect", "id_token", "redirect_uri", "scopes",
                "request", "callback_url", "app_callback_uri", "pending", "login_hint", "msisdn", "timeout", "after",
                "secrets", "public_host", "tolerance", "method", "path", "headers", "body", "body_base64", "webhook_id",
                "url",
                "scheme", "business", "known",
            ])
        options = members["options"] ?? .object([:])
        try known(
            options,
            [
                "basic_encoding", "login_basic_encoding", "backchannel_basic_encoding", "login_auth_method", "market", "acr_values",
                "requested_flow", "app_callback_uri", "final_redirect_is_app", "binding_message", "requested_expiry",
                "redirect_uri",
            ])
        self.members = members
        self.shared = shared
    }

    subscript(name: String) -> JSON? { members[name].flatMap { $0.isNull ? nil : $0 } }

    func text(_ name: String) -> String? { self[name]?.text }

    func needed(_ name: String) throws -> String {
        guard let text = text(name) else { throw Broken("given lacks \(name)") }
        return text
    }

    func resolved(_ name: String) throws -> JSON? {
        guard let value = self[name], let named = value.text else { return self[name] }
        guard let found = shared[named] else { throw Broken("shared lacks \(named)") }
        return found
    }

    func scopes() -> [String] { (self["scopes"]?.list ?? []).compactMap(\.text) }

    func keys() throws -> Keys {
        guard let keys = try resolved("keys") else { throw Broken("given lacks keys") }
        try known(
            keys,
            ["type", "client_id", "client_secret", "subscription_key", "second_subscription_key", "msn", "scope", "psp_id"])
        func text(_ name: String) -> String { keys[name]?.text ?? "" }
        let second = keys["second_subscription_key"]?.text
        switch text("type") {
        case "partner":
            return try .partner(
                clientID: text("client_id"), clientSecret: text("client_secret"),
                subscriptionKey: text("subscription_key"), secondSubscriptionKey: second)
        case "sales_unit":
            return try .salesUnit(
                clientID: text("client_id"), clientSecret: text("client_secret"),
                subscriptionKey: text("subscription_key"), msn: text("msn"), secondSubscriptionKey: second)
        case "specialized":
            return try .specialized(
                clientID: text("client_id"), clientSecret: text("client_secret"), scope: keys["scope"]?.text)
        case "psp":
            return try .psp(
                clientID: text("client_id"), clientSecret: text("client_secret"),
                subscriptionKey: text("subscription_key"), pspID: text("psp_id"), secondSubscriptionKey: second)
        case let unknown: throw Broken("unknown type of keys \(unknown)")
        }
    }

    func system(_ node: JSON? = nil) throws -> SystemInfo {
        guard let node = try node ?? resolved("system") else { throw Broken("given lacks system") }
        return try SystemInfo(
            name: node["name"]?.text ?? "", version: node["version"]?.text ?? "",
            pluginName: node["plugin_name"]?.text, pluginVersion: node["plugin_version"]?.text)
    }

    func ownSystem() throws -> SystemInfo { try system(members) }

    func expect() throws -> Expect {
        let expect = self["expect"] ?? .object([:])
        try known(expect, ["msn", "flow", "nonce", "client_id", "access_token", "acr", "auth_req_id"])
        return Expect(
            msn: expect["msn"]?.text, flow: expect["flow"]?.text.flatMap(Expect.Flow.init),
            nonce: expect["nonce"]?.text, clientID: expect["client_id"]?.text,
            accessToken: expect["access_token"]?.text, acr: expect["acr"]?.text,
            authReqID: expect["auth_req_id"]?.text)
    }

    /// What must never stand in an error.
    func secrets() throws -> [String] {
        let keys = try resolved("keys")
        let ofKeys = ["client_secret", "subscription_key", "second_subscription_key"].compactMap { keys?[$0]?.text }
        let ofToken = [self["jwt"], self["expect"]?["access_token"], self["msisdn"]].compactMap { $0?.text }
        let ofKept = try ["request", "pending"].compactMap(resolved).flatMap { kept in
            ["code_verifier", "state", "nonce", "auth_req_id"].compactMap { kept[$0]?.text }
        }
        let query = text("callback_url")?.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let ofCallback = form(String(query)).filter { ["code", "state"].contains($0.name) }.map(\.value)
        let ofHint = [text("login_hint")?.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init)].compactMap { $0 }
        let ofWebhooks = try resolved("secrets")?.list.compactMap { $0.list.last?.text } ?? []
        return ofKeys + ofToken + ofKept + ofCallback + ofHint + ofWebhooks
    }
}

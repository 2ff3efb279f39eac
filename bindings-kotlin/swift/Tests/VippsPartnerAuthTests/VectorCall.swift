import Foundation
import VippsEmulator
import VippsPartnerAuth

/// One call of the library, as a case describes it; what came out, as the case would write it.
final class VectorCall {
    private let op: String
    private let given: Given
    private let environment: String
    private var kept: ManualClock?

    init(op: String, given: Given, in environment: String) {
        self.op = op
        self.given = given
        self.environment = environment
    }

    func make() async throws -> JSON {
        switch op {
        case "msn": return .of(["msn": .text(try anyPartner().merchant(given.needed("text")).msn)])
        case "system_info": return .of(["headers": headers(try given.ownSystem().headers())])
        case "keys":
            _ = try given.keys()
            return .object([:])
        case "environment":
            let known = try VippsEnvironment(given.needed("text"))
            return .of(["base_url": .text(try known.baseURL), "issuer": .text(try known.issuer)])
        case "token":
            let token = try await partner().accessToken()
            return .of(["token": .text(token.secret), "lifetime": try fromNow(token.expiresAt)])
        case "headers": return .of(["headers": headers(try await allHeaders())])
        case "id_token": return try await idToken()
        default: return try await makeLogin()
        }
    }

    private func makeLogin() async throws -> JSON {
        switch op {
        case "authorize_url": return try await authorizeURL()
        case "login_request": return try loginRequest()
        case "login_callback":
            let code = try request().code(callbackURL: given.needed("callback_url"))
            return .of(["code": .text(code.code), "scopes": code.scopes.map(JSON.texts)])
        case "login_resume_uri":
            let (place, callback) = (try given.needed("app_callback_uri"), try given.needed("callback_url"))
            return .of(["resume_uri": .text(try request().resumeURI(appCallbackURI: place, callbackURL: callback))])
        case "login_finish":
            return try told(await login().finish(callbackURL: given.needed("callback_url"), request: request()))
        case "userinfo": return try await userinfo()
        case "consent_revoked":
            let told = try UnverifiedConsentRevoked(body: given.needed("text"))
            return .of([
                "sub": .text(told.claimedSub), "issued_at": told.claimedIssuedAt.map(unix),
                "expires_at": told.claimedExpiresAt.map(unix),
            ])
        case "sales_units", "sales_units_of", "sales_unit", "sales_unit_changes", "check":
            return try await makeSalesUnits()
        default: return try await makeBackchannel()
        }
    }

    private func makeBackchannel() async throws -> JSON {
        switch op {
        case "user_exists":
            let exists = try await phone().userExists(msisdn: given.needed("msisdn"))
            return .of(["exists": exists.map(JSON.bool)])
        case "backchannel_start": return try await start()
        case "pending_login": return try pendingLogin()
        case "backchannel_poll":
            let (phone, pending) = (try phone(), try pending())
            return try soFar(phone, pending, await phone.poll(pending))
        case "backchannel_ping":
            let (phone, pending) = (try phone(), try pending())
            return try soFar(phone, pending, await phone.finishPing(body: given.needed("text"), pending: pending))
        case "backchannel_wait":
            let (phone, pending, began) = (try phone(), try pending(), try clock().now)
            let result = try await phone.wait(pending, timeout: given["timeout"]?.span)
            var ended = try soFar(phone, pending, result).members
            ended["interval"] = .number(pending.interval.inSeconds)
            ended["waited"] = .number(try clock().now.timeIntervalSince(began).rounded(.down))
            return .object(ended)
        case "backchannel_states":
            return try await states()
        case "backchannel_redirect":
            let callback = try given.needed("callback_url")
            return try told(await phone().finishRedirect(callbackURL: callback, pending: pending()))
        default: return try makeWebhook()
        }
    }

    private func anyPartner() throws -> Partner {
        let id = "11111111-2222-4333-8444-555555555555"
        let keys = try Keys.partner(clientID: id, clientSecret: "secret", subscriptionKey: "key")
        return try Partner(keys: keys, system: SystemInfo(name: "acme", version: "3.1.2"))
    }

    private func allHeaders() async throws -> [String: String] {
        let partner = try partner()
        guard let msn = given.text("msn") else { return try await partner.headers() }
        return try await partner.merchant(msn).headers()
    }

    private func idToken() async throws -> JSON {
        let jwks = try given.text("jwks_text") ?? given.resolved("jwks")?.string
        let verifier = try IDTokenVerifier(
            environment: VippsEnvironment(environment), jwks: jwks, settings: try settings())
        let claims = try await verifier.verify(given.needed("jwt"), expect: given.expect())
        var all = try JSON.parse(claims.json).members
        for (name, claim) in all {
            try same(name, .list([claim]), try JSON.parse("[\(claims.claim(name) ?? "")]"))
            try same(name, claim.text, claims.text(name))
        }
        all["sub"] = .text(claims.sub)
        all["msn"] = .text(claims.msn)
        return .of(["claims": .object(all)])
    }

    private func authorizeURL() async throws -> JSON {
        let (login, options) = (try login(), try loginOptions())
        let first = try await login.start(scopes: given.scopes(), options: options)
        let second = try await login.start(scopes: given.scopes(), options: options)
        for request in [first, second] { try checkRandomness(request) }
        let differ = first.state != second.state && first.nonce != second.nonce
        try ensure(differ && first.codeVerifier != second.codeVerifier, "two requests share what should be random")
        let (endpoint, query) = try parts(first.url)
        let fixed = query.filter { !random.contains($0.name) }.map { JSON.texts([$0.name, $0.value]) }
        let shown = endpoint.replacingOccurrences(of: try baseURL(), with: "{base_url}")
        return .of(["endpoint": .text(shown), "query": .list(fixed)])
    }

    private let random = ["state", "nonce", "code_challenge"]

    private func checkRandomness(_ request: LoginRequest) throws {
        let sent = try parts(request.url).query.filter { random.contains($0.name) }
        try same("random parameters", random, sent.map(\.name))
        try same("state and nonce", [request.state, request.nonce], [sent[0].value, sent[1].value])
        try ensure(request.state.count >= 32 && request.nonce.count >= 32, "state and nonce can be guessed")
        try ensure((43...128).contains(request.codeVerifier.count), "the code verifier can be guessed")
        try same("a request that was kept", request, try LoginRequest(json: request.json))
    }

    private func parts(_ url: String) throws -> (endpoint: String, query: [(name: String, value: String)]) {
        let parts = url.split(separator: "?", maxSplits: 1).map(String.init)
        try ensure(parts.count == 2 && !parts[1].contains("+"), "a space in a url is %20")
        return (parts[0], form(parts[1]))
    }

    private func loginOptions() throws -> LoginOptions {
        let options = given.options
        return LoginOptions(
            market: try options["market"]?.text.map { try Market($0) }, acrValues: options["acr_values"]?.text,
            requestedFlow: try options["requested_flow"]?.text.map { try RequestedFlow($0) },
            appCallbackURI: options["app_callback_uri"]?.text,
            finalRedirectIsApp: options["final_redirect_is_app"]?.bool)
    }

    private func loginRequest() throws -> JSON {
        let request = try LoginRequest(json: given.text("text") ?? kept("request"))
        try same("a request kept twice", request, try LoginRequest(json: request.json))
        return .of([
            "url": .text(request.url), "msn": .text(request.msn), "redirect_uri": .text(request.redirectURI),
            "scopes": .texts(request.scopes), "state": .text(request.state), "nonce": .text(request.nonce),
            "code_verifier": .text(request.codeVerifier), "acr_values": .maybe(request.acrValues),
            "stored": try JSON.parse(request.json),
        ])
    }

    private func userinfo() async throws -> JSON {
        let after = given["after"]?.number ?? 0
        if given["pending"] != nil {
            let phone = try phone()
            guard let result = try await phone.poll(pending()) else { throw Broken("the login is still pending") }
            try clock().advance(.seconds(after))
            return described(try await phone.userinfo(result))
        }
        let login = try login()
        let result = try await login.finish(callbackURL: given.needed("callback_url"), request: request())
        try clock().advance(.seconds(after))
        return described(try await login.userinfo(result))
    }

    private func start() async throws -> JSON {
        let options = BackchannelOptions(
            bindingMessage: given.options["binding_message"]?.text,
            requestedExpiry: given.options["requested_expiry"]?.span,
            redirectURI: given.options["redirect_uri"]?.text)
        let pending = try await phone().start(
            loginHint: given.needed("login_hint"), scopes: given.scopes(), options: options)
        try same(
            "a login that was kept", try JSON.parse(pending.json),
            try JSON.parse(try PendingLogin(json: pending.json).json))
        return .of([
            "auth_req_id": .text(pending.authReqID), "msn": .text(pending.msn), "scopes": .texts(pending.scopes),
            "interval": .number(pending.interval.inSeconds), "lifetime": try fromNow(pending.expiresAt),
            "ends_by_redirect": .bool(pending.endsByRedirect),
        ])
    }

    private func pendingLogin() throws -> JSON {
        let pending = try PendingLogin(json: given.text("text") ?? kept("pending"))
        return .of([
            "auth_req_id": .text(pending.authReqID), "msn": .text(pending.msn), "scopes": .texts(pending.scopes),
            "expires_at": unix(pending.expiresAt), "interval": .number(pending.interval.inSeconds),
            "ends_by_redirect": .bool(pending.endsByRedirect), "stored": try JSON.parse(pending.json),
        ])
    }

    private func soFar(_ phone: Backchannel, _ pending: PendingLogin, _ result: LoginResult?) throws -> JSON {
        guard let result else {
            return .of([
                "state": .text("pending"), "interval": .number(pending.interval.inSeconds),
                "next_poll_in": .number(phone.nextPollIn(pending).inSeconds.rounded(.down)),
            ])
        }
        var members = try told(result).members
        members["state"] = .text("complete")
        return .object(members)
    }

    private func states() async throws -> JSON {
        let (phone, login, began) = (try phone(), try pending(), try clock().now)
        var pending: [JSON] = []
        for try await state in phone.states(login) {
            switch state {
            case .pending(let nextPollIn):
                pending.append(.number(nextPollIn.inSeconds.rounded(.down)))
            case .complete(let result):
                var ended = try told(result).members
                ended["state"] = .text("complete")
                ended["pending"] = .list(pending)
                ended["waited"] = .number(try clock().now.timeIntervalSince(began).rounded(.down))
                return .object(ended)
            }
        }
        throw Broken("the states ended without a result")
    }

    private func told(_ result: LoginResult) throws -> JSON {
        .of([
            "sub": .text(result.claims.sub), "msn": .text(result.claims.msn), "scopes": .texts(result.scopes),
            "asked": .texts(result.askedScopes), "missing": .texts(result.missingScopes),
            "access_token": .text(result.accessToken.secret), "lifetime": try fromNow(result.accessToken.expiresAt),
        ])
    }

    private func described(_ person: Userinfo) -> JSON {
        let others = person.otherAddresses.map(described)
        let all: [String: JSON?] = [
            "sub": .text(person.sub), "name": .maybe(person.name), "given_name": .maybe(person.givenName),
            "family_name": .maybe(person.familyName), "phone_number": .maybe(person.phoneNumber),
            "phone_number_verified": person.isPhoneNumberVerified.map(JSON.bool), "email": .maybe(person.email),
            "email_verified": person.isEmailVerified.map(JSON.bool), "birthdate": .maybe(person.birthdate),
            "gender": .maybe(person.gender?.rawValue), "nin": .maybe(person.nin), "address": person.address.map(described),
            "other_addresses": others.isEmpty ? nil : .list(others),
            "delegated_consents": person.delegatedConsents.flatMap { try? JSON.parse($0) },
            "flow_result": person.flowResult.map(described), "agreement": person.agreement.map(described),
            "json": try? JSON.parse(person.json),
        ]
        return .object(all.compactMapValues { $0 })
    }

    private func described(_ flow: FlowResult) -> JSON {
        let all: [String: JSON?] = [
            "language": .maybe(flow.language), "screens": .list(flow.screens.map(described)),
        ]
        return .object(all.compactMapValues { $0 })
    }

    private func described(_ screen: FlowScreen) -> JSON {
        let links = screen.links.map { link -> JSON in
            let all: [String: String?] = ["title": link.title, "url": link.url]
            return .object(all.compactMapValues { $0.map(JSON.text) })
        }
        let all: [String: JSON?] = [
            "title": .maybe(screen.title), "description": .maybe(screen.text), "links": .list(links),
            "elements": .list(screen.elements.map(described)),
        ]
        return .object(all.compactMapValues { $0 })
    }

    private func described(_ element: FlowElement) -> JSON {
        let all: [String: JSON?] = [
            "type": .maybe(element.type?.rawValue), "id": .maybe(element.id), "title": .maybe(element.title),
            "checked": element.isChecked.map(JSON.bool),
        ]
        return .object(all.compactMapValues { $0 })
    }

    private func described(_ agreement: Agreement) -> JSON {
        let all: [String: JSON?] = [
            "language": .maybe(agreement.language), "description": .maybe(agreement.text),
            "button_text": .maybe(agreement.buttonText), "terms_link_text": .maybe(agreement.termsLinkText),
            "terms_link_url": .maybe(agreement.termsLinkURL),
            "privacy_statement_link_text": .maybe(agreement.privacyStatementLinkText),
            "privacy_statement_link_url": .maybe(agreement.privacyStatementLinkURL),
            "timestamp": .maybe(agreement.timestamp), "accepted": agreement.isAccepted.map(JSON.bool),
        ]
        return .object(all.compactMapValues { $0 })
    }

    private func makeSalesUnits() async throws -> JSON {
        let partner = try partner()
        switch op {
        case "sales_units": return .of(["units": .list(try await partner.salesUnits().map(described))])
        case "sales_units_of":
            let units = try await partner.salesUnits(of: given.needed("scheme"), id: given.needed("business"))
            return .of(["units": .list(units.map(described))])
        case "sales_unit":
            let status = try await partner.salesUnit(given.needed("msn"))
            return .of([
                "msn": .text(status.msn), "state": .text(status.state.rawValue),
                "unit": status.unit.map(described) ?? .null,
            ])
        case "sales_unit_changes":
            let known = (given["known"]?.list ?? []).compactMap(\.text)
            let changes = try await partner.salesUnitChanges(known: known)
            return .of([
                "units": .list(changes.units.map(described)), "connected": .list(changes.connected.map(described)),
                "gone": .texts(changes.gone),
            ])
        default: return found(try await partner.check(given.needed("msn")))
        }
    }

    private func found(_ check: MerchantCheck) -> JSON {
        let findings = [
            "token": check.token, "clock": check.clock, "connected": check.connected, "login": check.login,
        ]
        var all: [String: JSON] = findings.mapValues { .text($0.outcome.rawValue) }
        all["good"] = .bool(check.isGood)
        all["clock_difference"] = check.clockDifference.map { .number($0.inSeconds) } ?? .null
        all["sales_unit"] = check.salesUnit.map { .text($0.state.rawValue) } ?? .null
        all["codes"] = .object(findings.compactMapValues { $0.code.map(JSON.text) })
        return .object(all)
    }

    private func described(_ unit: SalesUnit) -> JSON {
        .object([
            "msn": .text(unit.msn), "name": JSON.maybe(unit.name) ?? .null,
            "active": unit.isActive.map(JSON.bool) ?? .null, "flags": .object(unit.flags.mapValues(JSON.bool)),
            "members": (try? JSON.parse(unit.json)) ?? .null,
        ])
    }

    private func described(_ address: Address) -> JSON {
        let all: [String: String?] = [
            "street_address": address.streetAddress, "postal_code": address.postalCode, "region": address.region,
            "country": address.country, "formatted": address.formatted, "address_type": address.addressType?.rawValue,
        ]
        return .object(all.compactMapValues { $0.map(JSON.text) })
    }

    private func makeWebhook() throws -> JSON {
        switch op {
        case "webhook_verify":
            let webhook = try webhook()
            try same("body", try body(), webhook.body)
            return .of(["webhook_id": .text(webhook.webhookID), "sent_at": unix(webhook.sentAt)])
        case "webhook_ping":
            let ping = try webhook().ping()
            return .of(["auth_req_id": .text(ping.authReqID), "msn": ping.msn.map(JSON.text)])
        case "webhook_sign":
            let (id, url) = (try given.needed("webhook_id"), try given.needed("url"))
            return .of(["headers": headers(try webhookVerifier().sign(webhookID: id, url: url, body: body()))])
        default: throw Broken("unknown op \(op)")
        }
    }

    private func webhook() throws -> VerifiedWebhook {
        let pairs = pairs(given["headers"]).map { (name: $0.0, value: $0.1) }
        return try webhookVerifier().verify(
            method: given.needed("method"), path: given.needed("path"), headers: pairs, body: body())
    }

    private func webhookVerifier() throws -> WebhookVerifier {
        let secrets = Dictionary(grouping: pairs(try given.resolved("secrets")), by: { $0.0 }).mapValues { $0.map { $0.1 } }
        let options = WebhookOptions(
            publicHost: given.text("public_host"), tolerance: given["tolerance"]?.span, clock: try clock())
        return try WebhookVerifier(secrets: secrets, options: options)
    }

    private func pairs(_ list: JSON?) -> [(String, String)] {
        (list?.list ?? []).map { ($0.list.first?.text ?? "", $0.list.last?.text ?? "") }
    }

    private func body() throws -> Data {
        if let base64 = given.text("body_base64") { return Data(base64Encoded: base64) ?? Data() }
        return Data(try given.needed("body").utf8)
    }

    private func headers(_ all: [String: String]) -> JSON { .object(all.mapValues(JSON.text)) }

    private func unix(_ moment: Date) -> JSON { .number(moment.timeIntervalSince1970.rounded(.down)) }

    /// Dates are binary fractions: a hair less than a whole second is that second.
    private func fromNow(_ moment: Date) throws -> JSON {
        .number((moment.timeIntervalSince(try clock().now) + 1e-5).rounded(.down))
    }

    private func clock() throws -> ManualClock {
        if let kept { return kept }
        guard let now = given["now"]?.number else { throw Broken("given lacks now") }
        let clock = try ManualClock(at: Date(timeIntervalSince1970: now), runsThroughSleeps: true)
        kept = clock
        return clock
    }

    private func settings() throws -> VippsSettings {
        var settings = VippsSettings()
        settings.clock = try clock()
        settings.leeway = given["leeway"]?.number.map { .seconds($0) }
        settings.basicEncoding = try given.options["basic_encoding"]?.text.map { try BasicEncoding($0) }
        settings.loginBasicEncoding = try given.options["login_basic_encoding"]?.text.map { try BasicEncoding($0) }
        settings.backchannelBasicEncoding = try given.options["backchannel_basic_encoding"]?.text.map { try BasicEncoding($0) }
        settings.loginAuthMethod = try given.options["login_auth_method"]?.text.map { try LoginAuthMethod($0) }
        return settings
    }

    private func partner() throws -> Partner {
        let keys = try given.keys()
        return try Partner(
            keys: keys, system: given.system(), environment: VippsEnvironment(environment), settings: try settings())
    }

    private func merchant() throws -> Merchant { try partner().merchant(given.needed("msn")) }

    private func login() throws -> Login { try merchant().login(redirectURI: given.needed("redirect_uri")) }

    private func phone() throws -> Backchannel { try merchant().backchannel() }

    private func request() throws -> LoginRequest { try LoginRequest(json: kept("request")) }

    private func pending() throws -> PendingLogin { try PendingLogin(json: kept("pending")) }

    private func kept(_ name: String) throws -> String {
        guard let value = try given.resolved(name) else { throw Broken("given lacks \(name)") }
        return value.string.replacingOccurrences(of: "{base_url}", with: try baseURL())
    }

    private func baseURL() throws -> String { try VippsEnvironment(environment).baseURL }
}

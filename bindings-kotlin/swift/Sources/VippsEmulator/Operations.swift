// Generated from emulator/openapi.json by scripts/generate.py: change the description there.

import Foundation

/// Where the operations are.
let controls = "/emulator/control/"

extension Emulator {
    /// Whether `/miami/v1/token` takes form-encoded parts beside raw ones: `basicEncoding` with `any`, or `raw` when
    /// off.
    ///
    /// - Parameter on: On by default.
    public func acceptFormEncodedBasic(on: Bool? = nil) async throws {
        try await run("accept_form_encoded_basic", ["on": on])
    }

    /// Adds a sales unit that is connected to the partner, or changes, connects and activates one that is there. Gives
    /// its keys.
    ///
    /// A sales unit as it is to be; what is left out stays as it is, or is invented for a new one.
    ///
    /// - Parameters:
    ///   - msn: Its merchant serial number.
    ///   - business: The merchant behind it, by its number in a register of businesses; invented by default.
    ///   - keys: Its own keys; parts that are left out are invented.
    ///   - loginAdvancedTier: Whether it is in Login's advanced tier; yes by default.
    ///   - loginAuthMethod: How its own keys authenticate at Login; Basic by default.
    ///   - loginScopes: The scopes in its plan; by default all there are.
    ///   - name: The name that the person reads; `Merchant` and the MSN by default.
    ///   - redirectURIs: Redirect URIs to register, beside those that are registered already.
    /// - Returns: The keys of a partner or of a sales unit.
    @discardableResult
    public func addMerchant(
        _ msn: String, business: Business? = nil, keys: NewKeys? = nil, loginAdvancedTier: Bool? = nil,
        loginAuthMethod: LoginAuthMethod? = nil, loginScopes: [String]? = nil, name: String? = nil,
        redirectURIs: [String]? = nil
    ) async throws -> Keys {
        try await run(
            "add_merchant", ["msn": msn, "business": business, "keys": keys, "login_advanced_tier": loginAdvancedTier,
            "login_auth_method": loginAuthMethod, "login_scopes": loginScopes, "name": name,
            "redirect_uris": redirectURIs]
        )
    }

    /// Adds a person, or replaces the one with this phone number. What is left out is as Kari Fixture has it.
    ///
    /// A person with a phone. All of it is invented; what is left out is as Kari Fixture has it.
    ///
    /// - Parameters:
    ///   - msisdn: The phone number: 8 to 15 digits with country code, no `+`. It names the person in all controls.
    ///   - addresses: The first one is the claim `address`, the others are `other_addresses`. None at all is possible.
    ///   - agreement: The claim `agreement`, for logins by phone number with that scope; invented by default.
    ///   - app: The state of the Vipps app on the phone.
    ///   - birthdate: `YYYY-MM-DD`.
    ///   - customerToken: What `urn:customer-token:` in a login hint may name the person by.
    ///   - email: E-mail address.
    ///   - emailVerified: Whether the address is verified: always in production.
    ///   - familyName: Last name.
    ///   - flowResult: The claim `flowResult`, for logins with the scope `customFlow`; invented by default.
    ///   - gender: Free text; in test mode the service has no such claim.
    ///   - givenName: First name.
    ///   - moreClaims: More claims for userinfo, whatever the scopes.
    ///   - nin: National identity number; sales units need an approval for it.
    ///   - person: What the person's `sub` at each sales unit is derived from; the phone number by default. Set it to
    ///     the old number when the number changes, and the `sub` stays, as it does with the service.
    public func addUser(
        _ msisdn: String, addresses: [NewAddress]? = nil, agreement: JSON? = nil, app: App? = nil,
        birthdate: String? = nil, customerToken: String? = nil, email: String? = nil, emailVerified: Bool? = nil,
        familyName: String? = nil, flowResult: JSON? = nil, gender: String? = nil, givenName: String? = nil,
        moreClaims: [String: JSON]? = nil, nin: String? = nil, person: String? = nil
    ) async throws {
        try await run(
            "add_user", ["msisdn": msisdn, "addresses": addresses, "agreement": agreement, "app": app,
            "birthdate": birthdate, "customer_token": customerToken, "email": email, "email_verified": emailVerified,
            "family_name": familyName, "flow_result": flowResult, "gender": gender, "given_name": givenName,
            "more_claims": moreClaims, "nin": nin, "person": person]
        )
    }

    /// Moves the emulator's clock ahead.
    ///
    /// - Parameter duration: How far.
    /// - Returns: The emulator's clock.
    @discardableResult
    public func advance(_ duration: Duration) async throws -> Time {
        try await run("advance", ["seconds": duration.inSeconds])
    }

    /// A person approves a login.
    ///
    /// - Parameters:
    ///   - id: The login.
    ///   - msisdn: Who approves; by default who was asked, or in the browser flow the first person there is.
    /// - Returns: What the person's browser opens next; `nil` when the login ends by polling.
    @discardableResult
    public func approve(_ id: String, msisdn: String? = nil) async throws -> String? {
        struct Reply: Decodable { let url: String? }
        let reply: Reply = try await run("approve", ["id": id, "msisdn": msisdn])
        return reply.url
    }

    /// A person decides again.
    public func askPerson() async throws {
        try await run("ask_person")
    }

    /// Under which name ID tokens of the backchannel's redirect variant carry the id of the request.
    ///
    /// - Parameter name: The claim's name.
    public func authReqIDName(_ name: AuthReqIDName) async throws {
        try await run("auth_req_id_name", ["name": name])
    }

    /// From now on this person approves every login in the browser at once.
    ///
    /// - Parameter msisdn: The person's phone number.
    public func autoApprove(_ msisdn: String) async throws {
        try await run("auto_approve", ["msisdn": msisdn])
    }

    /// From now on every login in the browser ends at once with an error.
    ///
    /// - Parameter error: How logins end; `access_denied` by default.
    public func autoDeny(error: String? = nil) async throws {
        try await run("auto_deny", ["error": error])
    }

    /// Whether errors of the backchannel's start come in `error_code` instead of `error`.
    ///
    /// - Parameter on: On by default.
    public func backchannelErrorCode(on: Bool? = nil) async throws {
        try await run("backchannel_error_code", ["on": on])
    }

    /// How many logins by phone number may wait for one person at a time before the next gets a 429; 3 by default.
    ///
    /// - Parameter logins: How many may wait for one person at a time.
    public func backchannelLimit(_ logins: Int) async throws {
        try await run("backchannel_limit", ["logins": logins])
    }

    /// How an endpoint reads `Authorization: Basic`: by default raw at `specialized_token`, and either way elsewhere.
    ///
    /// - Parameters:
    ///   - endpoint: One that takes Basic.
    ///   - encoding: How it reads the two parts.
    public func basicEncoding(_ endpoint: Endpoint, encoding: BasicEncoding) async throws {
        try await run("basic_encoding", ["endpoint": endpoint, "encoding": encoding])
    }

    /// Bends the ID token of the next login that is exchanged; several calls queue up.
    ///
    /// What is changed about the next ID token of a login.
    ///
    /// - Parameters:
    ///   - accessToken: The access token that came along, from which `at_hash` is computed.
    ///   - acr: The authentication context.
    ///   - alg: The algorithm, and with it which of the two current keys signs.
    ///   - authReqID: The id of the backchannel request, by the name of its claim; several names at once are possible.
    ///   - claims: Any claims with any values, also over what the other members say.
    ///   - header: Any members of the header with any values.
    ///   - lifetime: How long the token is valid from now; an hour by default.
    ///   - nonce: The `nonce`.
    ///   - signedBy: Who signs.
    ///   - subject: The person; by default the one who logged in, or Kari Fixture.
    ///   - withoutClaims: Claims to leave out.
    ///   - withoutHeader: Members of the header to leave out.
    public func bendNextIDToken(
        accessToken: String? = nil, acr: String? = nil, alg: SigningAlg? = nil, authReqID: [String: String]? = nil,
        claims: [String: JSON]? = nil, header: [String: JSON]? = nil, lifetime: Duration? = nil, nonce: String? = nil,
        signedBy: SignedBy? = nil, subject: String? = nil, withoutClaims: [String]? = nil,
        withoutHeader: [String]? = nil
    ) async throws {
        try await run(
            "bend_next_id_token", ["access_token": accessToken, "acr": acr, "alg": alg, "auth_req_id": authReqID,
            "claims": claims, "header": header, "lifetime": lifetime?.inSeconds, "nonce": nonce, "signed_by": signedBy,
            "subject": subject, "without_claims": withoutClaims, "without_header": withoutHeader]
        )
    }

    /// Whether `/accesstoken/get` refuses a `Merchant-Serial-Number` that the keys may not act for; else it only
    /// reports it.
    ///
    /// - Parameter on: On by default.
    public func checkMsnOnToken(on: Bool? = nil) async throws {
        try await run("check_msn_on_token", ["on": on])
    }

    /// Forgets failures and scripts that have not been played yet, and ends outages.
    public func clearFailures() async throws {
        try await run("clear_failures")
    }

    /// Empties the log, that of the pings included, and sets all counts to zero.
    public func clearRequests() async throws {
        try await run("clear_requests")
    }

    /// The body of the consent-revoked callback, which nobody signed, for a person at a sales unit.
    ///
    /// - Parameters:
    ///   - msn: The sales unit.
    ///   - msisdn: The person's phone number.
    /// - Returns: Byte for byte.
    @discardableResult
    public func consentRevokedBody(_ msn: String, msisdn: String) async throws -> String {
        struct Reply: Decodable { let body: String }
        let reply: Reply = try await run("consent_revoked_body", ["msn": msn, "msisdn": msisdn])
        return reply.body
    }

    /// How many requests came to this path, answered or not.
    ///
    /// - Parameter path: As sent, without the query.
    /// - Returns: How many.
    @discardableResult
    public func count(_ path: String) async throws -> Int {
        struct Reply: Decodable { let count: Int }
        let reply: Reply = try await run("count", ["path": path])
        return reply.count
    }

    /// A sales unit is blocked: calls for it end in the old payment APIs' error 37.
    ///
    /// - Parameter msn: Its merchant serial number.
    public func deactivateMerchant(_ msn: String) async throws {
        try await run("deactivate_merchant", ["msn": msn])
    }

    /// The partner itself is deactivated: every call of its keys for a merchant ends in error 37.
    ///
    /// - Parameter on: On by default.
    public func deactivatePartner(on: Bool? = nil) async throws {
        try await run("deactivate_partner", ["on": on])
    }

    /// A person denies a login, or it ends with another error.
    ///
    /// - Parameters:
    ///   - id: The login.
    ///   - error: How it ends; `access_denied` by default.
    /// - Returns: What the person's browser opens next; `nil` when the login ends by polling.
    @discardableResult
    public func deny(_ id: String, error: String? = nil) async throws -> String? {
        struct Reply: Decodable { let url: String? }
        let reply: Reply = try await run("deny", ["id": id, "error": error])
        return reply.url
    }

    /// The partner may no longer act for a sales unit (403); its own keys go on working.
    ///
    /// - Parameter msn: Its merchant serial number.
    public func disconnectMerchant(_ msn: String) async throws {
        try await run("disconnect_merchant", ["msn": msn])
    }

    /// Which of the known discovery documents is served.
    ///
    /// - Parameters:
    ///   - document: Which document; the newest by default.
    ///   - revocation: Whether it names the `revocation_endpoint`; yes by default.
    public func discovery(document: DiscoveryDocument? = nil, revocation: Bool? = nil) async throws {
        try await run("discovery", ["document": document, "revocation": revocation])
    }

    /// What a program needs that reads its settings from the environment: the emulator's address, the partner's keys or
    /// those of a sales unit, and an invented system.
    ///
    /// - Parameter msn: The sales unit whose own keys are named; without it the partner's keys are.
    /// - Returns: By name.
    @discardableResult
    public func environment(msn: String? = nil) async throws -> [String: String] {
        struct Reply: Decodable { let variables: [String: String] }
        let reply: Reply = try await run("environment", ["msn": msn])
        return reply.variables
    }

    /// The next requests to an endpoint fail; several calls queue up.
    ///
    /// Exactly one of `status`, `kind` and `delay` says what happens.
    ///
    /// - Parameters:
    ///   - endpoint: Which requests.
    ///   - delay: The request is served after this much real time.
    ///   - error: The OAuth error code, with `status`, in the shapes that have one.
    ///   - kind: Something worse than an error reply.
    ///   - retryAfter: The `Retry-After` header, with `status`: seconds or an HTTP date.
    ///   - shape: The shape of the error's body, with `status`; `apim` by default.
    ///   - status: An error reply with this HTTP status; nothing is done.
    ///   - times: How many of them; one by default.
    public func failNext(
        _ endpoint: Endpoint, delay: Duration? = nil, error: String? = nil, kind: Mishap? = nil,
        retryAfter: RetryAfter? = nil, shape: ErrorShape? = nil, status: Int? = nil, times: Int? = nil
    ) async throws {
        try await run(
            "fail_next", ["endpoint": endpoint, "delay": delay?.inSeconds, "error": error, "kind": kind,
            "retry_after": retryAfter, "shape": shape, "status": status, "times": times]
        )
    }

    /// How many fields `/accesstoken/get` replies with.
    ///
    /// - Parameter fields: How many.
    public func fields(_ fields: Fields) async throws {
        try await run("fields", ["fields": fields])
    }

    /// Lets through and reports what the documents forbid but the service may forgive, instead of refusing it.
    ///
    /// - Parameter on: On by default.
    public func forgiving(on: Bool? = nil) async throws {
        try await run("forgiving", ["on": on])
    }

    /// Where the emulator is and what it imitates.
    ///
    /// - Returns: Where an emulator is and what it imitates.
    @discardableResult
    public func info() async throws -> Info {
        try await run("info")
    }

    /// The published keys.
    ///
    /// - Returns: The published keys (RFC 7517).
    @discardableResult
    public func jwks() async throws -> JSON {
        struct Reply: Decodable { let jwks: JSON }
        let reply: Reply = try await run("jwks")
        return reply.jwks
    }

    /// The `Cache-Control` of the published keys; none by default.
    ///
    /// - Parameter value: The header's value; `nil` or nothing: no such header.
    public func jwksCacheControl(value: String? = nil) async throws {
        try await run("jwks_cache_control", ["value": value])
    }

    /// Whether the published keys are out of reach (503).
    ///
    /// - Parameter on: On by default.
    public func jwksOutage(on: Bool? = nil) async throws {
        try await run("jwks_outage", ["on": on])
    }

    /// Whether a sales unit is in Login's advanced tier, which `acr_values` and the scope `customFlow` need.
    ///
    /// - Parameters:
    ///   - msn: The sales unit.
    ///   - on: Whether it is in the advanced tier; yes by default.
    public func loginAdvancedTier(_ msn: String, on: Bool? = nil) async throws {
        try await run("login_advanced_tier", ["msn": msn, "on": on])
    }

    /// How a sales unit's own keys authenticate at Login.
    ///
    /// - Parameters:
    ///   - msn: The sales unit.
    ///   - method: How its own keys authenticate.
    public func loginAuthMethod(_ msn: String, method: LoginAuthMethod) async throws {
        try await run("login_auth_method", ["msn": msn, "method": method])
    }

    /// The scopes in a sales unit's plan.
    ///
    /// - Parameters:
    ///   - msn: The sales unit.
    ///   - scopes: The scopes in its plan.
    public func loginScopes(_ msn: String, scopes: [String]) async throws {
        try await run("login_scopes", ["msn": msn, "scopes": scopes])
    }

    /// The latest 10,000 logins, oldest first.
    ///
    /// - Returns: Oldest first.
    @discardableResult
    public func logins() async throws -> [RecordedLogin] {
        struct Reply: Decodable { let logins: [RecordedLogin] }
        let reply: Reply = try await run("logins")
        return reply.logins
    }

    /// Every sales unit and how it is set up.
    ///
    /// - Returns: Every sales unit, by MSN.
    @discardableResult
    public func merchants() async throws -> [Merchant] {
        struct Reply: Decodable { let merchants: [Merchant] }
        let reply: Reply = try await run("merchants")
        return reply.merchants
    }

    /// Makes an ID token, good or wrong, on the emulator's clock.
    ///
    /// An ID token for a sales unit, good except for what you change.
    ///
    /// - Parameters:
    ///   - msn: The sales unit; one that is not there gets an invented `client_id`.
    ///   - accessToken: The access token that came along, from which `at_hash` is computed.
    ///   - acr: The authentication context.
    ///   - alg: The algorithm, and with it which of the two current keys signs.
    ///   - authReqID: The id of the backchannel request, by the name of its claim; several names at once are possible.
    ///   - claims: Any claims with any values, also over what the other members say.
    ///   - header: Any members of the header with any values.
    ///   - lifetime: How long the token is valid from now; an hour by default.
    ///   - nonce: The `nonce`.
    ///   - signedBy: Who signs.
    ///   - subject: The person; by default the one who logged in, or Kari Fixture.
    ///   - withoutClaims: Claims to leave out.
    ///   - withoutHeader: Members of the header to leave out.
    /// - Returns: The token.
    @discardableResult
    public func mintIDToken(
        _ msn: String, accessToken: String? = nil, acr: String? = nil, alg: SigningAlg? = nil,
        authReqID: [String: String]? = nil, claims: [String: JSON]? = nil, header: [String: JSON]? = nil,
        lifetime: Duration? = nil, nonce: String? = nil, signedBy: SignedBy? = nil, subject: String? = nil,
        withoutClaims: [String]? = nil, withoutHeader: [String]? = nil
    ) async throws -> String {
        struct Reply: Decodable { let id_token: String }
        let reply: Reply = try await run(
            "mint_id_token", ["msn": msn, "access_token": accessToken, "acr": acr, "alg": alg, "auth_req_id": authReqID,
            "claims": claims, "header": header, "lifetime": lifetime?.inSeconds, "nonce": nonce, "signed_by": signedBy,
            "subject": subject, "without_claims": withoutClaims, "without_header": withoutHeader]
        )
        return reply.id_token
    }

    /// The name that the person reads.
    ///
    /// - Parameters:
    ///   - msn: The sales unit.
    ///   - name: What the person reads.
    public func nameMerchant(_ msn: String, name: String) async throws {
        try await run("name_merchant", ["msn": msn, "name": name])
    }

    /// The emulator's time.
    ///
    /// - Returns: The emulator's clock.
    @discardableResult
    public func now() async throws -> Time {
        try await run("now")
    }

    /// How the token endpoints spell numbers.
    ///
    /// - Parameter numbers: The spelling.
    public func numbers(_ numbers: Numbers) async throws {
        try await run("numbers", ["numbers": numbers])
    }

    /// The partner's keys as they are now.
    ///
    /// - Returns: The keys of a partner or of a sales unit.
    @discardableResult
    public func partnerKeys() async throws -> Keys {
        try await run("partner_keys")
    }

    /// Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel.
    ///
    /// - Parameter by: Who refuses.
    public func partnerTokenRefusal(_ by: PartnerTokenRefusal) async throws {
        try await run("partner_token_refusal", ["by": by])
    }

    /// The body of the ping for a login that is finished by polling.
    ///
    /// - Parameter id: The login.
    /// - Returns: Byte for byte.
    @discardableResult
    public func pingBody(_ id: String) async throws -> String {
        struct Reply: Decodable { let body: String }
        let reply: Reply = try await run("ping_body", ["id": id])
        return reply.body
    }

    /// Has every decision about a login by phone number posted to an address: `login.merchant-initiated.ping.v1`.
    ///
    /// - Parameters:
    ///   - secret: The secret of the registration; without it pings are not signed.
    ///   - url: Where pings go; `nil` or nothing ends them.
    ///   - webhookID: The id of the registration; invented by default.
    ///   - wholePartner: Whether the body names the merchant, as for a registration without an MSN.
    public func pingURL(
        secret: String? = nil, url: String? = nil, webhookID: String? = nil, wholePartner: Bool? = nil
    ) async throws {
        try await run(
            "ping_url", ["secret": secret, "url": url, "webhook_id": webhookID, "whole_partner": wholePartner]
        )
    }

    /// The latest 1,000 pings and what came of them.
    ///
    /// - Returns: Oldest first.
    @discardableResult
    public func pings() async throws -> [RecordedPing] {
        struct Reply: Decodable { let pings: [RecordedPing] }
        let reply: Reply = try await run("pings")
        return reply.pings
    }

    /// The emulator's clock shows the real time again, and runs.
    ///
    /// - Returns: The emulator's clock.
    @discardableResult
    public func realTime() async throws -> Time {
        try await run("real_time")
    }

    /// Registers a `redirect_uri` or `app_callback_uri` of a sales unit.
    ///
    /// - Parameters:
    ///   - msn: The sales unit.
    ///   - redirectURI: A `redirect_uri` or `app_callback_uri`, compared byte for byte.
    public func registerRedirectURI(_ msn: String, redirectURI: String) async throws {
        try await run("register_redirect_uri", ["msn": msn, "redirect_uri": redirectURI])
    }

    /// Regenerates one subscription key of every pair: the old one is refused from now on.
    ///
    /// - Parameter which: The key that is regenerated.
    public func rejectSubscriptionKey(_ which: SubscriptionKey) async throws {
        try await run("reject_subscription_key", ["which": which])
    }

    /// Lets every request go on that hangs now.
    public func releaseHung() async throws {
        try await run("release_hung")
    }

    /// Forgets a person; logins that were approved stay.
    ///
    /// - Parameter msisdn: The person's phone number.
    public func removeUser(_ msisdn: String) async throws {
        try await run("remove_user", ["msisdn": msisdn])
    }

    /// The latest 10,000 requests, oldest first, each with what was right and wrong about it.
    ///
    /// - Parameter after: Only requests with a greater id; 0, the default, gives all.
    /// - Returns: Oldest first.
    @discardableResult
    public func requests(after: Int? = nil) async throws -> [RecordedRequest] {
        struct Reply: Decodable { let requests: [RecordedRequest] }
        let reply: Reply = try await run("requests", ["after": after])
        return reply.requests
    }

    /// All tokens issued so far, Login's included, are refused from now on (401).
    public func revokeTokens() async throws {
        try await run("revoke_tokens")
    }

    /// Publishes new keys and signs with them from now on; the old ones stay published.
    public func rotateKeys() async throws {
        try await run("rotate_keys")
    }

    /// A sales unit's own keys as they are now.
    ///
    /// - Parameter msn: Its merchant serial number.
    /// - Returns: The keys of a partner or of a sales unit.
    @discardableResult
    public func salesUnitKeys(_ msn: String) async throws -> Keys {
        try await run("sales_unit_keys", ["msn": msn])
    }

    /// What becomes of scopes that a sales unit's plan does not have.
    ///
    /// - Parameter outside: What becomes of them.
    public func scopesOutsidePlan(_ outside: ScopeOutsidePlan) async throws {
        try await run("scopes_outside_plan", ["outside": outside])
    }

    /// The next requests to exactly this path get these replies, one each, before any failure.
    ///
    /// - Parameters:
    ///   - path: Exactly this path, with any method.
    ///   - replies: One reply for each of the next requests.
    public func script(_ path: String, replies: [Reply]) async throws {
        try await run("script", ["path": path, "replies": replies])
    }

    /// Each request to this endpoint is served only after so much real time.
    ///
    /// - Parameters:
    ///   - endpoint: Which requests.
    ///   - duration: How much real time passes before each is served.
    public func setLatency(_ endpoint: Endpoint, duration: Duration) async throws {
        try await run("set_latency", ["endpoint": endpoint, "seconds": duration.inSeconds])
    }

    /// Stops the emulator's clock at a moment; from then on only `advance` moves it.
    ///
    /// - Parameter at: Where the clock is to stand.
    /// - Returns: The emulator's clock.
    @discardableResult
    public func setTime(_ at: Date) async throws -> Time {
        try await run("set_time", ["at": at])
    }

    /// The headers of a webhook, signed as the service signs them, for tests of code that checks signatures.
    ///
    /// - Parameters:
    ///   - url: Where it is posted.
    ///   - secret: The secret of the registration.
    ///   - body: The body, byte for byte.
    ///   - webhookID: The id of the registration; invented by default.
    /// - Returns: By name.
    @discardableResult
    public func signWebhook(
        _ url: String, secret: String, body: String, webhookID: String? = nil
    ) async throws -> [String: String] {
        struct Reply: Decodable { let headers: [String: String] }
        let reply: Reply = try await run(
            "sign_webhook", ["url": url, "secret": secret, "body": body, "webhook_id": webhookID]
        )
        return reply.headers
    }

    /// The keys for `/miami/v1/token`, and the scopes they may ask for.
    ///
    /// - Returns: Accounting or donations keys, for `/miami/v1/token`.
    @discardableResult
    public func specializedKeys() async throws -> SpecializedKeys {
        try await run("specialized_keys")
    }

    /// Every request to an endpoint is answered with 503, until it is up again; what was staged comes first.
    ///
    /// - Parameters:
    ///   - endpoint: Which requests are answered with 503.
    ///   - down: Down or up again; down by default.
    public func takeDown(_ endpoint: Endpoint, down: Bool? = nil) async throws {
        try await run("take_down", ["endpoint": endpoint, "down": down])
    }

    /// How long tokens live that are issued from now on.
    ///
    /// - Parameters:
    ///   - kind: Which tokens.
    ///   - duration: How long those live that are issued from now on.
    public func tokenLifetime(_ kind: TokenKind, duration: Duration) async throws {
        try await run("token_lifetime", ["kind": kind, "seconds": duration.inSeconds])
    }

    /// Everybody.
    ///
    /// - Returns: By phone number.
    @discardableResult
    public func users() async throws -> [User] {
        struct Reply: Decodable { let users: [User] }
        let reply: Reply = try await run("users")
        return reply.users
    }

    /// Publishes the current keys only.
    public func withdrawOldKeys() async throws {
        try await run("withdraw_old_keys")
    }

    /// Behaves as if all keys were for the other environment.
    ///
    /// - Parameter on: On by default.
    public func wrongEnvironment(on: Bool? = nil) async throws {
        try await run("wrong_environment", ["on": on])
    }
}

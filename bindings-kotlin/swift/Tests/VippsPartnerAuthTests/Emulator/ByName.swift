// Generated from emulator/openapi.json by scripts/generate.py: change the description there.

@testable import VippsEmulator

extension Emulator {
    /// All of them, by their names in every language.
    static let operations: Set<String> = [
        "accept_form_encoded_basic", "add_merchant", "add_user", "advance", "approve", "ask_person", "auth_req_id_name",
        "auto_approve", "auto_deny", "backchannel_error_code", "backchannel_limit", "basic_encoding",
        "bend_next_id_token", "check_msn_on_token", "clear_failures", "clear_requests", "consent_revoked_body", "count",
        "deactivate_merchant", "deactivate_partner", "deny", "disconnect_merchant", "discovery", "environment",
        "fail_next", "fields", "forgiving", "info", "jwks", "jwks_cache_control", "jwks_outage", "login_advanced_tier",
        "login_auth_method", "login_scopes", "logins", "merchants", "mint_id_token", "name_merchant", "now", "numbers",
        "partner_keys", "partner_token_refusal", "ping_body", "ping_url", "pings", "real_time", "register_redirect_uri",
        "reject_subscription_key", "release_hung", "remove_user", "requests", "revoke_tokens", "rotate_keys",
        "sales_unit_keys", "scopes_outside_plan", "script", "set_latency", "set_time", "sign_webhook",
        "specialized_keys", "take_down", "token_lifetime", "users", "withdraw_old_keys", "wrong_environment"
    ]

    /// Calls the method of an operation, and gives what it gave as JSON again.
    func call(_ operation: String, _ input: Input) async throws -> JSON {
        switch operation {
        case "accept_form_encoded_basic":
            try input.hasOnly("on")
            try await acceptFormEncodedBasic(on: input.given("on"))
            return .object([:])
        case "add_merchant":
            try input.hasOnly(
                "msn", "business", "keys", "login_advanced_tier", "login_auth_method", "login_scopes", "name",
                "redirect_uris"
            )
            let told = try await addMerchant(
                input.needed("msn"), business: input.given("business"), keys: input.given("keys"),
                loginAdvancedTier: input.given("login_advanced_tier"),
                loginAuthMethod: input.given("login_auth_method"), loginScopes: input.given("login_scopes"),
                name: input.given("name"), redirectURIs: input.given("redirect_uris")
            )
            return try JSON(of: told)
        case "add_user":
            try input.hasOnly(
                "msisdn", "addresses", "agreement", "app", "birthdate", "customer_token", "email", "email_verified",
                "family_name", "flow_result", "gender", "given_name", "more_claims", "nin", "person"
            )
            try await addUser(
                input.needed("msisdn"), addresses: input.given("addresses"), agreement: input.given("agreement"),
                app: input.given("app"), birthdate: input.given("birthdate"),
                customerToken: input.given("customer_token"), email: input.given("email"),
                emailVerified: input.given("email_verified"), familyName: input.given("family_name"),
                flowResult: input.given("flow_result"), gender: input.given("gender"),
                givenName: input.given("given_name"), moreClaims: input.given("more_claims"), nin: input.given("nin"),
                person: input.given("person")
            )
            return .object([:])
        case "advance":
            try input.hasOnly("seconds")
            let told = try await advance(input.needed("seconds"))
            return try JSON(of: told)
        case "approve":
            try input.hasOnly("id", "msisdn")
            let told = try await approve(input.needed("id"), msisdn: input.given("msisdn"))
            return try .object(["url": JSON(of: told)])
        case "ask_person":
            try input.hasOnly()
            try await askPerson()
            return .object([:])
        case "auth_req_id_name":
            try input.hasOnly("name")
            try await authReqIDName(input.needed("name"))
            return .object([:])
        case "auto_approve":
            try input.hasOnly("msisdn")
            try await autoApprove(input.needed("msisdn"))
            return .object([:])
        case "auto_deny":
            try input.hasOnly("error")
            try await autoDeny(error: input.given("error"))
            return .object([:])
        case "backchannel_error_code":
            try input.hasOnly("on")
            try await backchannelErrorCode(on: input.given("on"))
            return .object([:])
        case "backchannel_limit":
            try input.hasOnly("logins")
            try await backchannelLimit(input.needed("logins"))
            return .object([:])
        case "basic_encoding":
            try input.hasOnly("endpoint", "encoding")
            try await basicEncoding(input.needed("endpoint"), encoding: input.needed("encoding"))
            return .object([:])
        case "bend_next_id_token":
            try input.hasOnly(
                "access_token", "acr", "alg", "auth_req_id", "claims", "header", "lifetime", "nonce", "signed_by",
                "subject", "without_claims", "without_header"
            )
            try await bendNextIDToken(
                accessToken: input.given("access_token"), acr: input.given("acr"), alg: input.given("alg"),
                authReqID: input.given("auth_req_id"), claims: input.given("claims"), header: input.given("header"),
                lifetime: input.given("lifetime"), nonce: input.given("nonce"), signedBy: input.given("signed_by"),
                subject: input.given("subject"), withoutClaims: input.given("without_claims"),
                withoutHeader: input.given("without_header")
            )
            return .object([:])
        case "check_msn_on_token":
            try input.hasOnly("on")
            try await checkMsnOnToken(on: input.given("on"))
            return .object([:])
        case "clear_failures":
            try input.hasOnly()
            try await clearFailures()
            return .object([:])
        case "clear_requests":
            try input.hasOnly()
            try await clearRequests()
            return .object([:])
        case "consent_revoked_body":
            try input.hasOnly("msn", "msisdn")
            let told = try await consentRevokedBody(input.needed("msn"), msisdn: input.needed("msisdn"))
            return try .object(["body": JSON(of: told)])
        case "count":
            try input.hasOnly("path")
            let told = try await count(input.needed("path"))
            return try .object(["count": JSON(of: told)])
        case "deactivate_merchant":
            try input.hasOnly("msn")
            try await deactivateMerchant(input.needed("msn"))
            return .object([:])
        case "deactivate_partner":
            try input.hasOnly("on")
            try await deactivatePartner(on: input.given("on"))
            return .object([:])
        case "deny":
            try input.hasOnly("id", "error")
            let told = try await deny(input.needed("id"), error: input.given("error"))
            return try .object(["url": JSON(of: told)])
        case "disconnect_merchant":
            try input.hasOnly("msn")
            try await disconnectMerchant(input.needed("msn"))
            return .object([:])
        case "discovery":
            try input.hasOnly("document", "revocation")
            try await discovery(document: input.given("document"), revocation: input.given("revocation"))
            return .object([:])
        case "environment":
            try input.hasOnly("msn")
            let told = try await environment(msn: input.given("msn"))
            return try .object(["variables": JSON(of: told)])
        case "fail_next":
            try input.hasOnly("endpoint", "delay", "error", "kind", "retry_after", "shape", "status", "times")
            try await failNext(
                input.needed("endpoint"), delay: input.given("delay"), error: input.given("error"),
                kind: input.given("kind"), retryAfter: input.given("retry_after"), shape: input.given("shape"),
                status: input.given("status"), times: input.given("times")
            )
            return .object([:])
        case "fields":
            try input.hasOnly("fields")
            try await fields(input.needed("fields"))
            return .object([:])
        case "forgiving":
            try input.hasOnly("on")
            try await forgiving(on: input.given("on"))
            return .object([:])
        case "info":
            try input.hasOnly()
            let told = try await info()
            return try JSON(of: told)
        case "jwks":
            try input.hasOnly()
            let told = try await jwks()
            return try .object(["jwks": JSON(of: told)])
        case "jwks_cache_control":
            try input.hasOnly("value")
            try await jwksCacheControl(value: input.given("value"))
            return .object([:])
        case "jwks_outage":
            try input.hasOnly("on")
            try await jwksOutage(on: input.given("on"))
            return .object([:])
        case "login_advanced_tier":
            try input.hasOnly("msn", "on")
            try await loginAdvancedTier(input.needed("msn"), on: input.given("on"))
            return .object([:])
        case "login_auth_method":
            try input.hasOnly("msn", "method")
            try await loginAuthMethod(input.needed("msn"), method: input.needed("method"))
            return .object([:])
        case "login_scopes":
            try input.hasOnly("msn", "scopes")
            try await loginScopes(input.needed("msn"), scopes: input.needed("scopes"))
            return .object([:])
        case "logins":
            try input.hasOnly()
            let told = try await logins()
            return try .object(["logins": JSON(of: told)])
        case "merchants":
            try input.hasOnly()
            let told = try await merchants()
            return try .object(["merchants": JSON(of: told)])
        case "mint_id_token":
            try input.hasOnly(
                "msn", "access_token", "acr", "alg", "auth_req_id", "claims", "header", "lifetime", "nonce",
                "signed_by", "subject", "without_claims", "without_header"
            )
            let told = try await mintIDToken(
                input.needed("msn"), accessToken: input.given("access_token"), acr: input.given("acr"),
                alg: input.given("alg"), authReqID: input.given("auth_req_id"), claims: input.given("claims"),
                header: input.given("header"), lifetime: input.given("lifetime"), nonce: input.given("nonce"),
                signedBy: input.given("signed_by"), subject: input.given("subject"),
                withoutClaims: input.given("without_claims"), withoutHeader: input.given("without_header")
            )
            return try .object(["id_token": JSON(of: told)])
        case "name_merchant":
            try input.hasOnly("msn", "name")
            try await nameMerchant(input.needed("msn"), name: input.needed("name"))
            return .object([:])
        case "now":
            try input.hasOnly()
            let told = try await now()
            return try JSON(of: told)
        case "numbers":
            try input.hasOnly("numbers")
            try await numbers(input.needed("numbers"))
            return .object([:])
        case "partner_keys":
            try input.hasOnly()
            let told = try await partnerKeys()
            return try JSON(of: told)
        case "partner_token_refusal":
            try input.hasOnly("by")
            try await partnerTokenRefusal(input.needed("by"))
            return .object([:])
        case "ping_body":
            try input.hasOnly("id")
            let told = try await pingBody(input.needed("id"))
            return try .object(["body": JSON(of: told)])
        case "ping_url":
            try input.hasOnly("secret", "url", "webhook_id", "whole_partner")
            try await pingURL(
                secret: input.given("secret"), url: input.given("url"), webhookID: input.given("webhook_id"),
                wholePartner: input.given("whole_partner")
            )
            return .object([:])
        case "pings":
            try input.hasOnly()
            let told = try await pings()
            return try .object(["pings": JSON(of: told)])
        case "real_time":
            try input.hasOnly()
            let told = try await realTime()
            return try JSON(of: told)
        case "register_redirect_uri":
            try input.hasOnly("msn", "redirect_uri")
            try await registerRedirectURI(input.needed("msn"), redirectURI: input.needed("redirect_uri"))
            return .object([:])
        case "reject_subscription_key":
            try input.hasOnly("which")
            try await rejectSubscriptionKey(input.needed("which"))
            return .object([:])
        case "release_hung":
            try input.hasOnly()
            try await releaseHung()
            return .object([:])
        case "remove_user":
            try input.hasOnly("msisdn")
            try await removeUser(input.needed("msisdn"))
            return .object([:])
        case "requests":
            try input.hasOnly("after")
            let told = try await requests(after: input.given("after"))
            return try .object(["requests": JSON(of: told)])
        case "revoke_tokens":
            try input.hasOnly()
            try await revokeTokens()
            return .object([:])
        case "rotate_keys":
            try input.hasOnly()
            try await rotateKeys()
            return .object([:])
        case "sales_unit_keys":
            try input.hasOnly("msn")
            let told = try await salesUnitKeys(input.needed("msn"))
            return try JSON(of: told)
        case "scopes_outside_plan":
            try input.hasOnly("outside")
            try await scopesOutsidePlan(input.needed("outside"))
            return .object([:])
        case "script":
            try input.hasOnly("path", "replies")
            try await script(input.needed("path"), replies: input.needed("replies"))
            return .object([:])
        case "set_latency":
            try input.hasOnly("endpoint", "seconds")
            try await setLatency(input.needed("endpoint"), duration: input.needed("seconds"))
            return .object([:])
        case "set_time":
            try input.hasOnly("at")
            let told = try await setTime(input.needed("at"))
            return try JSON(of: told)
        case "sign_webhook":
            try input.hasOnly("url", "secret", "body", "webhook_id")
            let told = try await signWebhook(
                input.needed("url"), secret: input.needed("secret"), body: input.needed("body"),
                webhookID: input.given("webhook_id")
            )
            return try .object(["headers": JSON(of: told)])
        case "specialized_keys":
            try input.hasOnly()
            let told = try await specializedKeys()
            return try JSON(of: told)
        case "take_down":
            try input.hasOnly("endpoint", "down")
            try await takeDown(input.needed("endpoint"), down: input.given("down"))
            return .object([:])
        case "token_lifetime":
            try input.hasOnly("kind", "seconds")
            try await tokenLifetime(input.needed("kind"), duration: input.needed("seconds"))
            return .object([:])
        case "users":
            try input.hasOnly()
            let told = try await users()
            return try .object(["users": JSON(of: told)])
        case "withdraw_old_keys":
            try input.hasOnly()
            try await withdrawOldKeys()
            return .object([:])
        case "wrong_environment":
            try input.hasOnly("on")
            try await wrongEnvironment(on: input.given("on"))
            return .object([:])
        default: throw NotInSwift()
        }
    }
}

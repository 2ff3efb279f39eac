import Foundation
import VippsPartnerAuthNative

/// A country's look of the login page.
public enum Market: String, Sendable, CaseIterable, Codable {
    /// Norway.
    case norway = "NO"
    /// Denmark.
    case denmark = "DK"
    /// Finland.
    case finland = "FI"
    /// Sweden.
    case sweden = "SE"

    /// Reads the two letters; `invalidConfig`, field `market`, for anything else.
    public init(_ text: String) throws {
        let known = try native { try marketOf(text: text) }
        self = Market(rawValue: known) ?? .norway
    }
}

/// How an app that opens the Vipps app gets the person back.
public enum RequestedFlow: String, Sendable, CaseIterable, Codable {
    /// From app to app.
    case appToAppV2 = "app_to_app_v2"
    /// The older one, deprecated by Vipps.
    case appToApp = "app_to_app"
    /// Of older documents.
    case automaticReturnFromVippsApp = "automatic_return_from_vipps_app"

    /// Reads the value on the wire; `invalidConfig`, field `requested_flow`, for anything else.
    public init(_ text: String) throws {
        let known = try native { try requestedFlowOf(text: text) }
        self = RequestedFlow(rawValue: known) ?? .appToAppV2
    }
}

/// What may differ from one login to the next. What is `nil` is not said.
public struct LoginOptions: Sendable, Hashable {
    /// Forces the person to confirm in the Vipps app. For sales units of the advanced tier.
    public static let appAuth = "urn:vipps:acr:app_auth"

    // Generated from core/src/login/authorize.rs by `cargo run -p tests --bin make-settings`.
    /// The country whose look the login page has. Default: none; Vipps chooses.
    public var market: Market?
    /// How sure Vipps must be of the person, such as `urn:vipps:acr:app_auth`. The ID token is refused unless its `acr`
    /// says the same. Default: none.
    public var acrValues: String?
    /// How a login goes that starts in an app. Default: none; the login is one of the browser.
    public var requestedFlow: RequestedFlow?
    /// Where the Vipps app switches back to, with a `requestedFlow` from app to app. It must be registered as a
    /// `redirect_uri` is. Default: none.
    public var appCallbackURI: String?
    /// Whether the `redirect_uri` opens an app. Default: not said, which is false for Vipps.
    public var finalRedirectIsApp: Bool?

    /// Each says what holds where it is left out.
    public init(
        market: Market? = nil, acrValues: String? = nil, requestedFlow: RequestedFlow? = nil,
        appCallbackURI: String? = nil, finalRedirectIsApp: Bool? = nil
    ) {
        self.market = market
        self.acrValues = acrValues
        self.requestedFlow = requestedFlow
        self.appCallbackURI = appCallbackURI
        self.finalRedirectIsApp = finalRedirectIsApp
    }

    var values: [String: NamedValue] {
        var values = [String: NamedValue]()
        values["market"] = market.map { .text(text: $0.rawValue) }
        values["acr_values"] = acrValues.map { .text(text: $0) }
        values["requested_flow"] = requestedFlow.map { .text(text: $0.rawValue) }
        values["app_callback_uri"] = appCallbackURI.map { .text(text: $0) }
        values["final_redirect_is_app"] = finalRedirectIsApp.map { .flag(isOn: $0) }
        return values
    }
    // End of what is generated.
}

/// Login in the browser for one merchant and one `redirect_uri`.
public final class Login: Sendable {
    private let handle: LoginHandle
    /// Where the browser comes back to.
    public let redirectURI: String

    init(handle: LoginHandle, redirectURI: String) {
        self.handle = handle
        self.redirectURI = redirectURI
    }

    /// Makes a request for these scopes, `openid` among them.
    public func start(scopes: [String], options: LoginOptions = LoginOptions()) async throws -> LoginRequest {
        LoginRequest(
            parts: try await native {
                try await handle.start(scopes: scopes, options: options.values, cancellation: $0)
            })
    }

    /// Ends a login: checks the callback, exchanges the code, checks the ID token.
    ///
    /// While an error is retryable the code has not been sent, so the same call may be made again; after all others start
    /// a new login. `callbackURL` is the whole URL the browser came back with, or only its path and query.
    public func finish(callbackURL: String, request: LoginRequest) async throws -> LoginResult {
        LoginResult(
            parts: try await native {
                try await handle.finish(callbackUrl: callbackURL, requestJson: request.json, cancellation: $0)
            })
    }

    /// Asks who the person is: what the login's scopes open. Possible for about ten minutes after the login.
    public func userinfo(_ result: LoginResult) async throws -> Userinfo {
        Userinfo(parts: try await native { try await handle.userinfo(result: result.parts.handle, cancellation: $0) })
    }
}

/// A login that passed every check.
public struct LoginResult: Sendable, CustomStringConvertible, CustomReflectable {
    let parts: ResultParts

    /// Who logged in: the checked claims of the ID token.
    public var claims: IDTokenClaims { IDTokenClaims(parts: parts.claims) }
    /// Opens userinfo, for about ten minutes, and nothing else.
    public var accessToken: LoginToken {
        LoginToken(secret: parts.accessToken, expiresAt: parts.accessTokenExpiresAt)
    }
    /// The ID token itself, already checked. Personal data: keep it out of logs and URLs.
    public var idToken: String { parts.idToken }
    /// The scopes that were granted.
    public var scopes: [String] { parts.scopes }
    /// The scopes that were asked for.
    public var askedScopes: [String] { parts.askedScopes }
    /// Those asked for and not granted: Vipps drops scopes outside the sales unit's plan without a word.
    public var missingScopes: [String] { parts.missingScopes }

    public var description: String { "LoginResult(claims: \(claims))" }
    public var customMirror: Mirror { hidden(self) }
}

/// The access token of one login: opaque, good for userinfo only.
public struct LoginToken: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The token itself, without the word `Bearer`.
    public let secret: String
    /// Until when it opens userinfo, by this machine's clock.
    public let expiresAt: Date

    /// Never the token.
    public var description: String { "LoginToken(expiresAt: \(expiresAt))" }
    public var customMirror: Mirror { hidden(self) }
}

/// What a person agreed to tell this sales unit. A member that Vipps left out, or sent as another type than its documents
/// say, is `nil`; all members are in ``json``. The description shows ``sub`` alone: the rest is personal data.
public struct Userinfo: Claims, CustomStringConvertible, CustomReflectable {
    let parts: UserinfoParts

    /// The person, as this sales unit knows them.
    public var sub: String { parts.sub }
    /// Full name.
    public var name: String? { parts.name }
    /// Given names.
    public var givenName: String? { parts.givenName }
    /// Family name.
    public var familyName: String? { parts.familyName }
    /// Digits with country code and without a plus sign.
    public var phoneNumber: String? { parts.phoneNumber }
    /// Whether Vipps verified the phone number.
    public var isPhoneNumberVerified: Bool? { parts.phoneNumberVerified }
    /// E-mail address.
    public var email: String? { parts.email }
    /// Whether Vipps verified the e-mail address.
    public var isEmailVerified: Bool? { parts.emailVerified }
    /// `YYYY-MM-DD`.
    public var birthdate: String? { parts.birthdate }
    /// `nil` where the person did not tell, and in the test environment.
    public var gender: Gender? { parts.gender.map(Gender.init) }
    /// National identity number, for those who may ask for it.
    public var nin: String? { parts.nin }
    /// The address.
    public var address: Address? { parts.address.map(Address.init) }
    /// Up to two more addresses.
    public var otherAddresses: [Address] { parts.otherAddresses.map(Address.init) }
    /// What the person agreed to, as JSON; only at the first login.
    public var delegatedConsents: String? { parts.delegatedConsents }
    /// What the person answered in a flow of the merchant's own (scope `customFlow`).
    public var flowResult: FlowResult? { parts.flowResult.map(FlowResult.init) }
    /// The agreement that the person made (scope `agreement`), in logins from a phone number.
    public var agreement: Agreement? { parts.agreement.map(Agreement.init) }
    /// All members, as JSON.
    public var json: String { parts.json }

    public var description: String { "Userinfo(sub: \(sub))" }
    public var customMirror: Mirror { hidden(self) }
}

/// A person's gender as Vipps words it.
public struct Gender: OpenWord {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// `male`
    public static let male: Self = "male"
    /// `female`
    public static let female: Self = "female"
    /// `other`
    public static let other: Self = "other"
}

/// What kind of address it is, as Vipps words it.
public struct AddressType: OpenWord {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// `home`
    public static let home: Self = "home"
    /// `work`
    public static let work: Self = "work"
    /// `other`
    public static let other: Self = "other"
}

/// A person's address. Empty members are left out.
public struct Address: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let parts: AddressParts

    /// Street, with unit and floor in a second line.
    public var streetAddress: String? { parts.streetAddress }
    /// Postal code.
    public var postalCode: String? { parts.postalCode }
    /// City or place.
    public var region: String? { parts.region }
    /// Two letters (ISO 3166-1).
    public var country: String? { parts.country }
    /// The whole address, in lines.
    public var formatted: String? { parts.formatted }
    /// What kind of address it is.
    public var addressType: AddressType? { parts.addressType.map(AddressType.init) }

    public var description: String { "Address(***)" }
    public var customMirror: Mirror { hidden(self) }
}

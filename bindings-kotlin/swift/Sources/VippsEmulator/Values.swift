// Generated from emulator/openapi.json by scripts/generate.py: change the description there.

import Foundation

extension Emulator {
    /// Kind of address.
    public enum AddressKind: String, Codable, CaseIterable, Sendable {
        /// `home`.
        case home
        /// `work`.
        case work
        /// `other`.
        case other
    }

    /// State of the app.
    public enum App: String, Codable, CaseIterable, Sendable {
        /// It can log in.
        case current
        /// Too old: `old_app` from the backchannel, `outdated_app_version` in the browser flow.
        case outdated
        /// The account is inactive or the person under 15: `invalid_user` from the backchannel, and no such user for
        /// user-exists.
        case inactive
    }

    /// Name of the auth_req_id claim.
    public enum AuthReqIDName: String, Codable, CaseIterable, Sendable {
        /// `auth_req_id`, as the documents' text has it.
        case authReqID = "auth_req_id"
        /// `authReqId`, as their sample has it.
        case authReqId
        /// `urn:openid:params:jwt:claim:auth_req_id`, as the standard has it.
        case urnOpenidParamsJwtClaimAuthReqID = "urn:openid:params:jwt:claim:auth_req_id"
    }

    /// Encoding of Basic.
    public enum BasicEncoding: String, Codable, CaseIterable, Sendable {
        /// Raw and form-encoded alike; raw is reported where it makes a difference.
        case any
        /// Raw only, as Vipps' own examples have it.
        case raw
        /// Form-encoded only (RFC 6749 section 2.3.1), as the server behind Login's token endpoint reads it.
        case form
    }

    /// Reason for a refusal.
    public enum RefusalCode: String, Codable, CaseIterable, Sendable {
        /// There is no operation of that name.
        case unknownOperation = "unknown_operation"
        /// A member is missing, unknown, of the wrong type or out of bounds, or it does not fit what is there.
        case invalidInput = "invalid_input"
        /// There is no such sales unit, login or person.
        case notFound = "not_found"
    }

    /// Discovery document.
    public enum DiscoveryDocument: String, Codable, CaseIterable, Sendable {
        /// That of today's documents: short lists, `S256` alone.
        case newest
        /// That of older snapshots: more members, more scopes, `plain` beside `S256`.
        case older
    }

    /// Endpoint.
    public enum Endpoint: String, Codable, CaseIterable, Sendable {
        /// `POST /accesstoken/get`, in any letter case.
        case standardToken = "standard_token"
        /// `POST /miami/v1/token`.
        case specializedToken = "specialized_token"
        /// `GET /access-management-1.0/access/.well-known/openid-configuration`.
        case discovery
        /// `GET /access-management-1.0/access/.well-known/jwks.json`.
        case jwks
        /// `GET /access-management-1.0/access/oauth2/auth`: the start of the browser flow.
        case authorize
        /// `POST /access-management-1.0/access/oauth2/token`: the end of every Login flow.
        case loginToken = "login_token"
        /// `GET /vipps-userinfo-api/userinfo`, with or without a slash at the end.
        case userinfo
        /// `POST /vipps-login-ciba/api/backchannel/authentication`: the start of a login by phone number.
        case backchannel
        /// `POST /vipps-login-ciba/api/v1/user-exists`.
        case userExists = "user_exists"
        /// `GET` and `POST` at `/epayment/v1/payments` and below: a standard API, called for one merchant.
        case payments
        /// `POST /access-management-1.0/access/oauth2/revoke`: ends a Login token (RFC 7009).
        case revocation
        /// `GET /management/v1/sales-units`, `/management/v1/sales-units/{msn}` and
        /// `/management/v1/merchants/{scheme}/{id}/sales-units`: a standard API, called for no merchant in particular.
        case salesUnits = "sales_units"
        /// `GET /settlement/v1/ledgers`: for specialised tokens, and for a sales unit's own.
        case ledgers
        /// `GET /donations/v1/reports/payments`: for specialised tokens with the scope `donations:read`, and for
        /// partners.
        case donations
    }

    /// Shape of an error.
    public enum ErrorShape: String, Codable, CaseIterable, Sendable {
        /// Azure AD: `error`, `error_description`, `error_codes`, trace ids.
        case aad
        /// OAuth (RFC 6749 section 5.2): `error`, `error_description`.
        case oauth
        /// Azure API Management: `statusCode`, `message`.
        case apim
        /// The gateway's older voice: `responseInfo`, `result`.
        case gatewayLegacy = "gateway_legacy"
        /// RFC 9457 problem details.
        case problem
        /// An array of `errorGroup`, `errorCode`, `errorMessage`.
        case ecomList = "ecom_list"
        /// An array of strings.
        case strings
        /// Plain text.
        case text
        /// A web page.
        case html
        /// The web page of the firewall in front of all APIs, which some harmless requests meet with 403.
        case firewall
        /// No body at all.
        case empty
    }

    /// Number of fields.
    public enum Fields: String, Codable, CaseIterable, Sendable {
        /// All seven of the specification.
        case seven
        /// The four of the newest documents: `token_type`, `expires_in`, `expires_on`, `access_token`.
        case four
    }

    /// Way to authenticate.
    public enum LoginAuthMethod: String, Codable, CaseIterable, Sendable {
        /// `client_secret_basic`, the service's default; partners can act only for sales units set to it.
        case clientSecretBasic = "client_secret_basic"
        /// `client_secret_post`.
        case clientSecretPost = "client_secret_post"
    }

    /// Kind of login.
    public enum LoginKind: String, Codable, CaseIterable, Sendable {
        /// Through `/oauth2/auth`.
        case browser
        /// By phone number, finished by polling.
        case backchannel
        /// By phone number, finished on a web page that the phone opens.
        case backchannelRedirect = "backchannel_redirect"
    }

    /// Status of a login.
    public enum LoginStatus: String, Codable, CaseIterable, Sendable {
        /// No person has decided.
        case pending
        /// Approved, and not exchanged for tokens yet.
        case approved
        /// Denied, or ended with another error.
        case denied
        /// Nobody decided, or nobody asked for the tokens, in time.
        case expired
        /// Exchanged for tokens.
        case completed
    }

    /// Mishap.
    public enum Mishap: String, Codable, CaseIterable, Sendable {
        /// The connection is dropped with the body unread; nothing was done.
        case dropBeforeReading = "drop_before_reading"
        /// The request is served, then the connection is dropped instead of the reply: the caller can't know.
        case dropAfterReading = "drop_after_reading"
        /// No reply until `releaseHung`; then the request is served.
        case hang
    }

    /// Mode.
    public enum Mode: String, Codable, CaseIterable, Sendable {
        /// 86,398 seconds, `ext_expires_in` `0`. The default, since partner keys exist only there.
        case production
        /// 3,599 seconds, `ext_expires_in` the same. What the real test environment lacks still works here, and is
        /// reported.
        case test
    }

    /// Spelling of numbers.
    public enum Numbers: String, Codable, CaseIterable, Sendable {
        /// Strings from `/accesstoken/get`, a number from `/miami/v1/token`: what the documents show.
        case asDocumented = "as_documented"
        /// Strings from both.
        case strings
        /// Numbers from both.
        case numbers
    }

    /// Refusal of a partner's token.
    public enum PartnerTokenRefusal: String, Codable, CaseIterable, Sendable {
        /// The server behind: 401 `invalid_client`.
        case oauth
        /// The gateway in front: 401 in the shape of Azure API Management.
        case gateway
    }

    /// Seconds or an HTTP date.
    public enum RetryAfter: Codable, Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
        /// As a number.
        case number(Int)
        /// As a text.
        case text(String)

        public init(integerLiteral value: Int) { self = .number(value) }
        public init(stringLiteral value: String) { self = .text(value) }

        public init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            let number = try? value.decode(Int.self)
            self = try number.map(Self.number) ?? .text(value.decode(String.self))
        }

        public func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .number(let number): try value.encode(number)
            case .text(let text): try value.encode(text)
            }
        }
    }

    /// Size of RSA keys.
    public enum RsaBits: Int, Codable, CaseIterable, Sendable {
        /// 2,048 bits: quick to make, the default.
        case bits2048 = 2048
        /// 3,072 bits.
        case bits3072 = 3072
        /// 4,096 bits, as in the documents' sample; takes seconds to make.
        case bits4096 = 4096
    }

    /// Fate of scopes outside the plan.
    public enum ScopeOutsidePlan: String, Codable, CaseIterable, Sendable {
        /// Left out without a word, as the newest documents say; the log has it.
        case dropped
        /// `invalid_scope`, as older ones say.
        case refused
    }

    /// Signer.
    public enum SignedBy: String, Codable, CaseIterable, Sendable {
        /// The key that signs now.
        case current
        /// The key that was withdrawn last, under its own `kid`; if none was, one that never was published.
        case withdrawn
        /// A key that never was published, under its own `kid`.
        case unknown
        /// A key that never was published, under the `kid` of the current one.
        case forger
        /// An HMAC keyed with the current RSA public key in PEM, `alg` `HS256`.
        case publicKeyHmac = "public_key_hmac"
        /// Nobody: `alg` `none`, the signature empty.
        case nobody
    }

    /// Algorithm.
    public enum SigningAlg: String, Codable, CaseIterable, Sendable {
        /// RSA with SHA-256, as in the browser flow.
        case rs256 = "RS256"
        /// ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.
        case es256 = "ES256"
    }

    /// Subscription key.
    public enum SubscriptionKey: String, Codable, CaseIterable, Sendable {
        /// The first.
        case primary
        /// The second.
        case secondary
    }

    /// Kind of token.
    public enum TokenKind: String, Codable, CaseIterable, Sendable {
        /// From `/accesstoken/get`.
        case standard
        /// From `/miami/v1/token`.
        case specialized
        /// From Login's token endpoint, less those of the backchannel's polling, which say 300 seconds. Opens userinfo
        /// for ten minutes at most.
        case login
    }

    /// Verdict.
    public enum Verdict: String, Codable, CaseIterable, Sendable {
        /// As the documents want it.
        case right
        /// Let through, but the documents advise against it or the service might not.
        case tolerated
        /// The reason for which the request was refused.
        case refused
        /// Not the request's doing: a control of the emulator had its way.
        case staged
        /// Not the request's doing: the person has not decided yet, said no, or let the time pass.
        case person
    }

    /// A postal address.
    public struct Address: Codable, Hashable, Sendable {
        /// Two letters.
        public let country: String
        /// What it is to the person.
        public let kind: AddressKind
        /// Postal code.
        public let postalCode: String
        /// Place.
        public let region: String
        /// Street and number; floor or flat after a line feed.
        public let streetAddress: String

        enum CodingKeys: String, CodingKey {
            case country
            case kind
            case postalCode = "postal_code"
            case region
            case streetAddress = "street_address"
        }
    }

    /// A postal address.
    public struct NewAddress: Codable, Hashable, Sendable {
        /// Two letters.
        public var country: String?
        /// What it is to the person.
        public var kind: AddressKind?
        /// Postal code.
        public var postalCode: String?
        /// Place.
        public var region: String?
        /// Street and number; floor or flat after a line feed.
        public var streetAddress: String?

        /// What is left out is for the emulator to say.
        public init(
            country: String? = nil, kind: AddressKind? = nil, postalCode: String? = nil, region: String? = nil,
            streetAddress: String? = nil
        ) {
            self.country = country
            self.kind = kind
            self.postalCode = postalCode
            self.region = region
            self.streetAddress = streetAddress
        }

        enum CodingKeys: String, CodingKey {
            case country
            case kind
            case postalCode = "postal_code"
            case region
            case streetAddress = "street_address"
        }
    }

    /// The merchant behind a sales unit, by its number in a register of businesses.
    public struct Business: Codable, Hashable, Sendable {
        /// The register, such as `NO:ORG`.
        public var scheme: String
        /// The number in it.
        public var id: String

        /// What is left out is for the emulator to say.
        public init(scheme: String, id: String) {
            self.scheme = scheme
            self.id = id
        }
    }

    /// One thing to say about a request. Holds no secret.
    public struct Finding: Codable, Hashable, Sendable {
        /// What the check came to.
        public let verdict: Verdict
        /// The header, field or part of the request.
        public let about: String
        /// What was right, or what was wrong and how to mend it.
        public let text: String
    }

    /// A header of a request or a reply.
    public struct Header: Codable, Hashable, Sendable, CustomReflectable {
        /// In lower case.
        public let name: String
        /// As it came.
        public let value: String

        /// Without secrets.
        public var customMirror: Mirror {
            Mirror(self, children: ["name": name], displayStyle: .struct)
        }
    }

    /// Where an emulator is and what it imitates.
    public struct Info: Codable, Hashable, Sendable {
        /// The emulator's version.
        public let version: String
        /// Where it is reached, without a slash at the end.
        public let baseURL: String
        /// The page for a person's browser.
        public let pageURL: String
        /// Which environment's lifetimes a standard token gets.
        public let mode: Mode

        enum CodingKeys: String, CodingKey {
            case version
            case baseURL = "base_url"
            case pageURL = "page_url"
            case mode
        }
    }

    /// The keys of a partner or of a sales unit.
    public struct Keys: Codable, Hashable, Sendable, CustomReflectable {
        /// A GUID.
        public let clientID: String
        /// Base64-looking text.
        public let clientSecret: String
        /// The secondary one, as good as the first.
        public let secondSubscriptionKey: String
        /// The primary subscription key.
        public let subscriptionKey: String

        enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case secondSubscriptionKey = "second_subscription_key"
            case subscriptionKey = "subscription_key"
        }

        /// Without secrets.
        public var customMirror: Mirror {
            Mirror(self, children: ["clientID": clientID], displayStyle: .struct)
        }
    }

    /// The keys of a partner or of a sales unit.
    public struct NewKeys: Codable, Hashable, Sendable, CustomReflectable {
        /// A GUID.
        public var clientID: String?
        /// Base64-looking text.
        public var clientSecret: String?
        /// The secondary one, as good as the first.
        public var secondSubscriptionKey: String?
        /// The primary subscription key.
        public var subscriptionKey: String?

        /// What is left out is for the emulator to say.
        public init(
            clientID: String? = nil, clientSecret: String? = nil, secondSubscriptionKey: String? = nil,
            subscriptionKey: String? = nil
        ) {
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.secondSubscriptionKey = secondSubscriptionKey
            self.subscriptionKey = subscriptionKey
        }

        enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case secondSubscriptionKey = "second_subscription_key"
            case subscriptionKey = "subscription_key"
        }

        /// Without secrets.
        public var customMirror: Mirror {
            Mirror(self, children: ["clientID": clientID as Any], displayStyle: .struct)
        }
    }

    /// A sales unit and how it is set up.
    public struct Merchant: Codable, Hashable, Sendable {
        /// Its merchant serial number.
        public let msn: String
        /// What the person reads.
        public let name: String
        /// Whether the partner may act for it.
        public let connected: Bool
        /// Whether it is not deactivated.
        public let active: Bool
        /// The merchant behind it.
        public let business: Business
        /// How its own keys authenticate at Login.
        public let loginAuthMethod: LoginAuthMethod
        /// The scopes in its plan.
        public let loginScopes: [String]
        /// Whether it is in Login's advanced tier.
        public let loginAdvancedTier: Bool
        /// What it registered.
        public let redirectURIs: [String]

        enum CodingKeys: String, CodingKey {
            case msn
            case name
            case connected
            case active
            case business
            case loginAuthMethod = "login_auth_method"
            case loginScopes = "login_scopes"
            case loginAdvancedTier = "login_advanced_tier"
            case redirectURIs = "redirect_uris"
        }
    }

    /// The emulator's clock.
    public struct Time: Codable, Hashable, Sendable {
        /// The emulator's time.
        public let now: Date
        /// Whether its clock runs.
        public let running: Bool
        /// What the log has that shows that only this clock was moved, and not the caller's; `nil` as long as nothing
        /// does.
        public let warning: String?
    }

    /// How to start the emulator.
    public struct Options: Codable, Hashable, Sendable {
        /// Whether what the documents forbid, but the service may forgive, is let through and reported instead of
        /// refused.
        public var forgiving: Bool?
        /// A file that keeps keys from one start to the next: what would be invented, and the keys that sign ID tokens.
        /// Made when it is not there. By default nothing is kept.
        public var keysFile: String?
        /// The address to listen at; 127.0.0.1 by default. With any other than a loopback address everybody who can
        /// reach this machine can read all keys and decide all logins: for containers and phones in a network of your
        /// own.
        public var listen: String?
        /// Sales units that exist and are connected to the partner from the start.
        public var merchants: [String]?
        /// Which of the two environments to imitate; decides how long standard tokens live.
        public var mode: Mode?
        /// The partner keys; invented by default.
        public var partnerKeys: NewKeys?
        /// The port; 0 takes a free one.
        public var port: Int?
        /// How it is reached from outside, such as `https://api.vipps.no` behind a proxy that ends TLS, or
        /// `http://vipps:8585` among containers: scheme, host and port, no path. Issuer, discovery, `iss`, redirects
        /// and links name it, and its host is admitted to the page and the controls. By default where it listens.
        public var publicURL: String?
        /// The size of the RSA keys that sign ID tokens.
        public var rsaBits: RsaBits?
        /// The keys for `/miami/v1/token`; invented by default.
        public var specializedKeys: NewSpecializedKeys?

        /// What is left out is for the emulator to say.
        public init(
            forgiving: Bool? = nil, keysFile: String? = nil, listen: String? = nil, merchants: [String]? = nil,
            mode: Mode? = nil, partnerKeys: NewKeys? = nil, port: Int? = nil, publicURL: String? = nil,
            rsaBits: RsaBits? = nil, specializedKeys: NewSpecializedKeys? = nil
        ) {
            self.forgiving = forgiving
            self.keysFile = keysFile
            self.listen = listen
            self.merchants = merchants
            self.mode = mode
            self.partnerKeys = partnerKeys
            self.port = port
            self.publicURL = publicURL
            self.rsaBits = rsaBits
            self.specializedKeys = specializedKeys
        }

        enum CodingKeys: String, CodingKey {
            case forgiving
            case keysFile = "keys_file"
            case listen
            case merchants
            case mode
            case partnerKeys = "partner_keys"
            case port
            case publicURL = "public_url"
            case rsaBits = "rsa_bits"
            case specializedKeys = "specialized_keys"
        }
    }

    /// A login as a person and the controls see it. Holds no code and no token.
    public struct RecordedLogin: Codable, Hashable, Sendable {
        /// What the controls name it by; the `auth_req_id` in both backchannel flows.
        public let id: String
        /// Which flow it takes.
        public let kind: LoginKind
        /// The sales unit that asks.
        public let msn: String
        /// The sales unit's name, as the person reads it.
        public let merchant: String
        /// The scopes that are granted when the person approves.
        public let scopes: [String]
        /// When it was started, on the emulator's clock.
        public let startedAt: Date
        /// From when it can no longer be decided.
        public let expiresAt: Date
        /// How far it has come.
        public let status: LoginStatus
        /// What both screens show, in the backchannel flows.
        public let bindingMessage: String?
        /// Who was asked (backchannel) or who approved (browser).
        public let msisdn: String?

        enum CodingKeys: String, CodingKey {
            case id
            case kind
            case msn
            case merchant
            case scopes
            case startedAt = "started_at"
            case expiresAt = "expires_at"
            case status
            case bindingMessage = "binding_message"
            case msisdn
        }
    }

    /// A webhook event that the emulator posted.
    public struct RecordedPing: Codable, Hashable, Sendable {
        /// The login that was decided.
        public let authReqID: String
        /// Where it went.
        public let url: String
        /// When the login was decided, on the emulator's clock.
        public let at: Date
        /// Whether it was signed.
        public let signed: Bool
        /// Why there was no reply; `nil` as long as that may change.
        public let failure: String?
        /// The status of the reply; `nil` as long as there is none.
        public let status: Int?

        enum CodingKeys: String, CodingKey {
            case authReqID = "auth_req_id"
            case url
            case at
            case signed
            case failure
            case status
        }
    }

    /// A request as it arrived, and what became of it.
    public struct RecordedRequest: Codable, Hashable, Sendable, CustomReflectable {
        /// Counts up from 1 over the emulator's life.
        public let id: Int
        /// When it arrived, on the emulator's clock.
        public let at: Date
        /// `GET`, `POST`, …
        public let method: String
        /// As sent.
        public let path: String
        /// In order of arrival; the same name may come twice.
        public let headers: [Header]
        /// As text; what is not UTF-8 is replaced.
        public let body: String
        /// The headers of the reply.
        public let replyHeaders: [Header]
        /// The body of the reply, as text.
        public let replyBody: String
        /// What was right and wrong.
        public let findings: [Finding]
        /// The body in base64, where it is not UTF-8.
        public let bodyBase64: String?
        /// What followed the question mark.
        public let query: String?
        /// The reply's; `nil` while it is outstanding and when the connection was dropped.
        public let status: Int?

        enum CodingKeys: String, CodingKey {
            case id
            case at
            case method
            case path
            case headers
            case body
            case replyHeaders = "reply_headers"
            case replyBody = "reply_body"
            case findings
            case bodyBase64 = "body_base64"
            case query
            case status
        }

        /// Without secrets.
        public var customMirror: Mirror {
            let shown: KeyValuePairs<String, Any> = [
                "id": id,
                "at": at,
                "method": method,
                "path": path,
                "headers": headers,
                "replyHeaders": replyHeaders,
                "findings": findings,
                "status": status as Any,
            ]
            return Mirror(self, children: shown, displayStyle: .struct)
        }
    }

    /// A reply, as it is to be sent.
    public struct Reply: Codable, Hashable, Sendable {
        /// The HTTP status.
        public var status: Int
        /// The body; empty by default.
        public var body: String?
        /// Headers by name.
        public var headers: [String: String]?

        /// What is left out is for the emulator to say.
        public init(status: Int, body: String? = nil, headers: [String: String]? = nil) {
            self.status = status
            self.body = body
            self.headers = headers
        }
    }

    /// Accounting or donations keys, for `/miami/v1/token`.
    public struct SpecializedKeys: Codable, Hashable, Sendable, CustomReflectable {
        /// Free text without a colon.
        public let clientID: String
        /// Base64-looking text.
        public let clientSecret: String
        /// The scopes these keys may ask for.
        public let scopes: [String]

        enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case scopes
        }

        /// Without secrets.
        public var customMirror: Mirror {
            Mirror(self, children: ["clientID": clientID, "scopes": scopes], displayStyle: .struct)
        }
    }

    /// Accounting or donations keys, for `/miami/v1/token`.
    public struct NewSpecializedKeys: Codable, Hashable, Sendable, CustomReflectable {
        /// Free text without a colon.
        public var clientID: String?
        /// Base64-looking text.
        public var clientSecret: String?
        /// The scopes these keys may ask for.
        public var scopes: [String]?

        /// What is left out is for the emulator to say.
        public init(clientID: String? = nil, clientSecret: String? = nil, scopes: [String]? = nil) {
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.scopes = scopes
        }

        enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case scopes
        }

        /// Without secrets.
        public var customMirror: Mirror {
            Mirror(self, children: ["clientID": clientID as Any, "scopes": scopes as Any], displayStyle: .struct)
        }
    }

    /// A person with a phone. All of it is invented; what is left out is as Kari Fixture has it.
    public struct User: Codable, Hashable, Sendable {
        /// The phone number: 8 to 15 digits with country code, no `+`. It names the person in all controls.
        public let msisdn: String
        /// The first one is the claim `address`, the others are `other_addresses`. None at all is possible.
        public let addresses: [Address]
        /// The claim `agreement`, for logins by phone number with that scope; invented by default.
        public let agreement: JSON?
        /// The state of the Vipps app on the phone.
        public let app: App
        /// `YYYY-MM-DD`.
        public let birthdate: String
        /// What `urn:customer-token:` in a login hint may name the person by.
        public let customerToken: String?
        /// E-mail address.
        public let email: String
        /// Whether the address is verified: always in production.
        public let emailVerified: Bool
        /// Last name.
        public let familyName: String
        /// The claim `flowResult`, for logins with the scope `customFlow`; invented by default.
        public let flowResult: JSON?
        /// Free text; in test mode the service has no such claim.
        public let gender: String?
        /// First name.
        public let givenName: String
        /// More claims for userinfo, whatever the scopes.
        public let moreClaims: [String: JSON]
        /// National identity number; sales units need an approval for it.
        public let nin: String?
        /// What the person's `sub` at each sales unit is derived from; the phone number by default. Set it to the old
        /// number when the number changes, and the `sub` stays, as it does with the service.
        public let person: String?

        enum CodingKeys: String, CodingKey {
            case msisdn
            case addresses
            case agreement
            case app
            case birthdate
            case customerToken = "customer_token"
            case email
            case emailVerified = "email_verified"
            case familyName = "family_name"
            case flowResult = "flow_result"
            case gender
            case givenName = "given_name"
            case moreClaims = "more_claims"
            case nin
            case person
        }
    }
}

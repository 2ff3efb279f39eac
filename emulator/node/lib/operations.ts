// Generated from emulator/openapi.json by scripts/generate.mjs: change the description there.

import { MOMENT, SPAN, type Members, type Shape } from './shapes.js'

/**
 * Kind of address.
 *
 * - `home`: `home`.
 * - `work`: `work`.
 * - `other`: `other`.
 */
export type AddressKind =
  | 'home'
  | 'work'
  | 'other'

/**
 * State of the app.
 *
 * - `current`: It can log in.
 * - `outdated`: Too old: `old_app` from the backchannel, `outdated_app_version` in the browser flow.
 * - `inactive`: The account is inactive or the person under 15: `invalid_user` from the backchannel, and no such user for
 * user-exists.
 */
export type App =
  | 'current'
  | 'outdated'
  | 'inactive'

/**
 * Name of the auth_req_id claim.
 *
 * - `auth_req_id`: `auth_req_id`, as the documents' text has it.
 * - `authReqId`: `authReqId`, as their sample has it.
 * - `urn:openid:params:jwt:claim:auth_req_id`: `urn:openid:params:jwt:claim:auth_req_id`, as the standard has it.
 */
export type AuthReqIdName =
  | 'auth_req_id'
  | 'authReqId'
  | 'urn:openid:params:jwt:claim:auth_req_id'

/**
 * Encoding of Basic.
 *
 * - `any`: Raw and form-encoded alike; raw is reported where it makes a difference.
 * - `raw`: Raw only, as Vipps' own examples have it.
 * - `form`: Form-encoded only (RFC 6749 section 2.3.1), as the server behind Login's token endpoint reads it.
 */
export type BasicEncoding =
  | 'any'
  | 'raw'
  | 'form'

/**
 * Reason for a refusal.
 *
 * - `unknown_operation`: There is no operation of that name.
 * - `invalid_input`: A member is missing, unknown, of the wrong type or out of bounds, or it does not fit what is there.
 * - `not_found`: There is no such sales unit, login or person.
 */
export type ControlErrorKind =
  | 'unknown_operation'
  | 'invalid_input'
  | 'not_found'

/**
 * Discovery document.
 *
 * - `newest`: That of today's documents: short lists, `S256` alone.
 * - `older`: That of older snapshots: more members, more scopes, `plain` beside `S256`.
 */
export type DiscoveryDocument =
  | 'newest'
  | 'older'

/**
 * Endpoint.
 *
 * - `standard_token`: `POST /accesstoken/get`, in any letter case.
 * - `specialized_token`: `POST /miami/v1/token`.
 * - `discovery`: `GET /access-management-1.0/access/.well-known/openid-configuration`.
 * - `jwks`: `GET /access-management-1.0/access/.well-known/jwks.json`.
 * - `authorize`: `GET /access-management-1.0/access/oauth2/auth`: the start of the browser flow.
 * - `login_token`: `POST /access-management-1.0/access/oauth2/token`: the end of every Login flow.
 * - `userinfo`: `GET /vipps-userinfo-api/userinfo`, with or without a slash at the end.
 * - `backchannel`: `POST /vipps-login-ciba/api/backchannel/authentication`: the start of a login by phone number.
 * - `user_exists`: `POST /vipps-login-ciba/api/v1/user-exists`.
 * - `payments`: `GET` and `POST` at `/epayment/v1/payments` and below: a standard API, called for one merchant.
 * - `revocation`: `POST /access-management-1.0/access/oauth2/revoke`: ends a Login token (RFC 7009).
 * - `sales_units`: `GET /management/v1/sales-units`, `/management/v1/sales-units/{msn}` and
 * `/management/v1/merchants/{scheme}/{id}/sales-units`: a standard API, called for no merchant in particular.
 * - `ledgers`: `GET /settlement/v1/ledgers`: for specialised tokens, and for a sales unit's own.
 * - `donations`: `GET /donations/v1/reports/payments`: for specialised tokens with the scope `donations:read`, and for
 * partners.
 */
export type Endpoint =
  | 'standard_token'
  | 'specialized_token'
  | 'discovery'
  | 'jwks'
  | 'authorize'
  | 'login_token'
  | 'userinfo'
  | 'backchannel'
  | 'user_exists'
  | 'payments'
  | 'revocation'
  | 'sales_units'
  | 'ledgers'
  | 'donations'

/**
 * Shape of an error.
 *
 * - `aad`: Azure AD: `error`, `error_description`, `error_codes`, trace ids.
 * - `oauth`: OAuth (RFC 6749 section 5.2): `error`, `error_description`.
 * - `apim`: Azure API Management: `statusCode`, `message`.
 * - `gateway_legacy`: The gateway's older voice: `responseInfo`, `result`.
 * - `problem`: RFC 9457 problem details.
 * - `ecom_list`: An array of `errorGroup`, `errorCode`, `errorMessage`.
 * - `strings`: An array of strings.
 * - `text`: Plain text.
 * - `html`: A web page.
 * - `firewall`: The web page of the firewall in front of all APIs, which some harmless requests meet with 403.
 * - `empty`: No body at all.
 */
export type ErrorShape =
  | 'aad'
  | 'oauth'
  | 'apim'
  | 'gateway_legacy'
  | 'problem'
  | 'ecom_list'
  | 'strings'
  | 'text'
  | 'html'
  | 'firewall'
  | 'empty'

/**
 * Number of fields.
 *
 * - `seven`: All seven of the specification.
 * - `four`: The four of the newest documents: `token_type`, `expires_in`, `expires_on`, `access_token`.
 */
export type Fields =
  | 'seven'
  | 'four'

/**
 * Way to authenticate.
 *
 * - `client_secret_basic`: `client_secret_basic`, the service's default; partners can act only for sales units set to it.
 * - `client_secret_post`: `client_secret_post`.
 */
export type LoginAuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'

/**
 * Kind of login.
 *
 * - `browser`: Through `/oauth2/auth`.
 * - `backchannel`: By phone number, finished by polling.
 * - `backchannel_redirect`: By phone number, finished on a web page that the phone opens.
 */
export type LoginKind =
  | 'browser'
  | 'backchannel'
  | 'backchannel_redirect'

/**
 * Status of a login.
 *
 * - `pending`: No person has decided.
 * - `approved`: Approved, and not exchanged for tokens yet.
 * - `denied`: Denied, or ended with another error.
 * - `expired`: Nobody decided, or nobody asked for the tokens, in time.
 * - `completed`: Exchanged for tokens.
 */
export type LoginStatus =
  | 'pending'
  | 'approved'
  | 'denied'
  | 'expired'
  | 'completed'

/**
 * Mishap.
 *
 * - `drop_before_reading`: The connection is dropped with the body unread; nothing was done.
 * - `drop_after_reading`: The request is served, then the connection is dropped instead of the reply: the caller can't
 * know.
 * - `hang`: No reply until `releaseHung`; then the request is served.
 */
export type Mishap =
  | 'drop_before_reading'
  | 'drop_after_reading'
  | 'hang'

/**
 * Mode.
 *
 * - `production`: 86,398 seconds, `ext_expires_in` `0`. The default, since partner keys exist only there.
 * - `test`: 3,599 seconds, `ext_expires_in` the same. What the real test environment lacks still works here, and is
 * reported.
 */
export type Mode =
  | 'production'
  | 'test'

/**
 * Spelling of numbers.
 *
 * - `as_documented`: Strings from `/accesstoken/get`, a number from `/miami/v1/token`: what the documents show.
 * - `strings`: Strings from both.
 * - `numbers`: Numbers from both.
 */
export type Numbers =
  | 'as_documented'
  | 'strings'
  | 'numbers'

/**
 * Refusal of a partner's token.
 *
 * - `oauth`: The server behind: 401 `invalid_client`.
 * - `gateway`: The gateway in front: 401 in the shape of Azure API Management.
 */
export type PartnerTokenRefusal =
  | 'oauth'
  | 'gateway'

/**
 * Size of RSA keys.
 *
 * - `2048`: 2,048 bits: quick to make, the default.
 * - `3072`: 3,072 bits.
 * - `4096`: 4,096 bits, as in the documents' sample; takes seconds to make.
 */
export type RsaBits =
  | 2048
  | 3072
  | 4096

/**
 * Fate of scopes outside the plan.
 *
 * - `dropped`: Left out without a word, as the newest documents say; the log has it.
 * - `refused`: `invalid_scope`, as older ones say.
 */
export type ScopeOutsidePlan =
  | 'dropped'
  | 'refused'

/**
 * Signer.
 *
 * - `current`: The key that signs now.
 * - `withdrawn`: The key that was withdrawn last, under its own `kid`; if none was, one that never was published.
 * - `unknown`: A key that never was published, under its own `kid`.
 * - `forger`: A key that never was published, under the `kid` of the current one.
 * - `public_key_hmac`: An HMAC keyed with the current RSA public key in PEM, `alg` `HS256`.
 * - `nobody`: Nobody: `alg` `none`, the signature empty.
 */
export type SignedBy =
  | 'current'
  | 'withdrawn'
  | 'unknown'
  | 'forger'
  | 'public_key_hmac'
  | 'nobody'

/**
 * Algorithm.
 *
 * - `RS256`: RSA with SHA-256, as in the browser flow.
 * - `ES256`: ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.
 */
export type SigningAlg =
  | 'RS256'
  | 'ES256'

/**
 * Subscription key.
 *
 * - `primary`: The first.
 * - `secondary`: The second.
 */
export type SubscriptionKey =
  | 'primary'
  | 'secondary'

/**
 * Kind of token.
 *
 * - `standard`: From `/accesstoken/get`.
 * - `specialized`: From `/miami/v1/token`.
 * - `login`: From Login's token endpoint, less those of the backchannel's polling, which say 300 seconds. Opens userinfo
 * for ten minutes at most.
 */
export type TokenKind =
  | 'standard'
  | 'specialized'
  | 'login'

/**
 * Verdict.
 *
 * - `right`: As the documents want it.
 * - `tolerated`: Let through, but the documents advise against it or the service might not.
 * - `refused`: The reason for which the request was refused.
 * - `staged`: Not the request's doing: a control of the emulator had its way.
 * - `person`: Not the request's doing: the person has not decided yet, said no, or let the time pass.
 */
export type Verdict =
  | 'right'
  | 'tolerated'
  | 'refused'
  | 'staged'
  | 'person'

/** A postal address. */
export interface Address {
  /** Two letters. */
  country: string
  /** What it is to the person. */
  kind: AddressKind
  /** Postal code. */
  postalCode: string
  /** Place. */
  region: string
  /** Street and number; floor or flat after a line feed. */
  streetAddress: string
}

/** The merchant behind a sales unit, by its number in a register of businesses. */
export interface Business {
  /** The register, such as `NO:ORG`. */
  scheme: string
  /** The number in it. */
  id: string
}

/** One thing to say about a request. Holds no secret. */
export interface Finding {
  /** What the check came to. */
  verdict: Verdict
  /** The header, field or part of the request. */
  about: string
  /** What was right, or what was wrong and how to mend it. */
  text: string
}

/** A header of a request or a reply. */
export interface Header {
  /** In lower case. */
  name: string
  /** As it came. */
  value: string
}

/** Where an emulator is and what it imitates. */
export interface EmulatorInfo {
  /** The emulator's version. */
  version: string
  /** Where it is reached, without a slash at the end. */
  baseUrl: string
  /** The page for a person's browser. */
  pageUrl: string
  /** Which environment's lifetimes a standard token gets. */
  mode: Mode
}

/** A set of keys (RFC 7517). */
export interface KeySet {
  /** Newest first. */
  keys: { [name: string]: unknown }[]
}

/** The keys of a partner or of a sales unit. */
export interface Keys {
  /** A GUID. */
  clientId: string
  /** Base64-looking text. */
  clientSecret: string
  /** The secondary one, as good as the first. */
  secondSubscriptionKey: string
  /** The primary subscription key. */
  subscriptionKey: string
}

/** A sales unit and how it is set up. */
export interface Merchant {
  /** Its merchant serial number. */
  msn: string
  /** What the person reads. */
  name: string
  /** Whether the partner may act for it. */
  connected: boolean
  /** Whether it is not deactivated. */
  active: boolean
  /** The merchant behind it. */
  business: Business
  /** How its own keys authenticate at Login. */
  loginAuthMethod: LoginAuthMethod
  /** The scopes in its plan. */
  loginScopes: string[]
  /** Whether it is in Login's advanced tier. */
  loginAdvancedTier: boolean
  /** What it registered. */
  redirectUris: string[]
}

/** The emulator's clock. */
export interface EmulatorTime {
  /** The emulator's time. */
  now: Date
  /** Whether its clock runs. */
  running: boolean
  /** What the log has that shows that only this clock was moved, and not the caller's; `undefined` as long as nothing does. */
  warning?: string
}

/** A login as a person and the controls see it. Holds no code and no token. */
export interface RecordedLogin {
  /** What the controls name it by; the `auth_req_id` in both backchannel flows. */
  id: string
  /** Which flow it takes. */
  kind: LoginKind
  /** The sales unit that asks. */
  msn: string
  /** The sales unit's name, as the person reads it. */
  merchant: string
  /** The scopes that are granted when the person approves. */
  scopes: string[]
  /** When it was started, on the emulator's clock. */
  startedAt: Date
  /** From when it can no longer be decided. */
  expiresAt: Date
  /** How far it has come. */
  status: LoginStatus
  /** What both screens show, in the backchannel flows. */
  bindingMessage?: string
  /** Who was asked (backchannel) or who approved (browser). */
  msisdn?: string
}

/** A webhook event that the emulator posted. */
export interface RecordedPing {
  /** The login that was decided. */
  authReqId: string
  /** Where it went. */
  url: string
  /** When the login was decided, on the emulator's clock. */
  at: Date
  /** Whether it was signed. */
  signed: boolean
  /** Why there was no reply; `undefined` as long as that may change. */
  failure?: string
  /** The status of the reply; `undefined` as long as there is none. */
  status?: number
}

/** A request as it arrived, and what became of it. */
export interface RecordedRequest {
  /** Counts up from 1 over the emulator's life. */
  id: number
  /** When it arrived, on the emulator's clock. */
  at: Date
  /** `GET`, `POST`, … */
  method: string
  /** As sent. */
  path: string
  /** In order of arrival; the same name may come twice. */
  headers: Header[]
  /** As text; what is not UTF-8 is replaced. */
  body: string
  /** The headers of the reply. */
  replyHeaders: Header[]
  /** The body of the reply, as text. */
  replyBody: string
  /** What was right and wrong. */
  findings: Finding[]
  /** The body in base64, where it is not UTF-8. */
  bodyBase64?: string
  /** What followed the question mark. */
  query?: string
  /** The reply's; `undefined` while it is outstanding and when the connection was dropped. */
  status?: number
}

/** Accounting or donations keys, for `/miami/v1/token`. */
export interface SpecializedKeys {
  /** Free text without a colon. */
  clientId: string
  /** Base64-looking text. */
  clientSecret: string
  /** The scopes these keys may ask for. */
  scopes: string[]
}

/** A person with a phone. All of it is invented; what is left out is as Kari Fixture has it. */
export interface User {
  /** The phone number: 8 to 15 digits with country code, no `+`. It names the person in all controls. */
  msisdn: string
  /** The first one is the claim `address`, the others are `other_addresses`. None at all is possible. */
  addresses: Address[]
  /** The claim `agreement`, for logins by phone number with that scope; invented by default. */
  agreement?: unknown
  /** The state of the Vipps app on the phone. */
  app: App
  /** `YYYY-MM-DD`. */
  birthdate: string
  /** What `urn:customer-token:` in a login hint may name the person by. */
  customerToken?: string
  /** E-mail address. */
  email: string
  /** Whether the address is verified: always in production. */
  emailVerified: boolean
  /** Last name. */
  familyName: string
  /** The claim `flowResult`, for logins with the scope `customFlow`; invented by default. */
  flowResult?: unknown
  /** Free text; in test mode the service has no such claim. */
  gender?: string
  /** First name. */
  givenName: string
  /** More claims for userinfo, whatever the scopes. */
  moreClaims: { [name: string]: unknown }
  /** National identity number; sales units need an approval for it. */
  nin?: string
  /**
   * What the person's `sub` at each sales unit is derived from; the phone number by default. Set it to the old number when
   * the number changes, and the `sub` stays, as it does with the service.
   */
  person?: string
}

/** A postal address. */
export interface NewAddress {
  /** Two letters. */
  country?: string | undefined
  /** What it is to the person. */
  kind?: AddressKind | undefined
  /** Postal code. */
  postalCode?: string | undefined
  /** Place. */
  region?: string | undefined
  /** Street and number; floor or flat after a line feed. */
  streetAddress?: string | undefined
}

/** The keys of a partner or of a sales unit. */
export interface NewKeys {
  /** A GUID. */
  clientId?: string | undefined
  /** Base64-looking text. */
  clientSecret?: string | undefined
  /** The secondary one, as good as the first. */
  secondSubscriptionKey?: string | undefined
  /** The primary subscription key. */
  subscriptionKey?: string | undefined
}

/** How to start the emulator. */
export interface EmulatorOptions {
  /** Whether what the documents forbid, but the service may forgive, is let through and reported instead of refused. */
  forgiving?: boolean | undefined
  /**
   * A file that keeps keys from one start to the next: what would be invented, and the keys that sign ID tokens. Made when
   * it is not there. By default nothing is kept.
   */
  keysFile?: string | undefined
  /**
   * The address to listen at; 127.0.0.1 by default. With any other than a loopback address everybody who can reach this
   * machine can read all keys and decide all logins: for containers and phones in a network of your own.
   */
  listen?: string | undefined
  /** Sales units that exist and are connected to the partner from the start. */
  merchants?: string[] | undefined
  /** Which of the two environments to imitate; decides how long standard tokens live. */
  mode?: Mode | undefined
  /** The partner keys; invented by default. */
  partnerKeys?: NewKeys | undefined
  /** The port; 0 takes a free one. */
  port?: number | undefined
  /**
   * How it is reached from outside, such as `https://api.vipps.no` behind a proxy that ends TLS, or `http://vipps:8585`
   * among containers: scheme, host and port, no path. Issuer, discovery, `iss`, redirects and links name it, and its host
   * is admitted to the page and the controls. By default where it listens.
   */
  publicUrl?: string | undefined
  /** The size of the RSA keys that sign ID tokens. */
  rsaBits?: RsaBits | undefined
  /** The keys for `/miami/v1/token`; invented by default. */
  specializedKeys?: NewSpecializedKeys | undefined
}

/** A reply, as it is to be sent. */
export interface Reply {
  /** The HTTP status. */
  status: number
  /** The body; empty by default. */
  body?: string | undefined
  /** Headers by name. */
  headers?: { [name: string]: string } | undefined
}

/** Accounting or donations keys, for `/miami/v1/token`. */
export interface NewSpecializedKeys {
  /** Free text without a colon. */
  clientId?: string | undefined
  /** Base64-looking text. */
  clientSecret?: string | undefined
  /** The scopes these keys may ask for. */
  scopes?: string[] | undefined
}

/**
 * Options of {@link Operations.addMerchant}.
 *
 * A sales unit as it is to be; what is left out stays as it is, or is invented for a new one.
 */
export interface AddMerchantOptions {
  /** The merchant behind it, by its number in a register of businesses; invented by default. */
  business?: Business | undefined
  /** Its own keys; parts that are left out are invented. */
  keys?: NewKeys | undefined
  /** Whether it is in Login's advanced tier; yes by default. */
  loginAdvancedTier?: boolean | undefined
  /** How its own keys authenticate at Login; Basic by default. */
  loginAuthMethod?: LoginAuthMethod | undefined
  /** The scopes in its plan; by default all there are. */
  loginScopes?: string[] | undefined
  /** The name that the person reads; `Merchant` and the MSN by default. */
  name?: string | undefined
  /** Redirect URIs to register, beside those that are registered already. */
  redirectUris?: string[] | undefined
}

/**
 * Options of {@link Operations.addUser}.
 *
 * A person with a phone. All of it is invented; what is left out is as Kari Fixture has it.
 */
export interface AddUserOptions {
  /** The first one is the claim `address`, the others are `other_addresses`. None at all is possible. */
  addresses?: NewAddress[] | undefined
  /** The claim `agreement`, for logins by phone number with that scope; invented by default. */
  agreement?: unknown | undefined
  /** The state of the Vipps app on the phone. */
  app?: App | undefined
  /** `YYYY-MM-DD`. */
  birthdate?: string | undefined
  /** What `urn:customer-token:` in a login hint may name the person by. */
  customerToken?: string | undefined
  /** E-mail address. */
  email?: string | undefined
  /** Whether the address is verified: always in production. */
  emailVerified?: boolean | undefined
  /** Last name. */
  familyName?: string | undefined
  /** The claim `flowResult`, for logins with the scope `customFlow`; invented by default. */
  flowResult?: unknown | undefined
  /** Free text; in test mode the service has no such claim. */
  gender?: string | undefined
  /** First name. */
  givenName?: string | undefined
  /** More claims for userinfo, whatever the scopes. */
  moreClaims?: { [name: string]: unknown } | undefined
  /** National identity number; sales units need an approval for it. */
  nin?: string | undefined
  /**
   * What the person's `sub` at each sales unit is derived from; the phone number by default. Set it to the old number when
   * the number changes, and the `sub` stays, as it does with the service.
   */
  person?: string | undefined
}

/**
 * Options of {@link Operations.bendNextIdToken}.
 *
 * What is changed about the next ID token of a login.
 */
export interface BendNextIdTokenOptions {
  /** The access token that came along, from which `at_hash` is computed. */
  accessToken?: string | undefined
  /** The authentication context. */
  acr?: string | undefined
  /** The algorithm, and with it which of the two current keys signs. */
  alg?: SigningAlg | undefined
  /** The id of the backchannel request, by the name of its claim; several names at once are possible. */
  authReqId?: { [name: string]: string } | undefined
  /** Any claims with any values, also over what the other members say. */
  claims?: { [name: string]: unknown } | undefined
  /** Any members of the header with any values. */
  header?: { [name: string]: unknown } | undefined
  /** How long the token is valid from now; an hour by default. In milliseconds. */
  lifetime?: number | undefined
  /** The `nonce`. */
  nonce?: string | undefined
  /** Who signs. */
  signedBy?: SignedBy | undefined
  /** The person; by default the one who logged in, or Kari Fixture. */
  subject?: string | undefined
  /** Claims to leave out. */
  withoutClaims?: string[] | undefined
  /** Members of the header to leave out. */
  withoutHeader?: string[] | undefined
}

/** Options of {@link Operations.discovery}. */
export interface DiscoveryOptions {
  /** Which document; the newest by default. */
  document?: DiscoveryDocument | undefined
  /** Whether it names the `revocation_endpoint`; yes by default. */
  revocation?: boolean | undefined
}

/**
 * Options of {@link Operations.failNext}.
 *
 * Exactly one of `status`, `kind` and `delay` says what happens.
 */
export interface FailNextOptions {
  /** The request is served after this much real time. In milliseconds. */
  delay?: number | undefined
  /** The OAuth error code, with `status`, in the shapes that have one. */
  error?: string | undefined
  /** Something worse than an error reply. */
  kind?: Mishap | undefined
  /** The `Retry-After` header, with `status`: seconds or an HTTP date. */
  retryAfter?: number | string | undefined
  /** The shape of the error's body, with `status`; `apim` by default. */
  shape?: ErrorShape | undefined
  /** An error reply with this HTTP status; nothing is done. */
  status?: number | undefined
  /** How many of them; one by default. */
  times?: number | undefined
}

/**
 * Options of {@link Operations.mintIdToken}.
 *
 * An ID token for a sales unit, good except for what you change.
 */
export interface MintIdTokenOptions {
  /** The access token that came along, from which `at_hash` is computed. */
  accessToken?: string | undefined
  /** The authentication context. */
  acr?: string | undefined
  /** The algorithm, and with it which of the two current keys signs. */
  alg?: SigningAlg | undefined
  /** The id of the backchannel request, by the name of its claim; several names at once are possible. */
  authReqId?: { [name: string]: string } | undefined
  /** Any claims with any values, also over what the other members say. */
  claims?: { [name: string]: unknown } | undefined
  /** Any members of the header with any values. */
  header?: { [name: string]: unknown } | undefined
  /** How long the token is valid from now; an hour by default. In milliseconds. */
  lifetime?: number | undefined
  /** The `nonce`. */
  nonce?: string | undefined
  /** Who signs. */
  signedBy?: SignedBy | undefined
  /** The person; by default the one who logged in, or Kari Fixture. */
  subject?: string | undefined
  /** Claims to leave out. */
  withoutClaims?: string[] | undefined
  /** Members of the header to leave out. */
  withoutHeader?: string[] | undefined
}

/** Options of {@link Operations.pingUrl}. */
export interface PingUrlOptions {
  /** The secret of the registration; without it pings are not signed. */
  secret?: string | undefined
  /** Where pings go; `undefined` or nothing ends them. */
  url?: string | undefined
  /** The id of the registration; invented by default. */
  webhookId?: string | undefined
  /** Whether the body names the merchant, as for a registration without an MSN. */
  wholePartner?: boolean | undefined
}

/** Options of {@link Operations.signWebhook}. */
export interface SignWebhookOptions {
  /** Where it is posted. */
  url: string
  /** The secret of the registration. */
  secret: string
  /** The body, byte for byte. */
  body: string
  /** The id of the registration; invented by default. */
  webhookId?: string | undefined
}

const ADDRESS: Members = {
  country: ['country'],
  kind: ['kind'],
  postalCode: ['postal_code'],
  region: ['region'],
  streetAddress: ['street_address'],
}

const ADVANCE: Members = {
  seconds: ['seconds', SPAN],
}

const ADVANCED_TIER: Members = {
  msn: ['msn'],
  on: ['on'],
}

const AFTER_ID: Members = {
  after: ['after'],
}

const APPROVE: Members = {
  id: ['id'],
  msisdn: ['msisdn'],
}

const AT_PATH: Members = {
  path: ['path'],
}

const AUTH_METHOD: Members = {
  msn: ['msn'],
  method: ['method'],
}

const AUTO_DENY: Members = {
  error: ['error'],
}

const BASIC_AT: Members = {
  endpoint: ['endpoint'],
  encoding: ['encoding'],
}

const BEND_NEXT_ID_TOKEN: Members = {
  accessToken: ['access_token'],
  acr: ['acr'],
  alg: ['alg'],
  authReqId: ['auth_req_id'],
  claims: ['claims'],
  header: ['header'],
  lifetime: ['lifetime', SPAN],
  nonce: ['nonce'],
  signedBy: ['signed_by'],
  subject: ['subject'],
  withoutClaims: ['without_claims'],
  withoutHeader: ['without_header'],
}

const BUSINESS: Members = {
  scheme: ['scheme'],
  id: ['id'],
}

const CACHE_CONTROL: Members = {
  value: ['value'],
}

const CONSENT_REVOKED: Members = {
  msn: ['msn'],
  msisdn: ['msisdn'],
}

const DENY: Members = {
  id: ['id'],
  error: ['error'],
}

const DISCOVERY: Members = {
  document: ['document'],
  revocation: ['revocation'],
}

const ENVIRONMENT_OF: Members = {
  msn: ['msn'],
}

const FAIL_NEXT: Members = {
  endpoint: ['endpoint'],
  delay: ['delay', SPAN],
  error: ['error'],
  kind: ['kind'],
  retryAfter: ['retry_after'],
  shape: ['shape'],
  status: ['status'],
  times: ['times'],
}

const FIELDS_OF: Members = {
  fields: ['fields'],
}

const FINDING: Members = {
  verdict: ['verdict'],
  about: ['about'],
  text: ['text'],
}

const HEADER: Members = {
  name: ['name'],
  value: ['value'],
}

const INFO: Members = {
  version: ['version'],
  baseUrl: ['base_url'],
  pageUrl: ['page_url'],
  mode: ['mode'],
}

const KEY_SET: Members = {
  keys: ['keys'],
}

const KEYS: Members = {
  clientId: ['client_id'],
  clientSecret: ['client_secret'],
  secondSubscriptionKey: ['second_subscription_key'],
  subscriptionKey: ['subscription_key'],
}

const LATENCY: Members = {
  endpoint: ['endpoint'],
  seconds: ['seconds', SPAN],
}

const MERCHANT: Members = {
  msn: ['msn'],
  name: ['name'],
  connected: ['connected'],
  active: ['active'],
  business: ['business', { members: () => BUSINESS }],
  loginAuthMethod: ['login_auth_method'],
  loginScopes: ['login_scopes'],
  loginAdvancedTier: ['login_advanced_tier'],
  redirectUris: ['redirect_uris'],
}

const MINT_ID_TOKEN: Members = {
  msn: ['msn'],
  accessToken: ['access_token'],
  acr: ['acr'],
  alg: ['alg'],
  authReqId: ['auth_req_id'],
  claims: ['claims'],
  header: ['header'],
  lifetime: ['lifetime', SPAN],
  nonce: ['nonce'],
  signedBy: ['signed_by'],
  subject: ['subject'],
  withoutClaims: ['without_claims'],
  withoutHeader: ['without_header'],
}

const NAME_MERCHANT: Members = {
  msn: ['msn'],
  name: ['name'],
}

const NAME_OF_ID: Members = {
  name: ['name'],
}

const NEW_MERCHANT: Members = {
  msn: ['msn'],
  business: ['business', { members: () => BUSINESS }],
  keys: ['keys', { members: () => KEYS }],
  loginAdvancedTier: ['login_advanced_tier'],
  loginAuthMethod: ['login_auth_method'],
  loginScopes: ['login_scopes'],
  name: ['name'],
  redirectUris: ['redirect_uris'],
}

const NOW: Members = {
  now: ['now', MOMENT],
  running: ['running'],
  warning: ['warning'],
}

const NUMBERS_OF: Members = {
  numbers: ['numbers'],
}

const OF_LOGIN: Members = {
  id: ['id'],
}

const OF_MERCHANT: Members = {
  msn: ['msn'],
}

const OF_PERSON: Members = {
  msisdn: ['msisdn'],
}

/** @internal */
export const OPTIONS: Members = {
  forgiving: ['forgiving'],
  keysFile: ['keys_file'],
  listen: ['listen'],
  merchants: ['merchants'],
  mode: ['mode'],
  partnerKeys: ['partner_keys', { members: () => KEYS }],
  port: ['port'],
  publicUrl: ['public_url'],
  rsaBits: ['rsa_bits'],
  specializedKeys: ['specialized_keys', { members: () => SPECIALIZED_KEYS }],
}

const OUTSIDE_PLAN: Members = {
  outside: ['outside'],
}

const PING_URL: Members = {
  secret: ['secret'],
  url: ['url'],
  webhookId: ['webhook_id'],
  wholePartner: ['whole_partner'],
}

const RECORDED_LOGIN: Members = {
  id: ['id'],
  kind: ['kind'],
  msn: ['msn'],
  merchant: ['merchant'],
  scopes: ['scopes'],
  startedAt: ['started_at', MOMENT],
  expiresAt: ['expires_at', MOMENT],
  status: ['status'],
  bindingMessage: ['binding_message'],
  msisdn: ['msisdn'],
}

const RECORDED_PING: Members = {
  authReqId: ['auth_req_id'],
  url: ['url'],
  at: ['at', MOMENT],
  signed: ['signed'],
  failure: ['failure'],
  status: ['status'],
}

const RECORDED_REQUEST: Members = {
  id: ['id'],
  at: ['at', MOMENT],
  method: ['method'],
  path: ['path'],
  headers: ['headers', { each: { members: () => HEADER } }],
  body: ['body'],
  replyHeaders: ['reply_headers', { each: { members: () => HEADER } }],
  replyBody: ['reply_body'],
  findings: ['findings', { each: { members: () => FINDING } }],
  bodyBase64: ['body_base64'],
  query: ['query'],
  status: ['status'],
}

const REFUSED_BY: Members = {
  by: ['by'],
}

const REGISTER_REDIRECT_URI: Members = {
  msn: ['msn'],
  redirectUri: ['redirect_uri'],
}

const REPLY: Members = {
  status: ['status'],
  body: ['body'],
  headers: ['headers'],
}

const SCOPES: Members = {
  msn: ['msn'],
  scopes: ['scopes'],
}

const SCRIPT: Members = {
  path: ['path'],
  replies: ['replies', { each: { members: () => REPLY } }],
}

const SET_TIME: Members = {
  at: ['at', MOMENT],
}

const SIGN_WEBHOOK: Members = {
  url: ['url'],
  secret: ['secret'],
  body: ['body'],
  webhookId: ['webhook_id'],
}

const SPECIALIZED_KEYS: Members = {
  clientId: ['client_id'],
  clientSecret: ['client_secret'],
  scopes: ['scopes'],
}

const SWITCH: Members = {
  on: ['on'],
}

const TAKE_DOWN: Members = {
  endpoint: ['endpoint'],
  down: ['down'],
}

const TOKEN_LIFETIME: Members = {
  kind: ['kind'],
  seconds: ['seconds', SPAN],
}

const USER: Members = {
  msisdn: ['msisdn'],
  addresses: ['addresses', { each: { members: () => ADDRESS } }],
  agreement: ['agreement'],
  app: ['app'],
  birthdate: ['birthdate'],
  customerToken: ['customer_token'],
  email: ['email'],
  emailVerified: ['email_verified'],
  familyName: ['family_name'],
  flowResult: ['flow_result'],
  gender: ['gender'],
  givenName: ['given_name'],
  moreClaims: ['more_claims'],
  nin: ['nin'],
  person: ['person'],
}

const WAITING_LIMIT: Members = {
  logins: ['logins'],
}

const WHICH: Members = {
  which: ['which'],
}

/** Everything that steers and reads a running emulator: one method for each operation of its door. */
export abstract class Operations {
  /** @internal */
  abstract run(operation: string, takes: Members, members: object, options?: object | undefined, gives?: Shape | undefined): Promise<never>

  /**
   * Whether `/miami/v1/token` takes form-encoded parts beside raw ones: `basicEncoding` with `any`, or `raw` when off.
   *
   * @param on On by default.
   */
  async acceptFormEncodedBasic(on?: boolean | undefined): Promise<void> {
    await this.run('accept_form_encoded_basic', SWITCH, { on })
  }

  /**
   * Adds a sales unit that is connected to the partner, or changes, connects and activates one that is there. Gives its
   * keys.
   *
   * @param msn Its merchant serial number.
   */
  async addMerchant(msn: string, options?: AddMerchantOptions | undefined): Promise<Keys> {
    return await this.run('add_merchant', NEW_MERCHANT, { msn }, options, { members: () => KEYS })
  }

  /**
   * Adds a person, or replaces the one with this phone number. What is left out is as Kari Fixture has it.
   *
   * @param msisdn The phone number: 8 to 15 digits with country code, no `+`. It names the person in all controls.
   */
  async addUser(msisdn: string, options?: AddUserOptions | undefined): Promise<void> {
    await this.run('add_user', USER, { msisdn }, options)
  }

  /**
   * Moves the emulator's clock ahead.
   *
   * @param milliseconds How far. In milliseconds.
   */
  async advance(milliseconds: number): Promise<EmulatorTime> {
    return await this.run('advance', ADVANCE, { seconds: milliseconds }, undefined, { members: () => NOW })
  }

  /**
   * A person approves a login.
   *
   * @param id The login.
   * @param msisdn Who approves; by default who was asked, or in the browser flow the first person there is.
   */
  async approve(id: string, msisdn?: string | undefined): Promise<string | undefined> {
    const given: { url?: string } = await this.run('approve', APPROVE, { id, msisdn }, undefined, { members: () => ({ url: ['url'] }) })
    return given.url
  }

  /** A person decides again. */
  async askPerson(): Promise<void> {
    await this.run('ask_person', {}, {})
  }

  /**
   * Under which name ID tokens of the backchannel's redirect variant carry the id of the request.
   *
   * @param name The claim's name.
   */
  async authReqIdName(name: AuthReqIdName): Promise<void> {
    await this.run('auth_req_id_name', NAME_OF_ID, { name })
  }

  /**
   * From now on this person approves every login in the browser at once.
   *
   * @param msisdn The person's phone number.
   */
  async autoApprove(msisdn: string): Promise<void> {
    await this.run('auto_approve', OF_PERSON, { msisdn })
  }

  /**
   * From now on every login in the browser ends at once with an error.
   *
   * @param error How logins end; `access_denied` by default.
   */
  async autoDeny(error?: string | undefined): Promise<void> {
    await this.run('auto_deny', AUTO_DENY, { error })
  }

  /**
   * Whether errors of the backchannel's start come in `error_code` instead of `error`.
   *
   * @param on On by default.
   */
  async backchannelErrorCode(on?: boolean | undefined): Promise<void> {
    await this.run('backchannel_error_code', SWITCH, { on })
  }

  /**
   * How many logins by phone number may wait for one person at a time before the next gets a 429; 3 by default.
   *
   * @param logins How many may wait for one person at a time.
   */
  async backchannelLimit(logins: number): Promise<void> {
    await this.run('backchannel_limit', WAITING_LIMIT, { logins })
  }

  /**
   * How an endpoint reads `Authorization: Basic`: by default raw at `specialized_token`, and either way elsewhere.
   *
   * @param endpoint One that takes Basic.
   * @param encoding How it reads the two parts.
   */
  async basicEncoding(endpoint: Endpoint, encoding: BasicEncoding): Promise<void> {
    await this.run('basic_encoding', BASIC_AT, { endpoint, encoding })
  }

  /** Bends the ID token of the next login that is exchanged; several calls queue up. */
  async bendNextIdToken(options?: BendNextIdTokenOptions | undefined): Promise<void> {
    await this.run('bend_next_id_token', BEND_NEXT_ID_TOKEN, {}, options)
  }

  /**
   * Whether `/accesstoken/get` refuses a `Merchant-Serial-Number` that the keys may not act for; else it only reports it.
   *
   * @param on On by default.
   */
  async checkMsnOnToken(on?: boolean | undefined): Promise<void> {
    await this.run('check_msn_on_token', SWITCH, { on })
  }

  /** Forgets failures and scripts that have not been played yet, and ends outages. */
  async clearFailures(): Promise<void> {
    await this.run('clear_failures', {}, {})
  }

  /** Empties the log, that of the pings included, and sets all counts to zero. */
  async clearRequests(): Promise<void> {
    await this.run('clear_requests', {}, {})
  }

  /**
   * The body of the consent-revoked callback, which nobody signed, for a person at a sales unit.
   *
   * @param msn The sales unit.
   * @param msisdn The person's phone number.
   */
  async consentRevokedBody(msn: string, msisdn: string): Promise<string> {
    const given: { body: string } = await this.run('consent_revoked_body', CONSENT_REVOKED, { msn, msisdn }, undefined, { members: () => ({ body: ['body'] }) })
    return given.body
  }

  /**
   * How many requests came to this path, answered or not.
   *
   * @param path As sent, without the query.
   */
  async count(path: string): Promise<number> {
    const given: { count: number } = await this.run('count', AT_PATH, { path }, undefined, { members: () => ({ count: ['count'] }) })
    return given.count
  }

  /**
   * A sales unit is blocked: calls for it end in the old payment APIs' error 37.
   *
   * @param msn Its merchant serial number.
   */
  async deactivateMerchant(msn: string): Promise<void> {
    await this.run('deactivate_merchant', OF_MERCHANT, { msn })
  }

  /**
   * The partner itself is deactivated: every call of its keys for a merchant ends in error 37.
   *
   * @param on On by default.
   */
  async deactivatePartner(on?: boolean | undefined): Promise<void> {
    await this.run('deactivate_partner', SWITCH, { on })
  }

  /**
   * A person denies a login, or it ends with another error.
   *
   * @param id The login.
   * @param error How it ends; `access_denied` by default.
   */
  async deny(id: string, error?: string | undefined): Promise<string | undefined> {
    const given: { url?: string } = await this.run('deny', DENY, { id, error }, undefined, { members: () => ({ url: ['url'] }) })
    return given.url
  }

  /**
   * The partner may no longer act for a sales unit (403); its own keys go on working.
   *
   * @param msn Its merchant serial number.
   */
  async disconnectMerchant(msn: string): Promise<void> {
    await this.run('disconnect_merchant', OF_MERCHANT, { msn })
  }

  /** Which of the known discovery documents is served. */
  async discovery(options?: DiscoveryOptions | undefined): Promise<void> {
    await this.run('discovery', DISCOVERY, {}, options)
  }

  /**
   * What a program needs that reads its settings from the environment: the emulator's address, the partner's keys or those
   * of a sales unit, and an invented system.
   *
   * @param msn The sales unit whose own keys are named; without it the partner's keys are.
   */
  async environment(msn?: string | undefined): Promise<{ [name: string]: string }> {
    const given: { variables: { [name: string]: string } } = await this.run('environment', ENVIRONMENT_OF, { msn }, undefined, { members: () => ({ variables: ['variables'] }) })
    return given.variables
  }

  /**
   * The next requests to an endpoint fail; several calls queue up.
   *
   * @param endpoint Which requests.
   */
  async failNext(endpoint: Endpoint, options?: FailNextOptions | undefined): Promise<void> {
    await this.run('fail_next', FAIL_NEXT, { endpoint }, options)
  }

  /**
   * How many fields `/accesstoken/get` replies with.
   *
   * @param fields How many.
   */
  async fields(fields: Fields): Promise<void> {
    await this.run('fields', FIELDS_OF, { fields })
  }

  /**
   * Lets through and reports what the documents forbid but the service may forgive, instead of refusing it.
   *
   * @param on On by default.
   */
  async forgiving(on?: boolean | undefined): Promise<void> {
    await this.run('forgiving', SWITCH, { on })
  }

  /** Where the emulator is and what it imitates. */
  async info(): Promise<EmulatorInfo> {
    return await this.run('info', {}, {}, undefined, { members: () => INFO })
  }

  /** The published keys. */
  async jwks(): Promise<KeySet> {
    const given: { jwks: KeySet } = await this.run('jwks', {}, {}, undefined, { members: () => ({ jwks: ['jwks', { members: () => KEY_SET }] }) })
    return given.jwks
  }

  /**
   * The `Cache-Control` of the published keys; none by default.
   *
   * @param value The header's value; `undefined` or nothing: no such header.
   */
  async jwksCacheControl(value?: string | undefined): Promise<void> {
    await this.run('jwks_cache_control', CACHE_CONTROL, { value })
  }

  /**
   * Whether the published keys are out of reach (503).
   *
   * @param on On by default.
   */
  async jwksOutage(on?: boolean | undefined): Promise<void> {
    await this.run('jwks_outage', SWITCH, { on })
  }

  /**
   * Whether a sales unit is in Login's advanced tier, which `acr_values` and the scope `customFlow` need.
   *
   * @param msn The sales unit.
   * @param on Whether it is in the advanced tier; yes by default.
   */
  async loginAdvancedTier(msn: string, on?: boolean | undefined): Promise<void> {
    await this.run('login_advanced_tier', ADVANCED_TIER, { msn, on })
  }

  /**
   * How a sales unit's own keys authenticate at Login.
   *
   * @param msn The sales unit.
   * @param method How its own keys authenticate.
   */
  async loginAuthMethod(msn: string, method: LoginAuthMethod): Promise<void> {
    await this.run('login_auth_method', AUTH_METHOD, { msn, method })
  }

  /**
   * The scopes in a sales unit's plan.
   *
   * @param msn The sales unit.
   * @param scopes The scopes in its plan.
   */
  async loginScopes(msn: string, scopes: string[]): Promise<void> {
    await this.run('login_scopes', SCOPES, { msn, scopes })
  }

  /** The latest 10,000 logins, oldest first. */
  async logins(): Promise<RecordedLogin[]> {
    const given: { logins: RecordedLogin[] } = await this.run('logins', {}, {}, undefined, { members: () => ({ logins: ['logins', { each: { members: () => RECORDED_LOGIN } }] }) })
    return given.logins
  }

  /** Every sales unit and how it is set up. */
  async merchants(): Promise<Merchant[]> {
    const given: { merchants: Merchant[] } = await this.run('merchants', {}, {}, undefined, { members: () => ({ merchants: ['merchants', { each: { members: () => MERCHANT } }] }) })
    return given.merchants
  }

  /**
   * Makes an ID token, good or wrong, on the emulator's clock.
   *
   * @param msn The sales unit; one that is not there gets an invented `client_id`.
   */
  async mintIdToken(msn: string, options?: MintIdTokenOptions | undefined): Promise<string> {
    const given: { idToken: string } = await this.run('mint_id_token', MINT_ID_TOKEN, { msn }, options, { members: () => ({ idToken: ['id_token'] }) })
    return given.idToken
  }

  /**
   * The name that the person reads.
   *
   * @param msn The sales unit.
   * @param name What the person reads.
   */
  async nameMerchant(msn: string, name: string): Promise<void> {
    await this.run('name_merchant', NAME_MERCHANT, { msn, name })
  }

  /** The emulator's time. */
  async now(): Promise<EmulatorTime> {
    return await this.run('now', {}, {}, undefined, { members: () => NOW })
  }

  /**
   * How the token endpoints spell numbers.
   *
   * @param numbers The spelling.
   */
  async numbers(numbers: Numbers): Promise<void> {
    await this.run('numbers', NUMBERS_OF, { numbers })
  }

  /** The partner's keys as they are now. */
  async partnerKeys(): Promise<Keys> {
    return await this.run('partner_keys', {}, {}, undefined, { members: () => KEYS })
  }

  /**
   * Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel.
   *
   * @param by Who refuses.
   */
  async partnerTokenRefusal(by: PartnerTokenRefusal): Promise<void> {
    await this.run('partner_token_refusal', REFUSED_BY, { by })
  }

  /**
   * The body of the ping for a login that is finished by polling.
   *
   * @param id The login.
   */
  async pingBody(id: string): Promise<string> {
    const given: { body: string } = await this.run('ping_body', OF_LOGIN, { id }, undefined, { members: () => ({ body: ['body'] }) })
    return given.body
  }

  /** Has every decision about a login by phone number posted to an address: `login.merchant-initiated.ping.v1`. */
  async pingUrl(options?: PingUrlOptions | undefined): Promise<void> {
    await this.run('ping_url', PING_URL, {}, options)
  }

  /** The latest 1,000 pings and what came of them. */
  async pings(): Promise<RecordedPing[]> {
    const given: { pings: RecordedPing[] } = await this.run('pings', {}, {}, undefined, { members: () => ({ pings: ['pings', { each: { members: () => RECORDED_PING } }] }) })
    return given.pings
  }

  /** The emulator's clock shows the real time again, and runs. */
  async realTime(): Promise<EmulatorTime> {
    return await this.run('real_time', {}, {}, undefined, { members: () => NOW })
  }

  /**
   * Registers a `redirect_uri` or `app_callback_uri` of a sales unit.
   *
   * @param msn The sales unit.
   * @param redirectUri A `redirect_uri` or `app_callback_uri`, compared byte for byte.
   */
  async registerRedirectUri(msn: string, redirectUri: string): Promise<void> {
    await this.run('register_redirect_uri', REGISTER_REDIRECT_URI, { msn, redirectUri })
  }

  /**
   * Regenerates one subscription key of every pair: the old one is refused from now on.
   *
   * @param which The key that is regenerated.
   */
  async rejectSubscriptionKey(which: SubscriptionKey): Promise<void> {
    await this.run('reject_subscription_key', WHICH, { which })
  }

  /** Lets every request go on that hangs now. */
  async releaseHung(): Promise<void> {
    await this.run('release_hung', {}, {})
  }

  /**
   * Forgets a person; logins that were approved stay.
   *
   * @param msisdn The person's phone number.
   */
  async removeUser(msisdn: string): Promise<void> {
    await this.run('remove_user', OF_PERSON, { msisdn })
  }

  /**
   * The latest 10,000 requests, oldest first, each with what was right and wrong about it.
   *
   * @param after Only requests with a greater id; 0, the default, gives all.
   */
  async requests(after?: number | undefined): Promise<RecordedRequest[]> {
    const given: { requests: RecordedRequest[] } = await this.run('requests', AFTER_ID, { after }, undefined, { members: () => ({ requests: ['requests', { each: { members: () => RECORDED_REQUEST } }] }) })
    return given.requests
  }

  /** All tokens issued so far, Login's included, are refused from now on (401). */
  async revokeTokens(): Promise<void> {
    await this.run('revoke_tokens', {}, {})
  }

  /** Publishes new keys and signs with them from now on; the old ones stay published. */
  async rotateKeys(): Promise<void> {
    await this.run('rotate_keys', {}, {})
  }

  /**
   * A sales unit's own keys as they are now.
   *
   * @param msn Its merchant serial number.
   */
  async salesUnitKeys(msn: string): Promise<Keys> {
    return await this.run('sales_unit_keys', OF_MERCHANT, { msn }, undefined, { members: () => KEYS })
  }

  /**
   * What becomes of scopes that a sales unit's plan does not have.
   *
   * @param outside What becomes of them.
   */
  async scopesOutsidePlan(outside: ScopeOutsidePlan): Promise<void> {
    await this.run('scopes_outside_plan', OUTSIDE_PLAN, { outside })
  }

  /**
   * The next requests to exactly this path get these replies, one each, before any failure.
   *
   * @param path Exactly this path, with any method.
   * @param replies One reply for each of the next requests.
   */
  async script(path: string, replies: Reply[]): Promise<void> {
    await this.run('script', SCRIPT, { path, replies })
  }

  /**
   * Each request to this endpoint is served only after so much real time.
   *
   * @param endpoint Which requests.
   * @param milliseconds How much real time passes before each is served. In milliseconds.
   */
  async setLatency(endpoint: Endpoint, milliseconds: number): Promise<void> {
    await this.run('set_latency', LATENCY, { endpoint, seconds: milliseconds })
  }

  /**
   * Stops the emulator's clock at a moment; from then on only `advance` moves it.
   *
   * @param at Where the clock is to stand.
   */
  async setTime(at: Date | number): Promise<EmulatorTime> {
    return await this.run('set_time', SET_TIME, { at }, undefined, { members: () => NOW })
  }

  /** The headers of a webhook, signed as the service signs them, for tests of code that checks signatures. */
  async signWebhook(options: SignWebhookOptions): Promise<{ [name: string]: string }> {
    const given: { headers: { [name: string]: string } } = await this.run('sign_webhook', SIGN_WEBHOOK, {}, options, { members: () => ({ headers: ['headers'] }) })
    return given.headers
  }

  /** The keys for `/miami/v1/token`, and the scopes they may ask for. */
  async specializedKeys(): Promise<SpecializedKeys> {
    return await this.run('specialized_keys', {}, {}, undefined, { members: () => SPECIALIZED_KEYS })
  }

  /**
   * Every request to an endpoint is answered with 503, until it is up again; what was staged comes first.
   *
   * @param endpoint Which requests are answered with 503.
   * @param down Down or up again; down by default.
   */
  async takeDown(endpoint: Endpoint, down?: boolean | undefined): Promise<void> {
    await this.run('take_down', TAKE_DOWN, { endpoint, down })
  }

  /**
   * How long tokens live that are issued from now on.
   *
   * @param kind Which tokens.
   * @param milliseconds How long those live that are issued from now on. In milliseconds.
   */
  async tokenLifetime(kind: TokenKind, milliseconds: number): Promise<void> {
    await this.run('token_lifetime', TOKEN_LIFETIME, { kind, seconds: milliseconds })
  }

  /** Everybody. */
  async users(): Promise<User[]> {
    const given: { users: User[] } = await this.run('users', {}, {}, undefined, { members: () => ({ users: ['users', { each: { members: () => USER } }] }) })
    return given.users
  }

  /** Publishes the current keys only. */
  async withdrawOldKeys(): Promise<void> {
    await this.run('withdraw_old_keys', {}, {})
  }

  /**
   * Behaves as if all keys were for the other environment.
   *
   * @param on On by default.
   */
  async wrongEnvironment(on?: boolean | undefined): Promise<void> {
    await this.run('wrong_environment', SWITCH, { on })
  }
}

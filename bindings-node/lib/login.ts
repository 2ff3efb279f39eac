// Login in the browser (OpenID Connect Core section 3.1, with PKCE of RFC 7636).

import * as check from './check.js'
import { opened, type IdTokenClaims } from './claims.js'
import { told } from './errors.js'
import { INSPECT, shown } from './inspect.js'
import type { Life } from './headers.js'
import { later, type CallOptions } from './later.js'
import { native, type NativeLogin, type NativeLoginRequest, type NativeResult } from './native.js'
import { values } from './values.js'

/** What may differ from one login to the next. */
export interface LoginOptions extends CallOptions {
  // Generated from core/src/login/authorize.rs by `cargo run -p tests --bin make-settings`.
  /** The country whose look the login page has. Default: none; Vipps chooses. */
  market?: 'NO' | 'DK' | 'FI' | 'SE' | undefined
  /**
   * How sure Vipps must be of the person, such as `urn:vipps:acr:app_auth`. The ID token is refused unless its `acr` says the
   * same. Default: none.
   */
  acrValues?: string | undefined
  /** How a login goes that starts in an app. Default: none; the login is one of the browser. */
  requestedFlow?: 'app_to_app_v2' | 'app_to_app' | 'automatic_return_from_vipps_app' | undefined
  /**
   * Where the Vipps app switches back to, with a `requestedFlow` from app to app. It must be registered as a `redirect_uri` is.
   * Default: none.
   */
  appCallbackUri?: string | undefined
  /** Whether the `redirect_uri` opens an app. Default: not said, which is false for Vipps. */
  finalRedirectIsApp?: boolean | undefined
  // End of what is generated.
}

const OPTIONS = {
  // Generated from core/src/login/authorize.rs by `cargo run -p tests --bin make-settings`.
  market: 'string',
  acrValues: 'string',
  requestedFlow: 'string',
  appCallbackUri: 'string',
  finalRedirectIsApp: 'boolean',
  // End of what is generated.
} as const
const START = Object.assign({}, OPTIONS, { signal: 'signal' } as const)

/** Forces the person to confirm in the Vipps app; for sales units of the advanced tier. For `acrValues`. */
export const APP_AUTH: string = native.APP_AUTH

/** Login in the browser for one merchant and one redirect URI; made by {@link Merchant.login}. */
export class Login {
  readonly #native: NativeLogin
  readonly #life: Life
  readonly #about: { msn: string; redirectUri: string }

  /** @internal */
  constructor(login: NativeLogin, life: Life, about: { msn: string; redirectUri: string }) {
    this.#native = login
    this.#life = life
    this.#about = about
  }

  /** Where the browser comes back to. */
  get redirectUri(): string {
    return this.#about.redirectUri
  }

  /** @internal */
  [INSPECT](): string {
    return shown('Login', this.#about)
  }

  /** Makes a request for these scopes, `openid` among them. Send the browser to its `url` and keep it in the session. */
  async start(scopes: string[], options?: LoginOptions): Promise<LoginRequest> {
    const asked = check.texts('scopes', scopes)
    const given = check.options('options', options, START)
    const wanted = values(given, OPTIONS)
    return new LoginRequest(await later(given.signal, (cancel) => this.#native.start(cancel, asked, wanted)))
  }

  /**
   * Ends a login: checks the callback, exchanges the code, checks the ID token. `callbackUrl` is what the browser came back
   * with: the whole URL, or its path and query. `request` is what {@link start} gave for this browser session, also as its
   * JSON.
   *
   * While an error is `retryable` the code has not been sent, so the call may be made again; after all others start anew.
   */
  async finish(callbackUrl: string, request: LoginRequest | object | string, options?: CallOptions): Promise<LoginResult> {
    const signal = check.signalOf(options)
    const url = check.foreignText('callbackUrl', callbackUrl)
    const kept = LoginRequest.from(request)
    return await this.#checked(async () => {
      return new LoginResult(await later(signal, (cancel) => this.#native.finish(cancel, url, kept.native)))
    })
  }

  /** Asks who the person is: what the login's scopes open. Possible for about ten minutes after the login. */
  async userinfo(result: LoginResult, options?: CallOptions): Promise<Userinfo> {
    const signal = check.signalOf(options)
    const { native: login } = check.instance('result', result, LoginResult)
    return new Userinfo(await later(signal, (cancel) => this.#native.userinfo(cancel, login)))
  }

  /** A login may find out that the partner's token is refused. */
  async #checked<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } finally {
      this.#life.check()
    }
  }
}

/**
 * A login under way. Keep it in the person's own session on the server: it holds the PKCE code verifier, and so does its
 * JSON. `console.log` shows neither.
 */
export class LoginRequest {
  /** @internal */
  readonly native: NativeLoginRequest

  /** @internal */
  constructor(request: NativeLoginRequest) {
    this.native = request
    Object.defineProperty(this, 'native', { enumerable: false })
  }

  /** A request that was kept: what {@link toJSON} gave, or the same as text. */
  static fromJSON(json: object | string): LoginRequest {
    const text = typeof json === 'string' ? check.text('request', json) : check.json('request', json)
    return told(() => new LoginRequest(native.LoginRequest.fromJson(text)))
  }

  /** @internal */
  static from(request: unknown): LoginRequest {
    if (request instanceof LoginRequest) return request
    if (typeof request === 'string' || (typeof request === 'object' && request !== null)) return LoginRequest.fromJSON(request)
    throw new TypeError('request must be a LoginRequest or its JSON')
  }

  /** Where to send the browser. */
  get url(): string {
    return this.native.url
  }

  /** The `state` that the callback must bring back. */
  get state(): string {
    return this.native.state
  }

  /** The `nonce` that the ID token must hold. */
  get nonce(): string {
    return this.native.nonce
  }

  /** The PKCE secret. */
  get codeVerifier(): string {
    return this.native.codeVerifier
  }

  /** The merchant serial number of the sales unit. */
  get msn(): string {
    return this.native.msn
  }

  /** Where the browser comes back to. */
  get redirectUri(): string {
    return this.native.redirectUri
  }

  /** The scopes that were asked for. */
  get scopes(): string[] {
    return this.native.scopes
  }

  /** How sure Vipps must be, where the login asked for that. */
  get acrValues(): string | undefined {
    return this.native.acrValues ?? undefined
  }

  /** @internal */
  [INSPECT](): string {
    return shown('LoginRequest', { msn: this.msn, redirectUri: this.redirectUri, scopes: this.scopes.join(' ') })
  }

  /** The code of a callback, once it is sure that it answers this request. {@link Login.finish} does this itself. */
  code(callbackUrl: string): {
    /** To be exchanged once. */
    code: string
    /** The scopes that were granted, where the callback names them. */
    scopes?: string[]
  } {
    const url = check.foreignText('callbackUrl', callbackUrl)
    return told(() => this.native.code(url))
  }

  /** Where to go on in the browser, of a callback to the `appCallbackUri`. */
  resumeUri(appCallbackUri: string, callbackUrl: string): string {
    const uri = check.text('appCallbackUri', appCallbackUri)
    const url = check.foreignText('callbackUrl', callbackUrl)
    return told(() => this.native.resumeUri(uri, url))
  }

  /** For the session. */
  toJSON(): Record<string, unknown> {
    return JSON.parse(this.native.toJson()) as Record<string, unknown>
  }
}

/** A login that passed every check. */
export class LoginResult {
  /** @internal */
  readonly native: NativeResult
  /** Who logged in: the checked claims of the ID token. */
  readonly claims: IdTokenClaims
  /** Opens userinfo, for about ten minutes, and nothing else. */
  readonly accessToken: LoginToken

  /** @internal */
  constructor(result: NativeResult) {
    this.native = result
    this.claims = opened(result.claims)
    this.accessToken = new LoginToken(result)
    Object.defineProperty(this, 'native', { enumerable: false })
  }

  /** The ID token itself, already checked. Personal data: keep it out of logs and URLs. */
  get idToken(): string {
    return this.native.idToken
  }

  /** The scopes that were granted. */
  get scopes(): string[] {
    return this.native.scopes
  }

  /** The scopes that were asked for. */
  get askedScopes(): string[] {
    return this.native.askedScopes
  }

  /** The scopes that were asked for and not granted. */
  get missingScopes(): string[] {
    return this.native.missingScopes
  }

  /** @internal */
  [INSPECT](): string {
    return shown('LoginResult', { msn: this.claims.msn, scopes: this.scopes.join(' ') })
  }

  /** The claims and the granted scopes, without tokens. */
  toJSON(): {
    /** The checked claims of the ID token. */
    claims: Record<string, unknown>
    /** The scopes that were granted. */
    scopes: string[]
  } {
    return { claims: this.claims.toJSON(), scopes: this.scopes }
  }
}

/** The access token of one login. Neither `console.log` nor `JSON.stringify` shows it. */
export class LoginToken {
  readonly #result: NativeResult

  /** @internal */
  constructor(result: NativeResult) {
    this.#result = result
  }

  /** The token itself, without the word `Bearer`. */
  secret(): string {
    return this.#result.secret()
  }

  /** Until when it opens userinfo. */
  get expiresAt(): Date {
    return new Date(this.#result.expiresAt)
  }

  /** Shows when it ends, not the token. */
  toString(): string {
    return `LoginToken(expires ${this.expiresAt.toISOString()})`
  }

  /** @internal */
  [INSPECT](): string {
    return this.toString()
  }

  /** When it ends, not the token. */
  toJSON(): {
    /** As ISO 8601 writes it, in UTC. */
    expiresAt: string
  } {
    return { expiresAt: this.expiresAt.toISOString() }
  }
}

/** A person's address; empty members are left out. */
export interface Address {
  /** Street, with unit and floor in a second line. */
  streetAddress?: string
  /** The postal code. */
  postalCode?: string
  /** City or place. */
  region?: string
  /** Two letters (ISO 3166-1). */
  country?: string
  /** The whole address, in lines. */
  formatted?: string
  /** `home`, `work` or `other`. */
  addressType?: string
}

/** What a person answered on the screens of a flow of the merchant's own. */
export interface FlowResult {
  /** The language that the person read, such as `nb`. */
  language?: string
  /** In order. */
  screens: FlowScreen[]
  /** All that Vipps sent, those members too that are unknown to this library. */
  members: { [name: string]: unknown }
}

/** One screen of a flow. */
export interface FlowScreen {
  /** Its heading. */
  title?: string
  /** The text beneath. */
  description?: string
  /** The terms it links to. */
  links: FlowLink[]
  /** What the person could answer, in order. */
  elements: FlowElement[]
}

/** A link of a screen. */
export interface FlowLink {
  /** What the person reads. */
  title?: string
  /** Where it leads. */
  url?: string
}

/** One thing that the person could answer. Of types unknown to this library `members` says all. */
export interface FlowElement {
  /** `checkbox`, the only one that Vipps documents. */
  type?: string
  /** What the merchant named it. */
  id?: string
  /** What the person read. */
  title?: string
  /** Whether the person ticked it. */
  checked?: boolean
  /** All that Vipps sent of it. */
  members: { [name: string]: unknown }
}

/** The agreement that a person made in a login from a phone number. */
export interface Agreement {
  /** The language that the person read, such as `nb`. */
  language?: string
  /** What it is about. */
  description?: string
  /** The text of the button that was pressed. */
  buttonText?: string
  /** What the link to the terms said. */
  termsLinkText?: string
  /** Where it led. */
  termsLinkUrl?: string
  /** What the link to the privacy statement said. */
  privacyStatementLinkText?: string
  /** Where it led. */
  privacyStatementLinkUrl?: string
  /** When, as Vipps writes it. */
  timestamp?: string
  /** Whether the person accepted. */
  accepted?: boolean
  /** All that Vipps sent, those members too that are unknown to this library. */
  members: { [name: string]: unknown }
}

/**
 * What a person agreed to tell this sales unit. A member that Vipps left out, or sent as another type than its documents
 * say, is `undefined`; all members are in {@link json}.
 */
export class Userinfo {
  /** The person, as this sales unit knows them: the same as in the ID token. */
  declare readonly sub: string
  /** The whole name. */
  declare readonly name?: string
  /** The first name. */
  declare readonly givenName?: string
  /** The last name. */
  declare readonly familyName?: string
  /** Digits with country code and without a plus sign. */
  declare readonly phoneNumber?: string
  /** Whether Vipps has checked the phone number. */
  declare readonly phoneNumberVerified?: boolean
  /** The e-mail address. */
  declare readonly email?: string
  /** Whether Vipps has checked the e-mail address. */
  declare readonly emailVerified?: boolean
  /** `YYYY-MM-DD`. */
  declare readonly birthdate?: string
  /** `male`, `female` or `other`; absent where the person did not tell, and in the test environment. */
  declare readonly gender?: string
  /** National identity number, for sales units that Vipps approved for it. Opaque: its form differs from country to country. */
  declare readonly nin?: string
  /** The person's main address. */
  declare readonly address?: Address
  /** Up to two more addresses. */
  declare readonly otherAddresses: Address[]
  /** What the person agreed to, of what the merchant asked. Only at the first login. */
  declare readonly delegatedConsents?: unknown
  /** What the person answered in a flow of the merchant's own (scope `customFlow`). */
  declare readonly flowResult?: FlowResult
  /** The agreement that the person made (scope `agreement`). Only in logins from a phone number. */
  declare readonly agreement?: Agreement
  readonly #all: Record<string, unknown>

  /** @internal */
  constructor(crossed: string) {
    const { told, all } = JSON.parse(crossed) as { told: Partial<Userinfo>; all: Record<string, unknown> }
    Object.assign(this, told)
    this.#all = all
  }

  /** All members as Vipps sent them, those unknown to this library too. */
  json(): Record<string, unknown> {
    // Not by assignment: a member may be called `__proto__`.
    return Object.fromEntries(Object.entries(this.#all))
  }

  /** Any member, as Vipps sent it. What type it has is for the caller to know, or to check. */
  claim<T = unknown>(name: string): T | undefined {
    return Object.hasOwn(this.#all, name) ? (this.#all[name] as T) : undefined
  }
}

/**
 * What a consent-revoked callback *claims*. **It proves nothing**: Vipps does not sign it. Take it as a hint to look the
 * person up, never as a reason to delete, lock or reveal anything by itself.
 */
export class UnverifiedConsentRevoked {
  /** Who it says took their consent back. */
  readonly claimedSub: string
  /** When it says it was made. */
  declare readonly claimedIssuedAt?: Date
  /** Until when it says it is good. */
  declare readonly claimedExpiresAt?: Date

  private constructor(sub: string, issuedAt: number | undefined, expiresAt: number | undefined) {
    this.claimedSub = sub
    if (issuedAt !== undefined) this.claimedIssuedAt = new Date(issuedAt)
    if (expiresAt !== undefined) this.claimedExpiresAt = new Date(expiresAt)
  }

  /** Reads the callback's body, a JWT in plain text. */
  static parse(body: string): UnverifiedConsentRevoked {
    const text = check.foreignText('body', body)
    const { sub, issuedAt, expiresAt } = told(() => native.unverifiedConsentRevoked(text))
    return new UnverifiedConsentRevoked(sub, issuedAt, expiresAt)
  }
}

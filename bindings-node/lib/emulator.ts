// The offline Vipps, within this process.

import * as check from './check.js'
import { milliseconds } from './clock.js'
import { told, translated } from './errors.js'
import { INSPECT, shown } from './inspect.js'
import { PartnerKeys, SalesUnitKeys, SpecializedKeys, type StandardKeys } from './keys.js'
import { native, type NativeEmulator } from './native.js'

/** How an {@link Emulator} is started. */
export interface EmulatorOptions {
  /** The port on 127.0.0.1; by default a free one. */
  port?: number | undefined
  /** Which of the two environments to imitate; `production` by default, since partner keys exist only there. */
  mode?: 'production' | 'test' | undefined
  /** MSNs of sales units that exist and are connected to the partner from the start. */
  merchants?: string[] | undefined
  /** The partner keys; by default it invents some. */
  partnerKeys?: Required<StandardKeys> | undefined
  /** The size of the RSA keys that sign ID tokens. */
  rsaBits?: 2048 | 3072 | 4096 | undefined
}

export type EmulatorEndpoint =
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
  | 'sales_units'
  | 'ledgers'

export type EmulatorErrorShape =
  | 'aad'
  | 'oauth'
  | 'apim'
  | 'gateway_legacy'
  | 'problem'
  | 'ecom_list'
  | 'strings'
  | 'text'
  | 'html'
  | 'empty'

/** How the next calls of an endpoint go wrong. */
export type EmulatorFailure =
  | {
      /** An error reply; nothing was done. */
      status: number
      /** The shape of its body. Default: `empty`. */
      shape?: EmulatorErrorShape | undefined
      /** The OAuth error code, in the shapes that have one. */
      error?: string | undefined
      /** The `Retry-After` header: seconds or an HTTP date. */
      retryAfter?: string | undefined
    }
  | {
      /** The connection is dropped, before or after the request was served; or there is no reply until `releaseHung`. */
      kind: 'drop_before_reading' | 'drop_after_reading' | 'hang'
    }
  | {
      /** The request is served after so many milliseconds of real time. */
      delay: number
    }

/** An exact reply. */
export interface EmulatorReply {
  status: number
  headers?: Record<string, string> | undefined
  body?: string | undefined
}

/** One thing to say about a request. Holds no secret. */
export interface EmulatorFinding {
  verdict: 'right' | 'tolerated' | 'refused' | 'staged' | 'person'
  /** The header, field or part of the request. */
  about: string
  /** What was right, or what was wrong and how to mend it. */
  text: string
}

/** A request as it arrived, and what became of it. */
export interface EmulatorRequest {
  id: number
  /** When it arrived, on the emulator's clock. */
  at: Date
  method: string
  path: string
  /** What followed the question mark. */
  query?: string
  /** Names in lower case, in order of arrival; the same name may come twice. */
  headers: [name: string, value: string][]
  body: string
  /** The status of the reply; missing while it is outstanding and when the connection was dropped. */
  status?: number
  findings: EmulatorFinding[]
}

/** A login as a person sees it. */
export interface EmulatorLogin {
  /** What the controls name it by; the `auth_req_id` of a login from a phone number. */
  id: string
  kind: 'browser' | 'backchannel' | 'backchannel_redirect'
  msn: string
  /** The sales unit's name, as the person reads it. */
  merchant: string
  /** The scopes that are granted when the person approves. */
  scopes: string[]
  /** Who was asked, or who approved. */
  msisdn?: string
  bindingMessage?: string
  startedAt: Date
  expiresAt: Date
  status: 'pending' | 'approved' | 'denied' | 'expired' | 'completed'
}

/** The webhook event of a decided login, as the emulator posted it. */
export interface EmulatorPing {
  authReqId: string
  url: string
  at: Date
  outcome: 'outstanding' | 'answered' | 'failed'
  /** The status of the answer. */
  status?: number
  /** Why there was none. */
  reason?: string
}

/** A person with a phone; what is missing is as it is with Kari Fixture, who is there from the start. */
export interface EmulatorUser {
  /** The phone number with country code, no plus sign. It names the person in all controls. */
  msisdn: string
  /** What the person's `sub` is derived from; the phone number by default. */
  person?: string | undefined
  givenName?: string | undefined
  familyName?: string | undefined
  email?: string | undefined
  emailVerified?: boolean | undefined
  /** `YYYY-MM-DD`. */
  birthdate?: string | undefined
  gender?: string | undefined
  nin?: string | undefined
  addresses?:
    | {
        kind?: 'home' | 'work' | 'other' | undefined
        streetAddress?: string | undefined
        postalCode?: string | undefined
        region?: string | undefined
        country?: string | undefined
      }[]
    | undefined
  /** The state of the Vipps app on the phone. */
  app?: 'current' | 'outdated' | 'inactive' | undefined
  /** What `urn:customer-token:` in a login hint may name the person by. */
  customerToken?: string | undefined
  /** More claims for userinfo, whatever the scopes. */
  moreClaims?: Record<string, unknown> | undefined
}

/** What differs from a good ID token. */
export interface BentIdToken {
  subject?: string | undefined
  nonce?: string | undefined
  /** The access token that came along, from which `at_hash` is computed. */
  accessToken?: string | undefined
  acr?: string | undefined
  /** How long it is valid, in milliseconds. */
  lifetime?: number | undefined
  alg?: 'RS256' | 'ES256' | undefined
  signedBy?: 'current' | 'withdrawn' | 'unknown' | 'forger' | 'public_key_hmac' | 'nobody' | undefined
  /** The id of the login from a phone number, under its names. */
  authReqId?: { [name in AuthReqIdName]?: string } | undefined
  /** Any claim, over what the others say. */
  claims?: Record<string, unknown> | undefined
  withoutClaims?: string[] | undefined
  header?: Record<string, unknown> | undefined
  withoutHeader?: string[] | undefined
}

type AuthReqIdName = 'auth_req_id' | 'authReqId' | 'urn:openid:params:jwt:claim:auth_req_id'

/** When a member is a moment on the emulator's clock. */
const MOMENTS = new Set(['at', 'startedAt', 'expiresAt'])

/**
 * An offline stand-in for the token and Login endpoints of Vipps MobilePay, for tests: same paths, bodies, types, quirks
 * and errors, over real HTTP on 127.0.0.1. It is strict, and keeps every request with what was right and wrong about it.
 *
 * Controls take effect for the next request; what they don't take is refused with an `Error`. Spans are in milliseconds.
 */
export class Emulator {
  readonly #native: NativeEmulator

  /** @internal */
  constructor(emulator: NativeEmulator) {
    if (emulator === undefined) throw new TypeError('use Emulator.start()')
    this.#native = emulator
  }

  /** Starts one, ready when the promise is fulfilled. */
  static async start(options?: EmulatorOptions): Promise<Emulator> {
    try {
      const read = check.options('options', options, OPTIONS)
      if (read.partnerKeys !== undefined) read.partnerKeys = check.options('partnerKeys', read.partnerKeys, KEYS)
      return new Emulator(await native.startEmulator(json(read)))
    } catch (error) {
      throw translated(error)
    }
  }

  /** Where it listens, such as `http://127.0.0.1:40001`: the `environment` of the code under test. */
  get baseUrl(): string {
    return this.#native.baseUrl
  }

  /** The page for a person's browser: whoever is asked to log in decides there, and it lists the requests. */
  get pageUrl(): string {
    return this.#native.pageUrl
  }

  /** Closes every socket. The log can still be read; stopping again does nothing. */
  async stop(): Promise<void> {
    await this.#native.stop()
  }

  [Symbol.dispose](): void {
    this.#native.stopNow()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** @internal */
  [INSPECT](): string {
    return shown('Emulator', { baseUrl: this.baseUrl })
  }

  // Keys and merchants

  /** The partner's keys as they are now. */
  get partnerKeys(): PartnerKeys {
    return new PartnerKeys(this.rawKeys())
  }

  /** A sales unit's own keys as they are now. */
  salesUnitKeys(msn: string): SalesUnitKeys {
    return new SalesUnitKeys(Object.assign(this.rawKeys(msn), { msn }))
  }

  /** Keys for the specialised flow; they may ask for the scope `donations:read`. */
  get specializedKeys(): SpecializedKeys {
    const { clientId, clientSecret } = JSON.parse(this.#native.specializedKeys()) as StandardKeys
    return new SpecializedKeys({ clientId, clientSecret })
  }

  /** The partner's keys, or a sales unit's, in plain text. */
  rawKeys(msn?: string): Required<StandardKeys> {
    const keys = msn === undefined ? this.#native.partnerKeys() : this.#told((vipps) => vipps.salesUnitKeys(check.text('msn', msn)))
    return JSON.parse(keys) as Required<StandardKeys>
  }

  /** Adds a sales unit that is connected to the partner, or connects and activates one that is there. */
  addMerchant(msn: string): void {
    this.#told((vipps) => vipps.addMerchant(check.text('msn', msn)))
  }

  /** The partner may no longer act for this sales unit; its own keys go on working. */
  disconnectMerchant(msn: string): void {
    this.#told((vipps) => vipps.disconnectMerchant(check.text('msn', msn)))
  }

  /** The sales unit is blocked. */
  deactivateMerchant(msn: string): void {
    this.#told((vipps) => vipps.deactivateMerchant(check.text('msn', msn)))
  }

  /** Regenerates one subscription key of every pair: the old one is refused from now on. */
  rejectSubscriptionKey(which: 'primary' | 'secondary'): void {
    this.#told((vipps) => vipps.rejectSubscriptionKey(which))
  }

  /** Behaves as if all keys were for the other environment. */
  wrongEnvironment(wrong: boolean): void {
    this.#told((vipps) => vipps.wrongEnvironment(wrong))
  }

  // The log

  /** The latest 10,000 requests, oldest first, each with what was right and wrong about it. */
  requests(): EmulatorRequest[] {
    return listed(this.#native.requests())
  }

  /** Empties the log and sets all counts to zero. */
  clearRequests(): void {
    this.#native.clearRequests()
  }

  /** How many requests came to this path (without the query), answered or not. */
  count(path: string): number {
    return this.#native.count(check.text('path', path))
  }

  // Time

  /** The emulator's time. */
  now(): Date {
    return new Date(this.#native.now())
  }

  /** Moves the emulator's clock ahead. */
  advance(milliseconds: number): void {
    this.#told((vipps) => vipps.advance(milliseconds))
  }

  /** Stops the emulator's clock at a moment; from then on only {@link advance} moves it. */
  setTime(time: Date | number): void {
    this.#told((vipps) => vipps.setTime(milliseconds('time', time)))
  }

  // Tokens

  /** How the token endpoints spell numbers. */
  numbers(numbers: 'as_documented' | 'strings' | 'numbers'): void {
    this.#told((vipps) => vipps.numbers(numbers))
  }

  /** How many fields `/accesstoken/get` replies with. */
  fields(fields: 'seven' | 'four'): void {
    this.#told((vipps) => vipps.fields(fields))
  }

  /** How long tokens live that are issued from now on. */
  tokenLifetime(kind: 'standard' | 'specialized' | 'login', milliseconds: number): void {
    this.#told((vipps) => vipps.tokenLifetime(kind, milliseconds))
  }

  /** All tokens issued so far are refused from now on. */
  revokeTokens(): void {
    this.#native.revokeTokens()
  }

  /** Whether `/miami/v1/token` takes Basic credentials whose parts were form-encoded beside raw ones. */
  acceptFormEncodedBasic(accept: boolean): void {
    this.#told((vipps) => vipps.acceptFormEncodedBasic(accept))
  }

  /** Whether `/accesstoken/get` refuses an MSN that the keys may not act for. */
  checkMsnOnToken(on: boolean): void {
    this.#told((vipps) => vipps.checkMsnOnToken(on))
  }

  // ID tokens and their keys

  /** Makes an ID token, good or wrong, on the emulator's clock. */
  mintIdToken(spec: BentIdToken & { msn: string }): string {
    return this.#told((vipps) => vipps.mintIdToken(json(check.options('spec', spec, ID_TOKEN))))
  }

  /** The published keys, for checks without a network. */
  jwks(): { keys: Record<string, unknown>[] } {
    return JSON.parse(this.#native.jwks()) as { keys: Record<string, unknown>[] }
  }

  /** Publishes new keys and signs with them from now on. */
  async rotateKeys(): Promise<void> {
    await this.#native.rotateKeys()
  }

  /** Publishes the current keys only. */
  withdrawOldKeys(): void {
    this.#native.withdrawOldKeys()
  }

  /** Whether the published keys are out of reach. */
  jwksOutage(outage: boolean): void {
    this.#told((vipps) => vipps.jwksOutage(outage))
  }

  /** The `Cache-Control` of the published keys; `undefined`, as from the start, for none. */
  jwksCacheControl(value: string | undefined): void {
    this.#told((vipps) => vipps.jwksCacheControl(value))
  }

  // Trouble

  /** The next `times` requests to an endpoint fail; several calls queue up. */
  failNext(endpoint: EmulatorEndpoint, times: number, failure: EmulatorFailure): void {
    this.#told((vipps) => vipps.failNext(endpoint, times, json(check.options<EveryFailure>('failure', failure, FAILURE))))
  }

  /** Forgets failures and scripts that have not been played yet. */
  clearFailures(): void {
    this.#native.clearFailures()
  }

  /** Lets every request go on that hangs now. */
  releaseHung(): void {
    this.#native.releaseHung()
  }

  /** The next requests to exactly this path get these replies, one each, before any failure. */
  script(path: string, replies: EmulatorReply[]): void {
    this.#told((vipps) => vipps.script(check.text('path', path), json(listOf('replies', replies, REPLY))))
  }

  /** Each request to this endpoint is served only after so many milliseconds of real time. */
  setLatency(endpoint: EmulatorEndpoint, milliseconds: number): void {
    this.#told((vipps) => vipps.setLatency(endpoint, milliseconds))
  }

  // Login: sales units and people

  /** Registers a redirect URI or app callback URI, which is compared byte for byte. */
  registerRedirectUri(msn: string, uri: string): void {
    this.#told((vipps) => vipps.registerRedirectUri(check.text('msn', msn), check.text('uri', uri)))
  }

  /** How the sales unit's own keys authenticate. */
  loginAuthMethod(msn: string, method: 'client_secret_basic' | 'client_secret_post'): void {
    this.#told((vipps) => vipps.loginAuthMethod(check.text('msn', msn), method))
  }

  /** The scopes in the sales unit's plan; by default all. */
  loginScopes(msn: string, scopes: string[]): void {
    this.#told((vipps) => vipps.loginScopes(check.text('msn', msn), check.texts('scopes', scopes)))
  }

  /** The name that the person reads. */
  nameMerchant(msn: string, name: string): void {
    this.#told((vipps) => vipps.nameMerchant(check.text('msn', msn), check.text('name', name)))
  }

  /** Adds a person, or replaces the one with this phone number. */
  addUser(user: EmulatorUser): void {
    this.#told((vipps) => vipps.addUser(json(userOf(user))))
  }

  /** Forgets a person; logins that were approved stay. */
  removeUser(msisdn: string): void {
    this.#told((vipps) => vipps.removeUser(check.text('msisdn', msisdn)))
  }

  /** Everybody, by phone number. */
  users(): EmulatorUser[] {
    return JSON.parse(this.#native.users()) as EmulatorUser[]
  }

  // Login: decisions

  /** The latest 10,000 logins, oldest first. */
  logins(): EmulatorLogin[] {
    return listed(this.#native.logins())
  }

  /**
   * The person with this phone number approves a login. Returns the URL that the person's browser opens next, with the
   * code; `undefined` when the login ends by polling.
   */
  approve(id: string, msisdn: string): string | undefined {
    return this.#told((vipps) => vipps.approve(check.text('id', id), check.text('msisdn', msisdn))) ?? undefined
  }

  /** The person denies a login. Returns the URL that the person's browser opens next, if any. */
  deny(id: string): string | undefined {
    return this.#told((vipps) => vipps.deny(check.text('id', id))) ?? undefined
  }

  /** Ends a login with any error. Returns the URL that the person's browser opens next, if any. */
  denyWith(id: string, error: string): string | undefined {
    return this.#told((vipps) => vipps.denyWith(check.text('id', id), check.text('error', error))) ?? undefined
  }

  /** From now on the login page answers at once: the person with this phone number approves. */
  autoApprove(msisdn: string): void {
    this.#told((vipps) => vipps.autoApprove(check.text('msisdn', msisdn)))
  }

  /** From now on the login page answers at once with this error. */
  autoDeny(error: string): void {
    this.#told((vipps) => vipps.autoDeny(check.text('error', error)))
  }

  /** A person decides again: ends {@link autoApprove} and {@link autoDeny}. */
  askPerson(): void {
    this.#native.askPerson()
  }

  // Login: quirks, and what Vipps sends by itself

  /** What becomes of scopes that a sales unit's plan does not have. */
  scopesOutsidePlan(outside: 'dropped' | 'refused'): void {
    this.#told((vipps) => vipps.scopesOutsidePlan(outside))
  }

  /** Under which name ID tokens of the redirect variant carry the id of the login. */
  authReqIdName(name: AuthReqIdName): void {
    this.#told((vipps) => vipps.authReqIdName(name))
  }

  /** Whether errors of a start from a phone number come in `error_code` instead of `error`. */
  backchannelErrorCode(on: boolean): void {
    this.#told((vipps) => vipps.backchannelErrorCode(on))
  }

  /** How many logins from a phone number may wait for one person at a time. */
  backchannelLimit(logins: number): void {
    this.#told((vipps) => vipps.backchannelLimit(logins))
  }

  /** Bends the ID token of the next login that is exchanged; several calls queue up. */
  bendNextIdToken(bends: BentIdToken): void {
    this.#told((vipps) => vipps.bendNextIdToken(json(check.options('bends', bends, BENDS))))
  }

  /** From now on each decided login from a phone number is told to this address on this machine; `undefined` ends it. */
  pingUrl(url: string | undefined): void {
    this.#told((vipps) => vipps.pingUrl(url))
  }

  /** The latest 1,000 pings and what came of them, oldest first. */
  pings(): EmulatorPing[] {
    return listed(this.#native.pings())
  }

  /** The body of the webhook event for a login that is finished by polling. */
  pingBody(id: string): string {
    return this.#told((vipps) => vipps.pingBody(check.text('id', id)))
  }

  /** The body of the consent-revoked callback, which nobody signs. */
  consentRevokedBody(msn: string, msisdn: string): string {
    return this.#told((vipps) => vipps.consentRevokedBody(check.text('msn', msn), check.text('msisdn', msisdn)))
  }

  #told<T>(call: (vipps: NativeEmulator) => T): T {
    return told(() => call(this.#native))
  }
}

/** What an options object may hold, as the emulator's controls take it. */
const KEYS = { clientId: 'string', clientSecret: 'string', subscriptionKey: 'string', secondSubscriptionKey: 'string' } as const
const OPTIONS = { port: 'number', mode: 'string', merchants: 'strings', partnerKeys: 'any', rsaBits: 'number' } as const
const REPLY = { status: 'number', headers: 'any', body: 'string' } as const
const FAILURE = {
  status: 'number',
  shape: 'string',
  error: 'string',
  retryAfter: 'string',
  kind: 'string',
  delay: 'number',
} as const
const BENDS = {
  subject: 'string',
  nonce: 'string',
  accessToken: 'string',
  acr: 'string',
  lifetime: 'number',
  alg: 'string',
  signedBy: 'string',
  authReqId: 'any',
  claims: 'any',
  withoutClaims: 'strings',
  header: 'any',
  withoutHeader: 'strings',
} as const
const ID_TOKEN = Object.assign({}, BENDS, { msn: 'string' } as const)
const ADDRESS = { kind: 'string', streetAddress: 'string', postalCode: 'string', region: 'string', country: 'string' } as const
const USER = {
  msisdn: 'string',
  person: 'string',
  givenName: 'string',
  familyName: 'string',
  email: 'string',
  emailVerified: 'boolean',
  birthdate: 'string',
  gender: 'string',
  nin: 'string',
  addresses: 'any',
  app: 'string',
  customerToken: 'string',
  moreClaims: 'any',
} as const

/** A failure of any kind. */
type EveryFailure = { [name in keyof typeof FAILURE]?: string | number | undefined }

function userOf(user: EmulatorUser): EmulatorUser {
  const read = check.options('user', user, USER)
  if (read.addresses !== undefined) read.addresses = listOf('addresses', read.addresses, ADDRESS)
  return read
}

function listOf<T extends object>(what: string, given: T[], rules: { [name in keyof T]-?: check.Rule }): T[] {
  if (!Array.isArray(given)) throw new TypeError(`${what} must be an array`)
  return Array.from(given, (one) => check.options(what, one, rules))
}

/** JSON has no NaN: it would come to mean that nothing was given. */
function json(value: object): string {
  return JSON.stringify(value, (name, one: unknown) => {
    if (typeof one === 'number' && !Number.isFinite(one)) throw new RangeError(`${name} must be a finite number`)
    return one
  })
}

function listed<T>(json: string): T[] {
  const revive = (name: string, value: unknown) => (MOMENTS.has(name) ? new Date(value as number) : value)
  return JSON.parse(json, revive) as T[]
}

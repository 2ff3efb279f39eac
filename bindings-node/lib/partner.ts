// The entry point: a partner's keys at work, and the same bound to one merchant.

import { authorizeAxios, type AxiosLike } from './axios.js'
import { Backchannel } from './backchannel.js'
import { DOCTOR, type DoctorOptions, type DoctorReport, report } from './doctor.js'
import * as check from './check.js'
import { bounded, type Expect, expected, expectedOf, type IdTokenClaims, opened } from './claims.js'
import { told, VippsAuthError } from './errors.js'
import { authorizedFetch } from './fetch.js'
import { type AuthHeaders, type Authorized, HeaderSource, Life } from './headers.js'
import { INSPECT, shown } from './inspect.js'
import { type Keys, lookedUp, nativeKeys, type Variables } from './keys.js'
import { later, type CallOptions } from './later.js'
import { Login, type LoginRequest } from './login.js'
import type { MerchantCheck, SalesUnit, SalesUnitChanges, SalesUnitStatus } from './sales-units.js'
import { native, type NativeCancel, type NativePartner, type NativeStats } from './native.js'
import { type Environment, RULES, settings, type Settings, system, type SystemInfo } from './settings.js'
import { AccessToken } from './token.js'
import { undiciInterceptor, type UndiciInterceptor } from './undici.js'

/** How a {@link Partner} is made. */
export interface PartnerOptions extends Settings {
  /** The keys of any kind, as Vipps gave them out. */
  keys: Keys
  /** Which system calls, as each call tells Vipps. */
  system: SystemInfo
}

/** Counters since the partner was made. */
export interface Stats extends NativeStats {}

/** The headers of a call with the token they carry. */
export interface Authorization {
  /** The headers of the call, names in lower case. */
  headers: AuthHeaders
  /** The token that is in them. */
  token: AccessToken
}

/**
 * On whose behalf an HTTP client calls: a {@link Merchant}, or a {@link Partner} for calls that are not for one merchant. All
 * that an adapter for a client needs to know.
 */
export interface Caller {
  /** Headers and the token they carry, taken at one moment. Fetches a token if none is at hand. */
  authorization(options?: CallOptions): Promise<Authorization>
  /** Whether headers may be sent to this URL. Ask before any are put on. */
  covers(url: string | URL): boolean
  /** Whether headers that were sent to one URL may go along when it redirects to another. Ask at each redirect. */
  mayFollow(from: string | URL, to: string | URL): boolean
  /**
   * Says that an API answered 401 to this token, also where the call can't be made again. Gives what to make it once more with;
   * rejects with the reason when the 401 stands.
   */
  refused(token: AccessToken, options?: CallOptions): Promise<Authorization>
  /** Tells what an API answered to a call with these headers, by which the first 403 of a merchant is known. */
  answered(status: number, contentType?: string): void
}

/** What a partner and a merchant have in common. */
export abstract class Handle extends HeaderSource implements Caller {
  /** @internal */
  declare readonly shared: Shared

  /** @internal */
  constructor(shared: Shared, msn: string | undefined) {
    super(shared.native, shared.life, msn)
    Object.defineProperty(this, 'shared', { value: shared, enumerable: false })
  }

  /**
   * All headers of a call. Fetches a token if none is at hand; otherwise this is a copy of finished headers and calls
   * nothing. The token is renewed in the background, before it runs out.
   */
  async headers(options?: CallOptions): Promise<AuthHeaders> {
    const headers = options === undefined ? this.fresh() : undefined
    if (headers !== undefined) return headers
    const signal = check.signalOf(options)
    const found = await this.sought(signal)
    return this.fresh() ?? (await this.received(found, signal)).headers
  }

  /** The same headers without waiting; `undefined` when a token must be fetched first, or the keys are not for this MSN. */
  cachedHeaders(): AuthHeaders | undefined {
    return this.fresh() ?? this.cached()
  }

  /** The same headers together with the token they carry, for adapters that may have to report it {@link refused}. */
  async authorization(options?: CallOptions): Promise<Authorization> {
    return authorizationOf(await this.authorized(check.signalOf(options)))
  }

  /**
   * For adapters, when an API answered 401 to a call with this token: brings another token's headers to make the call once more
   * with. Call it also where the call can't be made again, for the sake of the next one.
   *
   * A 401 is a suspicion: the token may have ended, or the merchant's sales unit is not set up for the call. So everybody else
   * goes on with the token until another is there, and a merchant whose calls are always refused causes a fetch ever more seldom.
   *
   * Rejects with the reason why there is no other token, such as `unavailable` with `retryAfter`: then the 401 stands.
   */
  async refused(token: AccessToken, options?: CallOptions): Promise<Authorization> {
    const { native: refused } = check.instance('token', token, AccessToken)
    return authorizationOf(await this.replacement(refused, check.signalOf(options)))
  }

  /** @internal For adapters: `undefined` when the 401 stands, since it says more than why there is no other token. */
  async other(token: AccessToken, options?: CallOptions): Promise<Authorization | undefined> {
    try {
      return await this.refused(token, options)
    } catch (error) {
      if (error instanceof VippsAuthError) return undefined
      throw error
    }
  }

  /**
   * Tells what an API answered to a call with these headers. The first 403 of a merchant whose calls had worked is told as the
   * event `merchant_forbidden` then; one that is no JSON says nothing of the merchant. Of a partner itself nothing comes of it.
   * The adapters do this by themselves; it is for clients of your own.
   */
  answered(status: number, contentType?: string): void {
    const type = contentType === undefined ? undefined : check.text('contentType', contentType)
    if (this.answersFor !== undefined) told(() => this.shared.native.answered(this.answersFor as string, status, type))
  }

  /** @internal Whose calls these headers are for. */
  get answersFor(): string | undefined {
    return undefined
  }

  /** Whether headers may be sent to this URL. Adapters ask before they attach any. */
  covers(url: string | URL): boolean {
    return this.shared.native.covers(String(url))
  }

  /** Whether headers that were sent to one URL may go along to another on a redirect. Adapters ask at each. */
  mayFollow(from: string | URL, to: string | URL): boolean {
    return this.shared.native.mayFollow(String(from), String(to))
  }

  /**
   * A drop-in `fetch`: puts the headers on calls to Vipps, over any of the same name, and on no others. After a 401 the call is
   * made once more with another token, if its body can be sent again. Redirects are followed within one origin; others are
   * handed back as they are.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return authorizedFetch(this, input, init)
  }

  /**
   * An interceptor for undici 7 and newer: `new Agent().compose(shop.undici())`. Give it before one that follows redirects,
   * as in `compose(shop.undici(), interceptors.redirect())`, so that it sees every hop. A call's own option `vipps` chooses
   * another merchant for that call.
   */
  undici(): UndiciInterceptor {
    return undiciInterceptor(this)
  }

  /**
   * Puts the headers on the calls of an axios instance (axios 1); returns a function that ends it. A call's own option `vipps`
   * chooses another merchant for that call.
   */
  axios(instance: AxiosLike): () => void {
    return authorizeAxios(this, instance)
  }

  /** @internal A call to this URL got no headers: told once for each other host. */
  withheld(url: string): void {
    this.shared.native.headersWithheld(url)
  }
}

/** The merchant or partner that a call's own option names. */
export function callerOf(option: unknown, usual: Handle): Handle {
  if (option === undefined) return usual
  if (option instanceof Handle) return option
  throw new TypeError('vipps must be a Partner or a Merchant')
}

function authorizationOf({ headers, token }: Authorized): Authorization {
  return { headers, token: new AccessToken(token) }
}

/** The native partner with what all its handles share. */
class Shared {
  readonly native: NativePartner
  readonly life: Life

  constructor(partner: NativePartner) {
    this.native = partner
    this.life = new Life(partner)
  }
}

/** One set of keys at work. Make one per set of keys and keep it: it holds the token. */
export class Partner extends Handle {
  /** Checks everything that can be checked without asking Vipps; a wrong setting is named by `field`. */
  constructor(options: PartnerOptions) {
    super(options instanceof Shared ? options : made(options), undefined)
  }

  /**
   * Reads keys (sales unit keys where `VIPPS_MSN` is set, else partner keys), `VIPPS_SYSTEM_NAME`, `VIPPS_SYSTEM_VERSION`
   * and `VIPPS_ENVIRONMENT` from `variables`, by default `process.env`.
   */
  static fromEnv(options?: Settings & { variables?: Variables | undefined }): Partner {
    const read = check.options('options', options, FROM_ENV)
    const given = settings(read)
    const partner = lookedUp(read.variables ?? process.env, (lookup) => native.Partner.fromVars(lookup, given))
    return new Partner(new Shared(partner) as object as PartnerOptions)
  }

  /** The same keys, bound to one merchant. Keep the handle: it holds the finished headers. */
  merchant(msn: string): Merchant {
    const digits = check.text('msn', msn)
    return new Merchant(this, told(() => native.msn(digits)))
  }

  /** The token by itself, for code that builds headers on its own. */
  async accessToken(options?: CallOptions): Promise<AccessToken> {
    const signal = check.signalOf(options)
    const token = await later(signal, (cancel) => this.shared.native.accessToken(cancel))
    this.shared.life.check()
    return new AccessToken(token)
  }

  /**
   * Looks whether everything is as it must be: keys, network, clock, token, key set, sales units, Redis. What it finds is in the
   * report and rejects nothing. Changes nothing at Vipps.
   */
  async doctor(options?: DoctorOptions): Promise<DoctorReport> {
    const { msns = [], redirectUri, offline = false, signal } = check.options('options', options, DOCTOR)
    return report(await later(signal, (cancel) => this.shared.native.doctor(cancel, msns, redirectUri, offline)))
  }

  /**
   * Puts other keys in the place of those in use: of the same kind, and for the same sales unit and scope. They are tried
   * first. Until Vipps has given a token for them, and where it gives none, everything stays as it was; then keys and token
   * change at one moment, for all merchants of this partner. Rejects as {@link headers} does, and with `invalid_config` for keys
   * that can't take the place of those in use.
   */
  async replaceKeys(keys: Keys, options?: CallOptions): Promise<void> {
    const given = nativeKeys(keys)
    const signal = check.signalOf(options)
    await later(signal, (cancel) => this.shared.native.replaceKeys(cancel, given))
    this.shared.life.check()
  }

  /** Drops this token, if it is the one in use; tells whether it was. A late refusal can't evict a newer token. */
  invalidate(token: AccessToken): boolean {
    const { native: dropped } = check.instance('token', token, AccessToken)
    const was = told(() => this.shared.native.invalidate(dropped))
    this.shared.life.check()
    return was
  }

  /**
   * The sales units that these keys can act for, the whole list at once. From the second call on, what differs from the list
   * before is told as the events `merchant_connected` and `merchant_gone`. The test environment has no Management API, which
   * this asks.
   */
  async salesUnits(options?: CallOptions): Promise<SalesUnit[]> {
    return this.#asked(options, (cancel) => this.shared.native.salesUnits(cancel))
  }

  /** Those of one merchant, by its number in a register of businesses, such as `NO:ORG` and nine digits. */
  async salesUnitsOf(scheme: string, id: string, options?: CallOptions): Promise<SalesUnit[]> {
    const register = check.text('scheme', scheme)
    const number = check.text('id', id)
    return this.#asked(options, (cancel) => this.shared.native.salesUnitsOf(cancel, register, number))
  }

  /** Whether these keys can act for one sales unit, and what Vipps says of it. */
  async salesUnit(msn: string, options?: CallOptions): Promise<SalesUnitStatus> {
    const digits = check.text('msn', msn)
    return this.#asked(options, (cancel) => this.shared.native.salesUnit(cancel, digits))
  }

  /** The list beside the MSNs that your records hold: what is new, and what is gone. Tells both as events. */
  async salesUnitChanges(known: string[], options?: CallOptions): Promise<SalesUnitChanges> {
    const msns = check.texts('known', known)
    return this.#asked(options, (cancel) => this.shared.native.salesUnitChanges(cancel, msns))
  }

  /**
   * Looks whether a merchant is ready to be served, such as when it is added: token, clock, connection, Login. Changes nothing
   * at Vipps; of Login it asks for the tokens of a code that nobody was given, which is refused. What it finds is data and no
   * error.
   */
  async check(msn: string, options?: CallOptions): Promise<MerchantCheck> {
    const digits = check.text('msn', msn)
    return this.#asked(options, (cancel) => this.shared.native.check(cancel, digits))
  }

  async #asked<T>(options: CallOptions | undefined, call: (cancel: NativeCancel | undefined) => Promise<string>): Promise<T> {
    const json = await later(check.signalOf(options), call)
    this.shared.life.check()
    return JSON.parse(json) as T
  }

  /** Changes with each new token and each one that is dropped. */
  get generation(): number {
    return this.shared.native.generation()
  }

  /** What happened so far. */
  stats(): Stats {
    return this.shared.native.stats()
  }

  /** Where this partner's calls go. */
  get environment(): Environment {
    return this.shared.native.environment()
  }

  /** @internal */
  [INSPECT](): string {
    return shown('Partner', { environment: this.environment.baseUrl, keys: this.shared.native.kind })
  }
}

const OPTIONS = Object.assign({}, RULES, { keys: 'any', system: 'any' } as const)
const FROM_ENV = Object.assign({}, RULES, { variables: 'any' } as const)

function made(options: PartnerOptions): Shared {
  const read = check.options('options', check.named('options', options) as object as PartnerOptions, OPTIONS)
  const keys = nativeKeys(read.keys)
  const info = system(read.system)
  const given = settings(read)
  return new Shared(told(() => new native.Partner(keys, info, given)))
}

/** A {@link Partner} bound to one merchant. */
export class Merchant extends Handle {
  /** The sales unit this handle speaks for. */
  readonly msn: string
  /** The partner behind it. */
  declare readonly partner: Partner

  /** @internal */
  constructor(partner: Partner, msn: string) {
    super(partner.shared, msn)
    this.msn = msn
    Object.defineProperty(this, 'partner', { value: partner, enumerable: false })
  }

  /** @internal */
  override get answersFor(): string {
    return this.msn
  }

  /** @internal */
  [INSPECT](): string {
    return shown('Merchant', { msn: this.msn, environment: this.partner.environment.baseUrl })
  }

  /**
   * Checks an ID token for this merchant; its MSN, and its client id where the keys tell it, are filled in. Give the
   * {@link LoginRequest} that the token must answer, or what it must say.
   */
  async verifyIdToken(jwt: string, expect?: (Expect & CallOptions) | LoginRequest): Promise<IdTokenClaims> {
    const token = check.foreignText('jwt', jwt)
    const [wanted, signal] = expectedOf(expect)
    const partner = this.shared.native
    const now = told(() => partner.verifyCached(this.msn, token, wanted))
    return opened(now ?? (await later(signal, (cancel) => partner.verify(cancel, this.msn, token, wanted))))
  }

  /** The same check without waiting; `undefined` when keys must be fetched first. */
  verifyIdTokenCached(jwt: string, expect?: Expect | LoginRequest): IdTokenClaims | undefined {
    const token = bounded(jwt)
    const wanted = expected(expect)
    const claims = told(() => this.shared.native.verifyCached(this.msn, token, wanted))
    return claims === null ? undefined : opened(claims)
  }

  /**
   * Login in the browser, with this `redirectUri`: the very text that is registered in the portal. A wrong one is named by
   * `field`.
   */
  login(redirectUri: string): Login {
    const uri = check.text('redirectUri', redirectUri)
    const { native: partner, life } = this.shared
    return new Login(told(() => partner.login(this.msn, uri)), life, { msn: this.msn, redirectUri: uri })
  }

  /** Login from a phone number, for tills, call centres and kiosks. */
  backchannel(): Backchannel {
    const { native: partner, life } = this.shared
    return new Backchannel(told(() => partner.backchannel(this.msn)), life, this.msn)
  }
}

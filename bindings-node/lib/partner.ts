// The entry point: a partner's keys at work, and the same bound to one merchant.

import { Backchannel } from './backchannel.js'
import * as check from './check.js'
import { packed, type Expect, type IdTokenClaims, bounded, EXPECT, opened } from './claims.js'
import { told } from './errors.js'
import { type AuthHeaders, type Authorized, HeaderSource, Life } from './headers.js'
import { later, type CallOptions } from './later.js'
import { type Keys, nativeKeys, vars, type Variables } from './keys.js'
import { Login } from './login.js'
import { native, type NativePartner, type NativeStats, type NativeToken } from './native.js'
import { type Environment, RULES, settings, type Settings, system, type SystemInfo } from './settings.js'
import { AccessToken } from './token.js'
import { authorizedFetch } from './fetch.js'
import { undiciInterceptor, type UndiciInterceptor } from './undici.js'
import { authorizeAxios, type AxiosLike } from './axios.js'

/** How a {@link Partner} is made. */
export interface PartnerOptions extends Settings {
  keys: Keys
  system: SystemInfo
}

/** Counters since the partner was made. */
export interface Stats extends NativeStats {}

/** What an adapter needs to know of who calls. */
export interface Caller {
  covers(url: string): boolean
  authorized(signal?: AbortSignal | undefined): Promise<Authorized>
  refused(token: NativeToken): boolean
}

const CALL = { signal: 'any' } as const

function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  return options === undefined ? undefined : check.signal(check.options('options', options, CALL).signal)
}

/** What a partner and a merchant have in common. */
abstract class Handle extends HeaderSource {
  /** @internal */
  declare readonly shared: Shared

  /** @internal */
  constructor(shared: Shared, msn: string | undefined) {
    super(shared.native, shared.life, msn)
    Object.defineProperty(this, 'shared', { value: shared, enumerable: false })
  }

  /**
   * All headers of a call. Fetches a token if none is at hand; otherwise this is a copy of finished headers and calls
   * nothing. The token is renewed behind the callers, before it runs out.
   */
  async headers(options?: CallOptions): Promise<AuthHeaders> {
    const headers = options === undefined ? this.fresh() : undefined
    if (headers !== undefined) return headers
    const signal = signalOf(options)
    const found = await this.sought(signal)
    return this.fresh() ?? (await this.received(found, signal)).headers
  }

  /** The same headers without waiting; `undefined` when a token must be fetched first, or the keys are not for this MSN. */
  cachedHeaders(): AuthHeaders | undefined {
    return this.fresh() ?? this.cached()
  }

  /**
   * A drop-in `fetch`: puts the headers on calls to Vipps, over any of the same name, and on no others. A 401 drops the
   * token and the call is made once more, if the body can be sent again: streams can't. Redirects are followed within one
   * origin; others are handed back as they are.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return authorizedFetch(this.caller(), input, init)
  }

  /**
   * An interceptor for undici 7 and newer: `new Agent().compose(shop.undici())`. Give it before one that follows redirects,
   * as in `compose(shop.undici(), interceptors.redirect())`, so that it sees every hop.
   */
  undici(): UndiciInterceptor {
    return undiciInterceptor(this.caller())
  }

  /** Puts the headers on the calls of an axios instance; returns a function that ends it. */
  axios(instance: AxiosLike): () => void {
    return authorizeAxios(this.caller(), instance)
  }

  /** @internal */
  caller(): Caller {
    const { shared } = this
    return {
      covers: (url) => shared.native.covers(url),
      authorized: (signal) => this.authorized(signal),
      refused: (token) => shared.refused(token),
    }
  }
}

/** The native partner with what all its handles share. */
class Shared {
  readonly native: NativePartner
  readonly life: Life

  constructor(partner: NativePartner) {
    this.native = partner
    this.life = new Life(partner)
  }

  refused(token: NativeToken): boolean {
    const again = told(() => this.native.refused(token))
    this.life.check()
    return again
  }
}

/** One set of keys at work. Make one per set of keys and keep it: it holds the token. */
export class Partner extends Handle {
  /** Checks everything that can be checked without asking Vipps; a wrong setting is named by `field`. */
  constructor(options: PartnerOptions) {
    super(options instanceof Shared ? options : new Shared(made(options)), undefined)
  }

  /**
   * Reads keys (sales unit keys where `VIPPS_MSN` is set, else partner keys), `VIPPS_SYSTEM_NAME`, `VIPPS_SYSTEM_VERSION`
   * and `VIPPS_ENVIRONMENT` from `variables`, by default `process.env`.
   */
  static fromEnv(options?: Settings & { variables?: Variables | undefined }): Partner {
    const { variables = process.env, ...rest } = options ?? {}
    const given = settings('options', rest)
    const partner = told(() => native.Partner.fromVars(vars(variables), given))
    return new Partner(new Shared(partner) as object as PartnerOptions)
  }

  /** The same keys, bound to one merchant. Keep the handle: it holds the finished headers. */
  merchant(msn: string): Merchant {
    const digits = check.text('msn', msn)
    return new Merchant(this, told(() => native.msn(digits)))
  }

  /** The token by itself, for code that builds headers on its own. */
  async accessToken(options?: CallOptions): Promise<AccessToken> {
    const signal = signalOf(options)
    const token = await later(signal, (cancel) => this.shared.native.accessToken(cancel))
    this.shared.life.check()
    return new AccessToken(token)
  }

  /** Drops this token, if it is the one in use; tells whether it was. A late refusal can't evict a newer token. */
  invalidate(token: AccessToken): boolean {
    const { native: dropped } = check.instance('token', token, AccessToken)
    const was = told(() => this.shared.native.invalidate(dropped))
    this.shared.life.check()
    return was
  }

  /** For adapters, when an API answered 401 to this token: drops it and tells whether one more try makes sense. */
  refused(token: AccessToken): boolean {
    return this.shared.refused(check.instance('token', token, AccessToken).native)
  }

  /** Whether headers may be sent to this URL. Adapters ask before they attach any. */
  covers(url: string | URL): boolean {
    return this.shared.native.covers(String(url))
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
}

const OPTIONS = { ...RULES, keys: 'any', system: 'any' } as const

function made(options: PartnerOptions): NativePartner {
  if (options === undefined) throw new TypeError('options must be an object')
  const { keys, system: info, ...rest } = check.options('options', options, OPTIONS)
  const [holder, caller, given] = [nativeKeys(keys), system(info), settings('options', rest)]
  return told(() => new native.Partner(holder, caller, given))
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

  /** Checks an ID token for this merchant; its MSN, and its client id where the keys tell it, are filled in. */
  async verifyIdToken(jwt: string, expect?: Expect & CallOptions): Promise<IdTokenClaims> {
    const { signal, ...expected } = check.options('expect', expect, { ...EXPECT, signal: 'any' })
    const now = this.verifyIdTokenCached(jwt, expected)
    if (now !== undefined) return now
    const partner = this.shared.native
    const call = check.signal(signal)
    const token = bounded(jwt)
    return opened(await later(call, (cancel) => partner.verify(cancel, this.msn, token, ...packed(expected))))
  }

  /** The same check without waiting; `undefined` when keys must be fetched first. */
  verifyIdTokenCached(jwt: string, expect?: Expect): IdTokenClaims | undefined {
    const token = bounded(jwt)
    const expected = packed(check.options('expect', expect, EXPECT))
    const claims = told(() => this.shared.native.verifyCached(this.msn, token, ...expected))
    return claims === null ? undefined : opened(claims)
  }

  /**
   * Login in the browser, with this `redirectUri`: the very text that is registered in the portal. A wrong one is named by
   * `field`.
   */
  login(redirectUri: string): Login {
    const uri = check.text('redirectUri', redirectUri)
    const { native: partner, life } = this.shared
    return new Login(told(() => partner.login(this.msn, uri)), life)
  }

  /** Login from a phone number, for tills, call centres and kiosks. */
  backchannel(): Backchannel {
    const { native: partner, life } = this.shared
    return new Backchannel(told(() => partner.backchannel(this.msn)), life)
  }
}

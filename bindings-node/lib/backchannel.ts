// Login from a phone number (CIBA Core, poll mode, with Vipps' redirect variant).

import * as check from './check.js'
import { told } from './errors.js'
import { INSPECT, shown } from './inspect.js'
import type { Life } from './headers.js'
import { later, type CallOptions } from './later.js'
import { LoginResult, Userinfo } from './login.js'
import { native, type NativeBackchannel, type NativeCancel, type NativePending, type NativeResult } from './native.js'
import { values } from './values.js'
import { VerifiedWebhook } from './webhook.js'

/** How a login from a phone number is started. */
export interface BackchannelOptions extends CallOptions {
  /** `urn:msisdn:` and a phone number with country code, or `urn:customer-token:` and a token. */
  loginHint: string
  /** `openid` among them. */
  scopes: string[]
  // Generated from core/src/login/backchannel.rs by `cargo run -p tests --bin make-settings`.
  /**
   * A short code that both devices show, so that the person sees which login they confirm: 5 to 8 of `A` to `Z`, `0` to `9` and
   * hyphen. Default: none.
   */
  bindingMessage?: string | undefined
  /**
   * How long the person may take: 60 to 900 s, whole seconds. In milliseconds. Default: none; Vipps chooses, about ten minutes.
   */
  requestedExpiry?: number | undefined
  /**
   * The web page in the phone's browser where the login ends, in the place of polling. Don't combine it with the webhook, which
   * would use up the only exchange. Default: none; the login ends by polling.
   */
  redirectUri?: string | undefined
  // End of what is generated.
}

/** What {@link Backchannel.states} tells. */
export type BackchannelState =
  | {
      /** Nobody has decided yet. */
      status: 'pending'
      /** Milliseconds until Vipps is asked again. */
      nextPollIn: number
    }
  | {
      /** The person approved. */
      status: 'complete'
      /** Who it is. */
      result: LoginResult
    }

const OPTIONS = {
  // Generated from core/src/login/backchannel.rs by `cargo run -p tests --bin make-settings`.
  bindingMessage: 'string',
  requestedExpiry: 'milliseconds',
  redirectUri: 'string',
  // End of what is generated.
} as const
const START = Object.assign({}, OPTIONS, { loginHint: 'string', scopes: 'strings', signal: 'signal' } as const)
const WAIT = { signal: 'signal', timeout: 'number' } as const

/** Login from a phone number for one merchant; made by {@link Merchant.backchannel}. Not for web pages or apps. */
export class Backchannel {
  readonly #native: NativeBackchannel
  readonly #life: Life
  readonly #msn: string

  /** @internal */
  constructor(phone: NativeBackchannel, life: Life, msn: string) {
    this.#native = phone
    this.#life = life
    this.#msn = msn
  }

  /** @internal */
  [INSPECT](): string {
    return shown('Backchannel', { msn: this.#msn })
  }

  /** Whether a person with this number can be asked; `undefined` where Vipps does not offer to tell. */
  async userExists(msisdn: string, options?: CallOptions): Promise<boolean | undefined> {
    const number = check.text('msisdn', msisdn)
    const signal = check.signalOf(options)
    return (await this.#call(signal, (cancel) => this.#native.userExists(cancel, number))) ?? undefined
  }

  /** Asks a person to log in. */
  async start(options: BackchannelOptions): Promise<PendingLogin> {
    const given = check.options('options', options, START)
    const hint = check.text('loginHint', given.loginHint)
    const asked = check.texts('scopes', given.scopes)
    const wanted = values(given, OPTIONS)
    return new PendingLogin(await this.#call(given.signal, (cancel) => this.#native.start(cancel, hint, asked, wanted)))
  }

  /** Asks once whether the person has decided; `undefined` while they have not, and without asking before it is time. */
  async poll(pending: Pending, options?: CallOptions): Promise<LoginResult | undefined> {
    const [{ native: login }, signal] = [PendingLogin.from(pending), check.signalOf(options)]
    return result(await this.#call(signal, (cancel) => this.#native.poll(cancel, login)))
  }

  /**
   * Polls at the pace Vipps wants until the person has decided; `undefined` when `timeout` (milliseconds; by default the
   * life of the login) is over first. The login goes on then, and so it does when the call is aborted.
   */
  async wait(pending: Pending, options?: CallOptions & { timeout?: number | undefined }): Promise<LoginResult | undefined> {
    const { timeout, signal } = check.options('options', options, WAIT)
    const { native: login } = PendingLogin.from(pending)
    return result(await this.#call(signal, (cancel) => this.#native.wait(cancel, login, timeout)))
  }

  /** The states of a login, one for each time that Vipps is asked, until it is complete. Fails as {@link wait} does. */
  async *states(pending: Pending, options?: CallOptions): AsyncGenerator<BackchannelState, void, undefined> {
    const { native: login } = PendingLogin.from(pending)
    const signal = check.signalOf(options)
    for (;;) {
      const told = await this.#call(signal, (cancel) => this.#native.nextState(cancel, login))
      if (typeof told !== 'number') return yield { status: 'complete', result: new LoginResult(told) }
      yield { status: 'pending', nextPollIn: told }
    }
  }

  /** Milliseconds until {@link poll} will ask Vipps again, for those who keep their own time. */
  nextPollIn(pending: Pending): number {
    return this.#native.nextPollIn(PendingLogin.from(pending).native)
  }

  /**
   * Asks once because a webhook said so, whatever the interval; `undefined` if nobody has decided after all.
   * `webhook.ping()` says which login it is about.
   */
  async finishWebhook(webhook: VerifiedWebhook, pending: Pending, options?: CallOptions): Promise<LoginResult | undefined> {
    return this.finishPing(check.instance('webhook', webhook, VerifiedWebhook).text(), pending, options)
  }

  /**
   * {@link finishWebhook} for the body alone, which must have been verified before: its signature is not looked at. `body` is the
   * event's JSON.
   */
  async finishPing(body: string, pending: Pending, options?: CallOptions): Promise<LoginResult | undefined> {
    const [text, { native: login }] = [check.foreignText('body', body), PendingLogin.from(pending)]
    return result(await this.#call(check.signalOf(options), (cancel) => this.#native.finishPing(cancel, text, login)))
  }

  /** Ends a login of the redirect variant. `callbackUrl` is what the phone's browser came to. */
  async finishRedirect(callbackUrl: string, pending: Pending, options?: CallOptions): Promise<LoginResult> {
    const [url, { native: login }] = [check.foreignText('callbackUrl', callbackUrl), PendingLogin.from(pending)]
    return new LoginResult(await this.#call(check.signalOf(options), (cancel) => this.#native.finishRedirect(cancel, url, login)))
  }

  /** Asks who the person is, as {@link Login.userinfo}. */
  async userinfo(result: LoginResult, options?: CallOptions): Promise<Userinfo> {
    const { native: login } = check.instance('result', result, LoginResult)
    return new Userinfo(await this.#call(check.signalOf(options), (cancel) => this.#native.userinfo(cancel, login)))
  }

  /** Any of these calls may find out that the partner's token is refused. */
  async #call<T>(signal: AbortSignal | undefined, call: (cancel?: NativeCancel) => Promise<T>): Promise<T> {
    try {
      return await later(signal, call)
    } finally {
      this.#life.check()
    }
  }
}

type Pending = PendingLogin | object | string

function result(answer: NativeResult | null): LoginResult | undefined {
  return answer === null ? undefined : new LoginResult(answer)
}

/**
 * A login by phone number that waits for the person. Keep it on the server, also over a restart as JSON: whoever holds it
 * and the keys can end the login. It holds the pace of polling.
 */
export class PendingLogin {
  /** @internal */
  readonly native: NativePending

  /** @internal */
  constructor(pending: NativePending) {
    this.native = pending
    Object.defineProperty(this, 'native', { enumerable: false })
  }

  /** A login that was kept: what {@link toJSON} gave, or the same as text. */
  static fromJSON(json: object | string): PendingLogin {
    const text = typeof json === 'string' ? check.text('pending', json) : check.json('pending', json)
    return told(() => new PendingLogin(native.PendingLogin.fromJson(text)))
  }

  /** @internal */
  static from(pending: unknown): PendingLogin {
    if (pending instanceof PendingLogin) return pending
    if (typeof pending === 'string' || (typeof pending === 'object' && pending !== null)) return PendingLogin.fromJSON(pending)
    throw new TypeError('pending must be a PendingLogin or its JSON')
  }

  /** The id of this login at Vipps; the webhook's ping names it. */
  get authReqId(): string {
    return this.native.authReqId
  }

  /** The merchant serial number of the sales unit. */
  get msn(): string {
    return this.native.msn
  }

  /** The scopes that were asked for. */
  get scopes(): string[] {
    return this.native.scopes
  }

  /** Until when the person may decide. */
  get expiresAt(): Date {
    return new Date(this.native.expiresAt)
  }

  /** The least time between two polls, in milliseconds. */
  get interval(): number {
    return this.native.interval
  }

  /** Whether it ends by {@link Backchannel.finishRedirect} and not by polling. */
  get endsByRedirect(): boolean {
    return this.native.endsByRedirect
  }

  /** @internal */
  [INSPECT](): string {
    return shown('PendingLogin', { msn: this.msn, expires: this.expiresAt.toISOString() })
  }

  /** To be kept over a restart. */
  toJSON(): Record<string, unknown> {
    return JSON.parse(this.native.toJson()) as Record<string, unknown>
  }
}

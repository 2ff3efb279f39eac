// The one state this face keeps: finished headers, for as long as the library says they hold.
//
// A native call costs more than copying the headers, so a warm `headers()` makes none. When the moment has come the library
// is asked again, which renews the token in the background, and it goes on being asked until the new token is there.

import { isAboutArgument, told, translated } from './errors.js'
import { later, shared, throwIfAborted } from './later.js'
import type { NativePartner, NativeSnapshot, NativeToken } from './native.js'
import { type AuthHeaders, Template } from './template.js'

export type { AuthHeaders }

/** Headers with the token they carry. */
export interface Authorized {
  headers: AuthHeaders
  token: NativeToken
}

/** What the handles of one partner share: which token is the one in use, until when it need not be asked about, who fetches. */
export class Life {
  epoch: Epoch | undefined
  flight: Promise<Landing> | undefined
  readonly #native: NativePartner

  constructor(partner: NativePartner) {
    this.#native = partner
  }

  /** The epoch of a snapshot; `undefined` for one that must not be kept. */
  enter(snapshot: NativeSnapshot, askedAt: number): Epoch | undefined {
    if (snapshot.freshFor <= 0) return undefined
    if (this.epoch?.generation === snapshot.generation) return this.epoch
    this.end()
    this.epoch = new Epoch(snapshot, askedAt + snapshot.freshFor, this)
    return this.epoch
  }

  end(): void {
    this.epoch?.stop()
    this.epoch = undefined
  }

  /** Ends the epoch if the library has another token by now: a login may have found out that the old one is refused. */
  check(): void {
    if (this.epoch !== undefined && this.epoch.generation !== this.#native.generation()) this.end()
  }
}

/** How a fetch ended that callers of all handles wait for; it was made for one of them. */
class Landing {
  readonly source: HeaderSource
  readonly outcome: Authorized | undefined
  readonly error: unknown

  constructor(source: HeaderSource, outcome: Authorized | undefined, error?: unknown) {
    this.source = source
    this.outcome = outcome
    this.error = error
  }
}

/** One token's time. It ends when the wall clock or the monotonic one says so, whichever is first. */
class Epoch {
  readonly generation: number
  until: number
  readonly token: NativeToken
  #template: Template<Epoch> | undefined
  readonly #timer: NodeJS.Timeout

  constructor(snapshot: NativeSnapshot, until: number, life: Life) {
    this.generation = snapshot.generation
    this.token = snapshot.token
    this.until = until
    // A timer goes by the monotonic clock, at no cost to any call. It must hold neither the process nor the partner.
    const owner = new WeakRef(life)
    const end = () => {
      const life = owner.deref()
      if (life?.epoch?.generation === snapshot.generation) life.end()
    }
    this.#timer = setTimeout(end, Math.min(snapshot.freshFor, LONGEST_TIMER))
    this.#timer.unref?.()
  }

  /** Every handle looks at `until`, so this ends it for all of them. */
  stop(): void {
    this.until = 0
    clearTimeout(this.#timer)
  }

  /** One for all merchants, where their headers are alike. */
  shared(headers: AuthHeaders, own: string | undefined): Template<Epoch> {
    this.#template ??= new Template(this, headers, own)
    return this.#template.isLike(headers, own) ? this.#template : new Template(this, headers, own)
  }
}

const LONGEST_TIMER = 2 ** 31 - 1

/** Headers of one merchant, or of the partner itself where `msn` is `undefined`. */
export abstract class HeaderSource {
  #template: Template<Epoch> | undefined
  readonly #msn: string | undefined
  readonly #native: NativePartner
  readonly #life: Life

  /** @internal */
  constructor(partner: NativePartner, life: Life, msn: string | undefined) {
    this.#native = partner
    this.#life = life
    this.#msn = msn
  }

  /** @internal The hot path. */
  fresh(): AuthHeaders | undefined {
    const template = this.#template
    return template !== undefined && Date.now() < template.epoch.until ? template.copy(this.#msn) : undefined
  }

  /** @internal */
  cached(): AuthHeaders | undefined {
    return this.#asked()?.headers
  }

  /** @internal */
  async authorized(signal?: AbortSignal | undefined): Promise<Authorized> {
    return await this.received(await this.sought(signal), signal)
  }

  /** @internal Another token's headers, after an API answered 401 to this one. */
  async replacement(token: NativeToken, signal: AbortSignal | undefined): Promise<Authorized> {
    const askedAt = Date.now()
    try {
      return this.#keep(await later(signal, (cancel) => this.#native.refused(cancel, token, this.#msn)), askedAt)
    } finally {
      this.#life.check()
    }
  }

  /**
   * @internal What is at hand, or what to wait for: one promise for all callers, and no native call for those who come before
   * it has landed. Ten thousand may come at once.
   */
  sought(signal: AbortSignal | undefined): Authorized | Promise<Landing> {
    throwIfAborted(signal)
    const flight = this.#life.flight
    const found = this.#kept() ?? (flight === undefined ? this.#asked() : undefined)
    if (found !== undefined) return found
    return signal === undefined ? (flight ?? this.#started()) : shared(signal, flight ?? this.#started())
  }

  /** @internal A copy for each, and an error for each. */
  received(found: Authorized | Landing, signal: AbortSignal | undefined): Authorized | Promise<Authorized> {
    if (!(found instanceof Landing)) return found
    const { source, outcome, error } = found
    if (outcome === undefined && (source === this || !isAboutArgument(error))) throw translated(error)
    const kept = this.#kept()
    if (kept !== undefined) return kept
    if (outcome !== undefined && source === this) return { headers: Object.assign({}, outcome.headers), token: outcome.token }
    return this.#asked() ?? this.#alone(signal)
  }

  /** The fetch that others made has not helped: it failed for a reason that was its source's alone, or its token is gone. */
  async #alone(signal: AbortSignal | undefined): Promise<Authorized> {
    return await this.received(await shared(signal, this.#fetched()), signal)
  }

  #kept(): Authorized | undefined {
    const headers = this.fresh()
    return headers === undefined ? undefined : { headers, token: (this.#template as Template<Epoch>).epoch.token }
  }

  #asked(): Authorized | undefined {
    const askedAt = Date.now()
    const snapshot = told(() => this.#native.cached(this.#msn))
    return snapshot === null ? undefined : this.#keep(snapshot, askedAt)
  }

  #started(): Promise<Landing> {
    return (this.#life.flight = this.#fetched().finally(() => (this.#life.flight = undefined)))
  }

  async #fetched(): Promise<Landing> {
    const askedAt = Date.now()
    try {
      return new Landing(this, this.#keep(await this.#native.authorization(this.#msn), askedAt))
    } catch (error) {
      return new Landing(this, undefined, error)
    }
  }

  #keep(snapshot: NativeSnapshot, askedAt: number): Authorized {
    const epoch = this.#life.enter(snapshot, askedAt)
    const headers = paired(snapshot.headers)
    if (epoch !== undefined && epoch !== this.#template?.epoch) this.#template = this.#templateIn(epoch, headers)
    return { headers, token: snapshot.token }
  }

  #templateIn(epoch: Epoch, headers: AuthHeaders): Template<Epoch> {
    const all = Object.entries(headers)
    const own = all.find(([, value]) => value === this.#msn)?.[0]
    return epoch.shared(Object.fromEntries(all.filter(([name]) => name !== own)), own)
  }
}

function paired(inTurn: string[]): AuthHeaders {
  const headers: AuthHeaders = {}
  for (let at = 0; at + 1 < inTurn.length; at += 2) headers[inTurn[at] as string] = inTurn[at + 1] as string
  return headers
}

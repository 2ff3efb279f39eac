// The one state this face keeps: finished headers, for as long as the library says they hold.
//
// A native call costs more than copying the headers, so a warm `headers()` makes none. When the moment has come the library
// is asked again, which renews the token behind the caller, and it goes on being asked until the new token is there.

import { told, translated } from './errors.js'
import { shared } from './later.js'
import type { NativePartner, NativeSnapshot, NativeToken } from './native.js'

/** All headers of a call, names in lower case. A copy of your own. */
export type AuthHeaders = Record<string, string>

/** Headers with the token they carry. */
export interface Authorized {
  headers: AuthHeaders
  token: NativeToken
}

/** What the handles of one partner share: which token is the one in use, and until when it need not be asked about. */
export class Life {
  epoch: Epoch | undefined
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

/** One token's time. It ends when the wall clock or the monotonic one says so, whichever is first. */
class Epoch {
  readonly generation: number
  until: number
  readonly token: NativeToken
  #common: AuthHeaders | undefined
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

  /** Ten thousand merchants share one set of headers, but for the one that names each: it is set in every copy. */
  shared(headers: AuthHeaders, own: string | undefined): AuthHeaders {
    if (own === undefined) return headers
    this.#common ??= headers
    return areAlike(this.#common, headers, own) ? this.#common : headers
  }
}

function areAlike(one: AuthHeaders, other: AuthHeaders, except: string): boolean {
  const names = Object.keys(one)
  const same = names.every((name) => name === except ? name in other : one[name] === other[name])
  return same && names.length === Object.keys(other).length
}

const LONGEST_TIMER = 2 ** 31 - 1

/** Headers of one merchant, or of the partner itself where `msn` is `undefined`. */
export abstract class HeaderSource {
  readonly #native: NativePartner
  readonly #life: Life
  readonly #msn: string | undefined
  #epoch: Epoch | undefined
  #headers: AuthHeaders | undefined
  /** Which of them names the merchant. */
  #own: string | undefined
  #fetch: Promise<NativeSnapshot> | undefined

  /** @internal */
  constructor(partner: NativePartner, life: Life, msn: string | undefined) {
    this.#native = partner
    this.#life = life
    this.#msn = msn
  }

  /** @internal The hot path. */
  fresh(): AuthHeaders | undefined {
    const epoch = this.#epoch
    return epoch !== undefined && Date.now() < epoch.until ? this.#copy() : undefined
  }

  #copy(): AuthHeaders {
    const headers: AuthHeaders = { ...this.#headers }
    if (this.#own !== undefined) headers[this.#own] = this.#msn as string
    return headers
  }

  /** @internal */
  cached(): AuthHeaders | undefined {
    return this.#asked()?.headers
  }

  /** @internal */
  async authorized(signal: AbortSignal | undefined): Promise<Authorized> {
    signal?.throwIfAborted()
    const headers = this.fresh()
    if (headers !== undefined) return { headers, token: (this.#epoch as Epoch).token }
    return this.#asked() ?? (await this.#fetched(signal))
  }

  #asked(): Authorized | undefined {
    const askedAt = Date.now()
    const snapshot = told(() => this.#native.cached(this.#msn))
    return snapshot === null ? undefined : this.#kept(snapshot, askedAt)
  }

  /** All who wait share one native call; each gets an error of its own. */
  async #fetched(signal: AbortSignal | undefined): Promise<Authorized> {
    const askedAt = Date.now()
    this.#fetch ??= this.#authorization()
    try {
      return this.#kept(await shared(signal, this.#fetch), askedAt)
    } catch (error) {
      throw error === signal?.reason ? error : translated(error)
    }
  }

  async #authorization(): Promise<NativeSnapshot> {
    try {
      return await this.#native.authorization(this.#msn)
    } finally {
      this.#fetch = undefined
    }
  }

  #kept(snapshot: NativeSnapshot, askedAt: number): Authorized {
    const epoch = this.#life.enter(snapshot, askedAt)
    if (epoch === undefined) return { headers: paired(snapshot.headers), token: snapshot.token }
    if (epoch !== this.#epoch) this.#enter(epoch, paired(snapshot.headers))
    return { headers: this.#copy(), token: epoch.token }
  }

  #enter(epoch: Epoch, headers: AuthHeaders): void {
    this.#own = this.#msn === undefined ? undefined : Object.keys(headers).find((name) => headers[name] === this.#msn)
    this.#headers = epoch.shared(headers, this.#own)
    this.#epoch = epoch
  }
}

function paired(inTurn: string[]): AuthHeaders {
  const headers: AuthHeaders = {}
  for (let at = 0; at + 1 < inTurn.length; at += 2) headers[inTurn[at] as string] = inTurn[at + 1] as string
  return headers
}

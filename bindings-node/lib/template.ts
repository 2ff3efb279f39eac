// Finished headers that ten thousand merchants share, but for the one that names each.

/** All headers of a call, names in lower case. A copy of your own. */
export type AuthHeaders = Record<string, string>

/** What the copies have in common. `own` is the header that holds the merchant's number, where there is one. */
export class Template<Epoch> {
  readonly epoch: Epoch
  readonly #own: string | undefined
  readonly #six: Six | undefined
  readonly #common: AuthHeaders

  constructor(epoch: Epoch, common: AuthHeaders, own: string | undefined) {
    this.epoch = epoch
    this.#own = own
    const all = Object.entries(common)
    this.#six = all.length === 6 ? new Six(all) : undefined
    this.#common = common
  }

  copy(msn: string | undefined): AuthHeaders {
    if (this.#six !== undefined) return new Copy(this.#six, this.#own, msn as string)
    const copy = Object.assign({}, this.#common)
    if (this.#own !== undefined) copy[this.#own] = msn as string
    return copy
  }

  /** Whether these headers, without the one that names the merchant, are the same. */
  isLike(common: AuthHeaders, own: string | undefined): boolean {
    const names = Object.keys(this.#common)
    const same = names.every((name) => this.#common[name] === common[name])
    return same && this.#own === own && names.length === Object.keys(common).length
  }
}

type Entry = [name: string, value: string]

/** Six names and values: as many as most calls have. */
class Six {
  readonly n0: string
  readonly v0: string
  readonly n1: string
  readonly v1: string
  readonly n2: string
  readonly v2: string
  readonly n3: string
  readonly v3: string
  readonly n4: string
  readonly v4: string
  readonly n5: string
  readonly v5: string

  constructor(entries: Entry[]) {
    const [e0, e1, e2, e3, e4, e5] = entries as [Entry, Entry, Entry, Entry, Entry, Entry]
    ;[this.n0, this.v0] = e0
    ;[this.n1, this.v1] = e1
    ;[this.n2, this.v2] = e2
    ;[this.n3, this.v3] = e3
    ;[this.n4, this.v4] = e4
    ;[this.n5, this.v5] = e5
  }
}

/** A plain object, made as fast as a literal is: V8 copies `{ ...headers }` by a call, and sets these in place. */
const Copy = function (this: AuthHeaders, six: Six, own: string | undefined, msn: string) {
  this[six.n0] = six.v0
  this[six.n1] = six.v1
  this[six.n2] = six.v2
  this[six.n3] = six.v3
  this[six.n4] = six.v4
  this[six.n5] = six.v5
  if (own !== undefined) this[own] = msn
} as unknown as new (six: Six, own: string | undefined, msn: string) => AuthHeaders
Copy.prototype = Object.prototype

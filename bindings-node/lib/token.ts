import { INSPECT } from './inspect.js'
import type { NativeToken } from './native.js'

/** A token for Vipps' APIs. Neither `console.log` nor `JSON.stringify` shows it. */
export class AccessToken {
  /** @internal */
  readonly native: NativeToken

  /** @internal */
  constructor(token: NativeToken) {
    this.native = token
    Object.defineProperty(this, 'native', { enumerable: false })
  }

  /** The token itself, without the word `Bearer`. */
  secret(): string {
    return this.native.secret()
  }

  /** When Vipps stops accepting it. */
  get expiresAt(): Date {
    return new Date(this.native.expiresAt)
  }

  /** Shows when it ends, not the token. */
  toString(): string {
    return `AccessToken(expires ${this.expiresAt.toISOString()})`
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

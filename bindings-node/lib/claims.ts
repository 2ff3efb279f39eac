// ID tokens, checked the way a partner must: by the `msn` claim.

import * as check from './check.js'
import { told } from './errors.js'
import { INSPECT, shown } from './inspect.js'
import { later, type CallOptions } from './later.js'
import { LoginRequest } from './login.js'
import { native, type NativeVerifier } from './native.js'
import { RULES, settings, type Settings } from './settings.js'
import type { Stats } from './partner.js'
import { values } from './values.js'

/** What an ID token must say. */
export interface Expect {
  // Generated from core/src/id_token.rs by `cargo run -p tests --bin make-settings`.
  /** The sales unit the login was for (`msn`). Default: none; required, but a merchant fills in its own. */
  msn?: string | undefined
  /**
   * The flow that the token came out of: it decides which algorithms are good and which claims are required. Default: `browser`.
   */
  flow?: 'browser' | 'backchannel' | 'backchannel_redirect' | undefined
  /** The nonce that was sent with the request. Default: none; the token must hold none then. */
  nonce?: string | undefined
  /**
   * The merchant's client id, where it is known: `aud` is checked as well then. Default: none; with sales unit keys their own.
   */
  clientId?: string | undefined
  /** The access token that came with the ID token: `at_hash` is checked then. Default: none. */
  accessToken?: string | undefined
  /** The `acr_values` that was asked for. Default: none. */
  acr?: string | undefined
  /** The id of the login by phone number that the token must name. Default: none; required for `backchannel_redirect`. */
  authReqId?: string | undefined
  // End of what is generated.
}

const EXPECT = {
  // Generated from core/src/id_token.rs by `cargo run -p tests --bin make-settings`.
  msn: 'string',
  flow: 'string',
  nonce: 'string',
  clientId: 'string',
  accessToken: 'string',
  acr: 'string',
  authReqId: 'string',
  // End of what is generated.
} as const
const EXPECT_AND_CALL = Object.assign({}, EXPECT, { signal: 'signal' } as const)

/** What is expected, as it crosses. */
export function expected(given: Expect | LoginRequest | undefined): string {
  return given instanceof LoginRequest ? answering(given) : values(check.options('expect', given, EXPECT), EXPECT)
}

/** The same of a call that may be aborted. */
export function expectedOf(given: (Expect & CallOptions) | LoginRequest | undefined): [string, AbortSignal | undefined] {
  if (given instanceof LoginRequest) return [answering(given), undefined]
  const read = check.options('expect', given, EXPECT_AND_CALL)
  return [values(read, EXPECT), read.signal]
}

/** A token that answers this request. */
function answering({ msn, nonce, acrValues }: LoginRequest): string {
  return values({ msn, nonce, acr: acrValues }, EXPECT)
}

/** The claims of an ID token that has passed every check. */
export class IdTokenClaims {
  /** The user, as this sales unit knows them. Another MSN gets another value for the same person. */
  readonly sub: string
  /** The sales unit the user logged in at. */
  readonly msn: string
  readonly #payload: { [claim: string]: unknown; sub: string; iat: number; exp: number }

  /** @internal */
  constructor(msn: string, payload: string) {
    this.#payload = JSON.parse(payload)
    this.sub = this.#payload.sub
    this.msn = msn
  }

  /** When the token was made. */
  get issuedAt(): Date {
    return new Date(this.#payload.iat * 1000)
  }

  /** When it runs out. */
  get expiresAt(): Date {
    return new Date(this.#payload.exp * 1000)
  }

  /**
   * Any claim; `undefined` when it is absent. What type it has is for the caller to know, or to check. What not every language
   * can hold is a string: a whole number beyond `Number.MAX_SAFE_INTEGER`, a number that would be infinite, what is nested more
   * than 64 levels deep. Half of a surrogate pair is U+FFFD.
   */
  claim<T = unknown>(name: string): T | undefined {
    return Object.hasOwn(this.#payload, name) ? (this.#payload[name] as T) : undefined
  }

  /** All claims, as {@link claim} gives them. */
  toJSON(): Record<string, unknown> {
    // Not by assignment: a claim may be called `__proto__`.
    return Object.fromEntries(Object.entries(this.#payload))
  }
}

/** Claims as they cross: the MSN, a line feed, the payload. */
export function opened(crossed: string): IdTokenClaims {
  const end = crossed.indexOf('\n')
  return new IdTokenClaims(crossed.slice(0, end), crossed.slice(end + 1))
}

/** A token as it crosses: of one that is too long no more than tells so. A slice copies nothing. */
export function bounded(jwt: unknown): string {
  const token = check.foreignText('jwt', jwt)
  return token.length > LONGEST_TOKEN ? token.slice(0, LONGEST_TOKEN + 1) : token
}

const LONGEST_TOKEN = native.longestToken()

/** How an {@link IdTokenVerifier} is made. */
export interface VerifierOptions extends Settings {
  /** A key set (RFC 7517 section 5) to check with, offline: an object or its JSON. Without it Vipps' keys are fetched. */
  jwks?: object | string | undefined
}

/** Checks ID tokens. Needs no credentials, so it can live where keys must never be. */
export class IdTokenVerifier {
  readonly #native: NativeVerifier
  readonly #shown: { environment: string | undefined; keys: string }

  constructor(options?: VerifierOptions) {
    const read = check.options('options', options, VERIFIER)
    const keys = keySet(read.jwks)
    const given = settings(read)
    this.#native = told(() => new native.IdTokenVerifier(given, keys))
    this.#shown = { environment: read.environment, keys: keys === undefined ? 'fetched' : 'given' }
  }

  /**
   * Checks a token against what it must say, or against the {@link LoginRequest} that it must answer. The first check that
   * fails ends it with `invalid_id_token` and is named by `claim`.
   */
  async verify(jwt: string, expect: (Expect & { msn: string } & CallOptions) | LoginRequest): Promise<IdTokenClaims> {
    const token = bounded(jwt)
    const [wanted, signal] = expectedOf(expect)
    const now = told(() => this.#native.verifyCached(token, wanted))
    return opened(now ?? (await later(signal, (cancel) => this.#native.verify(cancel, token, wanted))))
  }

  /** The same check without waiting; `undefined` when keys must be fetched first. */
  verifyCached(jwt: string, expect: (Expect & { msn: string }) | LoginRequest): IdTokenClaims | undefined {
    const token = bounded(jwt)
    const wanted = expected(expect)
    const claims = told(() => this.#native.verifyCached(token, wanted))
    return claims === null ? undefined : opened(claims)
  }

  /** @internal */
  [INSPECT](): string {
    return shown('IdTokenVerifier', this.#shown)
  }

  /** What happened to the keys so far. */
  stats(): Stats {
    return this.#native.stats()
  }
}

const VERIFIER = Object.assign({}, RULES, { jwks: 'any' } as const)

function keySet(jwks: unknown): string | undefined {
  if (jwks === undefined) return undefined
  if (typeof jwks === 'string') return check.text('jwks', jwks)
  if (typeof jwks !== 'object' || jwks === null) throw new TypeError('jwks must be an object or a string')
  return check.json('jwks', jwks)
}

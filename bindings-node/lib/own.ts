// The user's own transport and token cache, called on behalf of the native part.

import { types } from 'node:util'

import * as check from './check.js'
import { described, seldom } from './events.js'
import type { NativeCacheCall, NativeTransportCall } from './native.js'

/**
 * Sends every request of the library with an HTTP client of your own.
 *
 * ```js
 * const transport = {
 *   async send({ method, url, headers, body, timeout }) {
 *     const signal = AbortSignal.timeout(timeout)
 *     const reply = await fetch(url, { method, headers, body, signal, redirect: 'manual' })
 *     return { status: reply.status, headers: reply.headers, body: new Uint8Array(await reply.arrayBuffer()) }
 *   },
 * }
 * ```
 */
export interface Transport {
  /**
   * Sends one request as it is and brings the reply, of whatever status: no redirects, no second tries, no cookies. Several may
   * be on their way at once. Rejects with {@link NotSentError} only where the request has certainly not reached the server.
   * What it rejects with is told as a warning of the process, once an hour; the error of the call names no more than its type.
   */
  send(request: TransportRequest): Promise<TransportReply>
}

/** A request to be sent as it is. `console.log` and `JSON.stringify` show nothing of it: it may hold what is secret. */
export class TransportRequest {
  readonly #call: NativeTransportCall

  /** @internal */
  constructor(call: NativeTransportCall) {
    this.#call = call
  }

  /** `GET` or `POST`. */
  get method(): string {
    return this.#call.method
  }

  /** With its query. */
  get url(): string {
    return this.#call.url
  }

  /** All headers but those that a client writes by itself, such as `host` and `content-length`. */
  get headers(): Record<string, string> {
    return Object.fromEntries(this.#call.headers)
  }

  /** May be empty; `undefined` with `GET`. */
  get body(): Uint8Array<ArrayBuffer> | undefined {
    return this.#call.body ?? undefined
  }

  /** How long it may take in all, in milliseconds. The library waits for no more than a second longer. */
  get timeout(): number {
    return this.#call.timeout
  }
}

/** What came back, whatever its status. */
export interface TransportReply {
  /** Such as 200. */
  status: number
  /** Names in any letter case: a `Headers`, pairs of name and value, or an object. */
  headers: Iterable<[string, string]> | { [name: string]: string | string[] | undefined }
  /** All of it. The library takes no more than 256 KiB. */
  body: Uint8Array
}

/**
 * A {@link Transport} rejects with it where the request has certainly not reached the server, such as when it could not connect.
 *
 * Only then the library may send a request again that must not arrive twice, such as the code of a login. Whatever else a
 * transport rejects with means that the request may have been sent.
 */
export class NotSentError extends Error {
  static {
    this.prototype.name = 'NotSentError'
  }
}

/**
 * A store that processes share, such as Memcached or a table of a database. Values are sealed: who reads it can read no token.
 *
 * `ttl` is in milliseconds, and always whole seconds; what is older counts as not there. No call of yours waits for it longer than
 * a second, and none fails by it: what it rejects with is told as a warning of the process, once an hour, and as the event
 * `cache_failed`.
 */
export interface TokenCache {
  /** What is there under this name, at most 100 characters of ASCII. */
  get(name: string): Promise<Uint8Array | null | undefined>
  /** Puts a value in the place of whatever was there. */
  set(name: string, value: Uint8Array<ArrayBuffer>, ttl: number): Promise<unknown>
  /** The same, but only where nothing is there, in one step: of many that try at once one is told `true`. */
  add(name: string, value: Uint8Array<ArrayBuffer>, ttl: number): Promise<boolean>
  /** Drops what is there, if anything is. */
  delete(name: string): Promise<unknown>
}

/** Sends, and is never thrown through: it runs on behalf of nobody. */
export function sender(transport: Transport): (call: NativeTransportCall) => void {
  const own = check.methods('transport', transport, ['send'])
  return (call) => void send(own, call)
}

async function send(transport: Transport, call: NativeTransportCall): Promise<void> {
  try {
    const { status, headers, body } = await transport.send(new TransportRequest(call))
    call.came(status, pairs(headers), body)
  } catch (error) {
    const name = types.isNativeError(error) ? `${error.name}` : typeof error
    call.failed(name, name !== 'NotSentError')
    seldom('transport', 'transport failed', 'VIPPS_AUTH_TRANSPORT', described(error))
  }
}

function pairs(headers: TransportReply['headers']): string[][] {
  const entries = Symbol.iterator in headers ? [...(headers as Iterable<[string, string]>)] : Object.entries(headers)
  return entries.flatMap(([name, value]) => [value ?? []].flat().map((one) => [`${name}`, `${one}`]))
}

/** Answers, and is never thrown through. */
export function cacheCaller(cache: TokenCache): (call: NativeCacheCall) => void {
  const own = check.methods('tokenCache', cache, ['get', 'set', 'add', 'delete'])
  return (call) => void ask(own, call)
}

async function ask(cache: TokenCache, call: NativeCacheCall): Promise<void> {
  const { method, name, value, ttl } = call
  try {
    const found: unknown = await (value && ttl ? cache[method as 'set'](name, value, ttl) : cache[method as 'get'](name))
    call.answer(method === 'get' ? ((found as Uint8Array | null) ?? undefined) : undefined, Boolean(found))
  } catch (error) {
    call.fail()
    seldom('token_cache', `tokenCache failed at ${method}`, 'VIPPS_AUTH_TOKEN_CACHE', described(error))
  }
}

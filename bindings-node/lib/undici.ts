// An interceptor for undici 7 and newer, of which nothing is imported.

import { isSameBytes, snapshot } from './adapting.js'
import { VippsAuthError } from './errors.js'
import { type Authorization, callerOf, type Handle } from './partner.js'

/** Dispatch options of undici, as far as they matter here. */
interface DispatchOptions {
  origin?: string | URL | undefined
  path: string
  method: string
  headers?: unknown
  body?: unknown
  signal?: Abortable | null
  headersTimeout?: number | null
  bodyTimeout?: number | null
  vipps?: unknown
}

/** Calls are given up by an `AbortSignal` or by an `EventEmitter`. */
interface Abortable {
  aborted?: boolean
  reason?: unknown
  addEventListener?(name: 'abort', listener: () => void): void
  removeEventListener?(name: 'abort', listener: () => void): void
  on?(name: 'abort', listener: () => void): void
  off?(name: 'abort', listener: () => void): void
}

/** A handler of undici 7 and newer. */
interface DispatchHandler {
  onRequestStart?(controller: unknown, context: unknown): void
  onRequestUpgrade?(controller: unknown, status: number, headers: unknown, socket: unknown): void
  onResponseStart?(controller: unknown, status: number, headers: unknown, message?: string): void
  onResponseData?(controller: unknown, chunk: unknown): void
  onResponseEnd?(controller: unknown, trailers: unknown): void
  onResponseError?(controller: unknown, error: unknown): void
}

// The types of undici would make it a dependency of everybody who reads these.
type Dispatch = (options: any, handler: any) => boolean

/** For `compose` of an undici dispatcher. */
export type UndiciInterceptor = (dispatch: Dispatch) => Dispatch

export function undiciInterceptor(usual: Handle): UndiciInterceptor {
  return (dispatch) => (options: DispatchOptions, handler: DispatchHandler) => {
    const caller = callerOf(options.vipps, usual)
    const url = address(options)
    if (url === undefined || !caller.covers(url)) {
      if (url !== undefined) caller.withheld(url)
      return dispatch(options, handler)
    }
    const call = new Call(caller, dispatch, options, handler)
    call.start().catch((error: unknown) => handler.onResponseError?.(NOT_STARTED, error))
    return true
  }
}

function address({ origin, path }: DispatchOptions): string | undefined {
  return origin !== undefined && URL.canParse(path, String(origin)) ? new URL(path, String(origin)).href : undefined
}

/** What a handler is given when nothing could be sent. */
const NOT_STARTED = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} }

/** One call with its second try. */
class Call {
  readonly #caller: Handle
  readonly #dispatch: Dispatch
  readonly #options: DispatchOptions
  readonly #handler: DispatchHandler

  constructor(caller: Handle, dispatch: Dispatch, options: DispatchOptions, handler: DispatchHandler) {
    this.#caller = caller
    this.#dispatch = dispatch
    // A copy as undici's own interceptors make it, of what it made of the caller's options.
    this.#options = Object.assign({}, options, { body: snapshot(options.body) })
    delete this.#options.vipps
    this.#handler = handler
  }

  async start(): Promise<void> {
    const authorization = await this.#waiting((signal) => this.#caller.authorization({ signal }))
    this.#send(authorization, new FirstTry(this.#handler, this.#caller, () => this.#again(authorization)))
  }

  /** What to do after a 401: `undefined` where it is to be handed on. */
  async #again({ token }: Authorization): Promise<(() => void) | undefined> {
    const other = await this.#waiting((signal) => this.#caller.other(token, { signal }))
    return other !== undefined && isSameBytes(this.#options.body) ? () => this.#send(other, this.#handler) : undefined
  }

  #send({ headers }: Authorization, handler: DispatchHandler): void {
    this.#dispatch(Object.assign({}, this.#options, { headers: merged(this.#options.headers, headers) }), handler)
  }

  /** The caller's own limits hold for a token, too. */
  async #waiting<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const patience = new Patience(this.#options)
    try {
      return await wait(patience.signal)
    } catch (error) {
      throw patience.error ?? this.#told(error)
    } finally {
      patience.end()
    }
  }

  /** undici's own `fetch`, which names no signal, makes a `TypeError` of it with this as the cause. */
  #told(error: unknown): unknown {
    const isFetch = 'upgrade' in this.#options && !('signal' in this.#options)
    return error instanceof VippsAuthError && !isFetch ? undiciError(NO_TOKEN, error) : error
  }
}

/** Ends a wait when the caller gives up, or as soon as one of the limits is over that undici has for a request. */
class Patience {
  error: unknown
  readonly #controller = new AbortController()
  readonly #given: Abortable | undefined
  readonly #timers: NodeJS.Timeout[] = []
  readonly #abort = () => this.#stop(this.#given?.reason ?? undiciError(ABORTED))

  constructor({ signal, headersTimeout, bodyTimeout }: DispatchOptions) {
    this.#given = signal ?? undefined
    if (signal?.aborted === true) this.#abort()
    if (signal?.addEventListener !== undefined) signal.addEventListener('abort', this.#abort)
    else signal?.on?.('abort', this.#abort)
    this.#limit(headersTimeout, HEADERS_TIMEOUT)
    this.#limit(bodyTimeout, BODY_TIMEOUT)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#given?.removeEventListener !== undefined) this.#given.removeEventListener('abort', this.#abort)
    else this.#given?.off?.('abort', this.#abort)
  }

  #limit(milliseconds: number | null | undefined, kind: ErrorKind): void {
    if (typeof milliseconds !== 'number' || !(milliseconds > 0)) return
    this.#timers.push(setTimeout(() => this.#stop(undiciError(kind)), milliseconds))
  }

  #stop(error: unknown): void {
    this.error ??= error
    this.#controller.abort()
  }
}

interface ErrorKind {
  name: string
  code: string
  message: string
}

const NO_TOKEN: ErrorKind = { name: 'UndiciError', code: 'UND_ERR', message: 'no token for the call' }
const ABORTED: ErrorKind = { name: 'AbortError', code: 'UND_ERR_ABORTED', message: 'Request aborted' }
const HEADERS_TIMEOUT: ErrorKind = { name: 'HeadersTimeoutError', code: 'UND_ERR_HEADERS_TIMEOUT', message: 'Headers Timeout Error' }
const BODY_TIMEOUT: ErrorKind = { name: 'BodyTimeoutError', code: 'UND_ERR_BODY_TIMEOUT', message: 'Body Timeout Error' }

/** An error that undici's classes take for theirs: their `instanceof` looks for these symbols. */
function undiciError({ name, code, message }: ErrorKind, cause?: VippsAuthError): Error {
  const error = new Error(cause === undefined ? message : `${message}: ${cause.message}`, cause === undefined ? {} : { cause })
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  for (const own of ['UND_ERR', code]) Object.defineProperty(error, Symbol.for(`undici.error.${own}`), { value: true })
  return Object.assign(error, { code })
}

/** Hands everything on, unless it is a 401 after which the call is made again. */
class FirstTry implements DispatchHandler {
  readonly #handler: DispatchHandler
  readonly #caller: Handle
  readonly #refused: () => Promise<(() => void) | undefined>
  /** A 401, until it is known whether it is handed on. */
  #held: Held | undefined

  constructor(handler: DispatchHandler, caller: Handle, refused: () => Promise<(() => void) | undefined>) {
    this.#handler = handler
    this.#caller = caller
    this.#refused = refused
  }

  onRequestStart(controller: unknown, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context)
  }

  onRequestUpgrade(controller: unknown, status: number, headers: unknown, socket: unknown): void {
    this.#handler.onRequestUpgrade?.(controller, status, headers, socket)
  }

  onResponseStart(controller: unknown, status: number, headers: unknown, message?: string): void {
    this.#caller.answered(status, contentTypeOf(headers))
    if (status !== 401) return this.#handler.onResponseStart?.(controller, status, headers, message)
    this.#held = new Held(this.#handler, controller, status, headers, message)
  }

  onResponseData(controller: unknown, chunk: unknown): void {
    if (this.#held === undefined) return this.#handler.onResponseData?.(controller, chunk)
    this.#held.keep(chunk)
  }

  onResponseEnd(controller: unknown, trailers: unknown): void {
    const held = this.#held
    if (held === undefined) return this.#handler.onResponseEnd?.(controller, trailers)
    this.#refused().then(
      (again) => (again === undefined ? held.handOn(trailers) : again()),
      (error: unknown) => this.#handler.onResponseError?.(controller, error),
    )
  }

  onResponseError(controller: unknown, error: unknown): void {
    this.#handler.onResponseError?.(controller, error)
  }
}

function contentTypeOf(headers: unknown): string | undefined {
  const type = (headers as Record<string, unknown> | undefined)?.['content-type']
  return typeof type === 'string' ? type : undefined
}

/** A reply that is kept back. What is refused with 401 is a few words. */
class Held {
  readonly #handler: DispatchHandler
  readonly #controller: unknown
  readonly #begin: [status: number, headers: unknown, message: string | undefined]
  readonly #chunks: unknown[] = []

  constructor(handler: DispatchHandler, controller: unknown, status: number, headers: unknown, message: string | undefined) {
    this.#handler = handler
    this.#controller = controller
    this.#begin = [status, headers, message]
  }

  keep(chunk: unknown): void {
    this.#chunks.push(chunk)
  }

  handOn(trailers: unknown): void {
    const [status, headers, message] = this.#begin
    this.#handler.onResponseStart?.(this.#controller, status, headers, message)
    for (const chunk of this.#chunks) this.#handler.onResponseData?.(this.#controller, chunk)
    this.#handler.onResponseEnd?.(this.#controller, trailers)
  }
}

/** undici takes headers as an object, as a list of names and values in turn, or as anything that can be iterated. */
function merged(given: unknown, own: Record<string, string>): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const [name, value] of pairs(given)) {
    if (Object.hasOwn(own, name.toLowerCase())) continue
    all[name] = Object.hasOwn(all, name) ? [all[name], value].flat() : value
  }
  return Object.assign(all, own)
}

function pairs(given: unknown): [string, unknown][] {
  if (given === undefined || given === null) return []
  if (Array.isArray(given)) return inTurn(given)
  if (Symbol.iterator in (given as object)) return Array.from(given as Iterable<[string, unknown]>)
  return Object.entries(given as object)
}

function inTurn(list: unknown[]): [string, unknown][] {
  const found: [string, unknown][] = []
  for (let at = 0; at + 1 < list.length; at += 2) found.push([String(list[at]), list[at + 1]])
  return found
}

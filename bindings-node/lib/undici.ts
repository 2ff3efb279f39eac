// An interceptor for undici 7 and newer, of which nothing is imported.

import type { Authorized } from './headers.js'
import type { Caller } from './partner.js'

/** Dispatch options of undici, as far as they matter here. */
interface DispatchOptions {
  origin?: string | URL | undefined
  path: string
  method: string
  headers?: unknown
  body?: unknown
  signal?: unknown
}

/** A handler of undici 7 and newer. */
interface DispatchHandler {
  onRequestStart?(controller: unknown, context: unknown): void
  onRequestUpgrade?(controller: unknown, status: number, headers: unknown, socket: unknown): void
  onResponseStart?(controller: unknown, status: number, headers: unknown, message?: string): void
  onResponseData?(controller: unknown, chunk: unknown): void
  onResponseEnd?(controller: unknown, trailers: unknown): void
  onResponseError?(controller: unknown, error: Error): void
}

// The types of undici would make it a dependency of everybody who reads these.
type Dispatch = (options: any, handler: any) => boolean

/** For `compose` of an undici dispatcher. */
export type UndiciInterceptor = (dispatch: Dispatch) => Dispatch

export function undiciInterceptor(caller: Caller): UndiciInterceptor {
  return (dispatch) => (options: DispatchOptions, handler: DispatchHandler) => {
    if (!isCovered(caller, options)) return dispatch(options, handler)
    const call = new Call(caller, dispatch, options, handler)
    call.start().catch((error: Error) => handler.onResponseError?.(NOT_STARTED, error))
    return true
  }
}

function isCovered(caller: Caller, { origin, path }: DispatchOptions): boolean {
  return origin !== undefined && URL.canParse(path, String(origin)) && caller.covers(new URL(path, String(origin)).href)
}

/** What a handler is given when nothing could be sent. */
const NOT_STARTED = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} }

/** One call with its second try. */
class Call {
  readonly #caller: Caller
  readonly #dispatch: Dispatch
  readonly #options: DispatchOptions
  readonly #handler: DispatchHandler

  constructor(caller: Caller, dispatch: Dispatch, options: DispatchOptions, handler: DispatchHandler) {
    this.#caller = caller
    this.#dispatch = dispatch
    this.#options = options
    this.#handler = handler
  }

  async start(): Promise<void> {
    const authorized = await this.#caller.authorized()
    const again = canBeSentAgain(this.#options.body) ? () => this.#again() : undefined
    this.#send(authorized, new FirstTry(this.#handler, () => this.#caller.refused(authorized.token), again))
  }

  async #again(): Promise<void> {
    this.#send(await this.#caller.authorized(), this.#handler)
  }

  #send({ headers }: Authorized, handler: DispatchHandler): void {
    this.#dispatch({ ...this.#options, headers: merged(this.#options.headers, headers) }, handler)
  }
}

/** Hands everything on, unless it is a 401 after which the call is made again. */
class FirstTry implements DispatchHandler {
  readonly #handler: DispatchHandler
  readonly #refused: () => boolean
  readonly #again: (() => Promise<void>) | undefined
  #dropped = false

  constructor(handler: DispatchHandler, refused: () => boolean, again: (() => Promise<void>) | undefined) {
    this.#handler = handler
    this.#refused = refused
    this.#again = again
  }

  onRequestStart(controller: unknown, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context)
  }

  onRequestUpgrade(controller: unknown, status: number, headers: unknown, socket: unknown): void {
    this.#handler.onRequestUpgrade?.(controller, status, headers, socket)
  }

  onResponseStart(controller: unknown, status: number, headers: unknown, message?: string): void {
    this.#dropped = status === 401 && this.#refused() && this.#again !== undefined
    if (!this.#dropped) this.#handler.onResponseStart?.(controller, status, headers, message)
  }

  onResponseData(controller: unknown, chunk: unknown): void {
    if (!this.#dropped) this.#handler.onResponseData?.(controller, chunk)
  }

  onResponseEnd(controller: unknown, trailers: unknown): void {
    if (!this.#dropped) return this.#handler.onResponseEnd?.(controller, trailers)
    this.#again?.().catch((error: Error) => this.#handler.onResponseError?.(controller, error))
  }

  onResponseError(controller: unknown, error: Error): void {
    this.#handler.onResponseError?.(controller, error)
  }
}

function canBeSentAgain(body: unknown): boolean {
  return body === undefined || body === null || typeof body === 'string' || ArrayBuffer.isView(body)
}

/** undici takes headers as an object, as a list of names and values in turn, or as anything that can be iterated. */
function merged(given: unknown, own: Record<string, string>): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const [name, value] of pairs(given)) if (!Object.hasOwn(own, name.toLowerCase())) all[name] = value
  return { ...all, ...own }
}

function pairs(given: unknown): [string, unknown][] {
  if (given === undefined || given === null) return []
  if (Array.isArray(given)) return inTurn(given)
  if (Symbol.iterator in (given as object)) return [...(given as Iterable<[string, unknown]>)]
  return Object.entries(given as object)
}

function inTurn(list: unknown[]): [string, unknown][] {
  const found: [string, unknown][] = []
  for (let at = 0; at + 1 < list.length; at += 2) found.push([String(list[at]), list[at + 1]])
  return found
}

// `fetch` with a merchant's headers.

import { becomesGet, redirectTarget } from './adapting.js'
import { VippsAuthError } from './errors.js'
import type { Authorization, Handle } from './partner.js'

const MOST_REDIRECTS = 10

export async function authorizedFetch(caller: Handle, input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const read = new ReadOnce(init)
  const request = new Request(input, read.init)
  if (!caller.covers(request.url)) {
    caller.withheld(request.url)
    return await fetch(request)
  }
  return await followed(caller, request, read)
}

/** What a `Request` is made of. It reads each member once, and so must we: a getter may answer otherwise the second time. */
class ReadOnce {
  readonly init: RequestInit | undefined
  #body: unknown
  #dispatcher: unknown

  constructor(init: RequestInit | undefined) {
    const get = (from: object, name: string | symbol) => this.#noted(name, Reflect.get(from, name))
    this.init = typeof init === 'object' && init !== null ? new Proxy(init, { get }) : init
  }

  #noted(name: string | symbol, value: unknown): unknown {
    if (name === 'body') this.#body = value
    if (name === 'dispatcher') this.#dispatcher = value
    return value
  }

  /** Members that are no part of the standard. */
  get own(): object {
    return this.#dispatcher === undefined ? {} : { dispatcher: this.#dispatcher }
  }

  /**
   * Whether the same bytes can be sent again. What a stream or a generator holds is gone; a file may be another by then, or too
   * large to be kept. The body of a `Request` is kept while it is read, as `clone` does.
   */
  get isRepeatable(): boolean {
    const body = this.#body
    if (typeof body !== 'object' || body === null) return true
    if (Symbol.asyncIterator in body) return false
    const kind = Object.prototype.toString.call(body).slice(8, -1)
    if (kind === 'FormData') return Array.from(body as FormData).every(([, value]) => typeof value === 'string')
    return kind === 'URLSearchParams' || kind.endsWith('ArrayBuffer') || ArrayBuffer.isView(body)
  }
}

/**
 * Follows redirects within one origin. By itself `fetch` would carry the subscription key along to wherever a redirect
 * points.
 */
async function followed(caller: Handle, request: Request, read: ReadOnce): Promise<Response> {
  let [current, hops] = [request, 0]
  for (;;) {
    const spare = current.body === null ? current : read.isRepeatable ? current.clone() : undefined
    const response = await twice(caller, current, spare)
    const location = request.redirect === 'follow' ? response.headers.get('location') : undefined
    const next = redirectTarget(caller, current.url, response.status, location)
    const again = next === undefined ? undefined : following(current, spare, response, next, read)
    if (again === undefined) return refusing(request.redirect, response)
    if (++hops > MOST_REDIRECTS) throw new TypeError('fetch failed', { cause: new Error('too many redirects') })
    await response.body?.cancel()
    current = again
  }
}

/** Sends a request, and once more with another token if the first was refused. */
async function twice(caller: Handle, request: Request, spare: Request | undefined): Promise<Response> {
  const { signal } = request
  const authorization = await caller.authorization({ signal }).catch(failed)
  const response = noted(caller, await sent(request, authorization))
  if (response.status !== 401) return response
  const other = await caller.other(authorization.token, { signal })
  if (other === undefined || spare === undefined) return response
  await response.body?.cancel()
  return noted(caller, await sent(spare.body === null ? spare : spare.clone(), other))
}

function noted(caller: Handle, response: Response): Response {
  caller.answered(response.status, response.headers.get('content-type') ?? undefined)
  return response
}

/** As `fetch` tells of what goes wrong before a reply; an abort is told as it is. */
function failed(error: unknown): never {
  throw error instanceof VippsAuthError ? new TypeError('fetch failed', { cause: error }) : error
}

function sent(request: Request, { headers }: Authorization): Promise<Response> {
  const all = new Headers(request.headers)
  for (const name in headers) all.set(name, headers[name] as string)
  return fetch(new Request(request, { headers: all, redirect: 'manual' }))
}

function isRedirect(response: Response): boolean {
  return [301, 302, 303, 307, 308].includes(response.status) && response.headers.has('location')
}

/** The request after a redirect; `undefined` where its body is gone. */
function following(current: Request, spare: Request | undefined, response: Response, next: URL, read: ReadOnce): Request | undefined {
  if (!becomesGet(current.method, response.status)) return spare && new Request(next, spare)
  const headers = new Headers(current.headers)
  for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']) {
    headers.delete(name)
  }
  return new Request(next, Object.assign({ headers, signal: current.signal }, read.own))
}

function refusing(mode: Request['redirect'], response: Response): Response {
  if (mode === 'error' && isRedirect(response)) {
    throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') })
  }
  return response
}

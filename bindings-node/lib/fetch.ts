// `fetch` with a merchant's headers.

import type { Authorized } from './headers.js'
import type { Caller } from './partner.js'

const MOST_REDIRECTS = 10

export async function authorizedFetch(caller: Caller, input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  if (!caller.covers(request.url)) return await fetch(request)
  return await redirected(caller, request, hasStream(init), request.redirect)
}

/** What a stream holds is gone once it was sent; keeping a copy of it could fill the memory. */
function hasStream(init: RequestInit | undefined): boolean {
  const body: unknown = init?.body
  return body instanceof ReadableStream || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
}

/**
 * Follows redirects within one origin. By itself `fetch` would carry the subscription key along to wherever a redirect
 * points.
 */
async function redirected(caller: Caller, request: Request, stream: boolean, mode: Request['redirect']): Promise<Response> {
  let [current, followed] = [request, 0]
  for (;;) {
    const spare = stream || current.body === null ? undefined : current.clone()
    const response = await twice(caller, current, stream)
    const next = mode === 'follow' ? target(current, response) : undefined
    if (next === undefined || (stream && keepsBody(current, response))) return refusing(mode, response)
    if (++followed > MOST_REDIRECTS) throw new TypeError('fetch failed', { cause: new Error('too many redirects') })
    await response.body?.cancel()
    current = following(spare ?? current, response, next)
  }
}

/** Sends a request, and once more with another token if the first was refused. */
async function twice(caller: Caller, request: Request, stream: boolean): Promise<Response> {
  const spare = stream ? undefined : request.clone()
  const authorized = await caller.authorized(request.signal)
  const response = await sent(request, authorized)
  // The token is dropped even where this call can't be made again, for the sake of the next one.
  if (response.status !== 401 || !caller.refused(authorized.token) || spare === undefined) return response
  await response.body?.cancel()
  return await sent(spare, await caller.authorized(request.signal))
}

function sent(request: Request, { headers }: Authorized): Promise<Response> {
  const all = new Headers(request.headers)
  for (const name in headers) all.set(name, headers[name] as string)
  return fetch(new Request(request, { headers: all, redirect: 'manual' }))
}

function isRedirect(response: Response): boolean {
  return [301, 302, 303, 307, 308].includes(response.status) && response.headers.has('location')
}

function target(request: Request, response: Response): URL | undefined {
  if (!isRedirect(response) || !URL.canParse(response.headers.get('location') as string, request.url)) return undefined
  const next = new URL(response.headers.get('location') as string, request.url)
  return next.origin === new URL(request.url).origin ? next : undefined
}

/** Fetch standard, "HTTP-redirect fetch": 303 always, 301 and 302 after a POST. */
function keepsBody(request: Request, { status }: Response): boolean {
  const becomesGet = (status === 303 && request.method !== 'HEAD') || (status <= 302 && request.method === 'POST')
  return request.body !== null && !becomesGet
}

function following(request: Request, response: Response, next: URL): Request {
  if (request.body === null || keepsBody(request, response)) return new Request(next, request)
  const headers = new Headers(request.headers)
  for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']) {
    headers.delete(name)
  }
  return new Request(next, { headers, signal: request.signal })
}

function refusing(mode: Request['redirect'], response: Response): Response {
  if (mode === 'error' && isRedirect(response)) {
    throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') })
  }
  return response
}

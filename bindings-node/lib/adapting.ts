// What the adapters have in common.

import { types } from 'node:util'

import type { Authorization, Caller } from './partner.js'

/** Whether a body can be sent again as it was: of text and bytes one knows, all else may be gone or another by then. */
export function isSameBytes(body: unknown): boolean {
  return body === undefined || body === null || typeof body === 'string' || types.isAnyArrayBuffer(body) || ArrayBuffer.isView(body)
}

/** Bytes that the caller can't change between two tries; all else as it is. */
export function snapshot(body: unknown): unknown {
  if (ArrayBuffer.isView(body)) return Buffer.from(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  return types.isAnyArrayBuffer(body) ? Buffer.from(Buffer.from(body as ArrayBuffer)) : body
}

/** Whether the token went out with a call whose headers others may have changed: a 401 to theirs is none of ours. */
export function wasSent({ headers, token }: Authorization, sent: (name: string) => unknown): boolean {
  const secret = token.secret()
  return Object.keys(headers).some((name) => headers[name]?.includes(secret) === true && sent(name) === headers[name])
}

/** Where a reply redirects to, if headers may go along. */
export function redirectTarget(caller: Caller, from: string, status: number, location: unknown): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || typeof location !== 'string' || !URL.canParse(location, from)) return undefined
  const to = new URL(location, from)
  return caller.mayFollow(from, to) ? to : undefined
}

/** Fetch standard, "HTTP-redirect fetch": a redirect that is followed without method and body. */
export function becomesGet(method: string, status: number): boolean {
  const verb = method.toUpperCase()
  return (status === 303 && verb !== 'GET' && verb !== 'HEAD') || (status <= 302 && verb === 'POST')
}

// What the adapters have in common.

import { types } from 'node:util'

import type { Authorization } from './partner.js'

/** Whether a body is gone once it was sent: of text and bytes the second try sends what the first did, of all else nobody knows. */
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

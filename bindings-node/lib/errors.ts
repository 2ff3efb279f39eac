// The one error class, and how native errors become it.

import { types } from 'node:util'

/** What the reader should do; the same strings in every language. */
export type VippsAuthErrorCode =
  | 'invalid_config'
  | 'credentials_rejected'
  | 'forbidden'
  | 'rate_limited'
  | 'unavailable'
  | 'login_failed'
  | 'invalid_id_token'
  | 'invalid_webhook'
  | 'protocol'
  | 'internal'

/** Why a login failed, or what of a webhook differs (the last six). Any other is the code of the service as it stands, such as `server_error`; new ones may come. */
export type VippsAuthReason =
  | 'denied'
  | 'expired'
  | 'unknown_user'
  | 'outdated_app'
  | 'wrong_challenge'
  | 'state'
  | 'merchant'
  | 'redirect_uri'
  | 'issuer'
  | 'auth_req_id'
  | 'callback'
  | 'invalid_grant'
  | 'reply_lost'
  | 'keys_unavailable'
  | 'unknown'
  | 'form'
  | 'webhook_id'
  | 'date'
  | 'hash'
  | 'host'
  | 'signature'
  | (string & {})

/** The checks of an ID token, in the order in which they are made. */
export type IdTokenCheck =
  | 'form'
  | 'alg'
  | 'typ'
  | 'crit'
  | 'kid'
  | 'signature'
  | 'iss'
  | 'exp'
  | 'iat'
  | 'nbf'
  | 'sub'
  | 'nonce'
  | 'msn'
  | 'aud'
  | 'azp'
  | 'at_hash'
  | 'acr'
  | 'auth_req_id'
  | (string & {})

/** What an error holds besides its code and text. */
export interface VippsAuthErrorDetails {
  /** What happened, in words, without the variables. */
  detail?: string | undefined
  /** The setting or argument that was wrong. */
  field?: string | undefined
  /** The check of the ID token that failed. */
  claim?: IdTokenCheck | undefined
  /** Why a login failed, or what of a webhook differs. */
  reason?: VippsAuthReason | undefined
  /** The HTTP status of the reply. */
  status?: number | undefined
  /** The `error` of an OAuth reply. */
  oauthError?: string | undefined
  /** The id under which Vipps can find the request in its logs. */
  traceId?: string | undefined
  /** How long to wait before the next try, in milliseconds. */
  retryAfter?: number | undefined
  /** Whether the same call may succeed later without anybody changing anything. */
  retryable?: boolean | undefined
  /** The likely cause and its cure. */
  hint?: string | undefined
}

/**
 * Everything that goes wrong, except for arguments of the wrong type (`TypeError`) and aborted calls (the signal's reason).
 * Its text says what happened, and holds no secret and no response body.
 *
 * | `code` | what to do |
 * |---|---|
 * | `invalid_config` | fix the setting or argument that `field` names |
 * | `credentials_rejected` | check keys and environment; `hint` names the likely cause |
 * | `forbidden` | the keys are fine, not for this MSN, scope or product |
 * | `rate_limited` | wait `retryAfter` milliseconds |
 * | `unavailable` | network, timeout or 5xx: try again later |
 * | `login_failed` | start the login again; `reason` says why |
 * | `invalid_id_token` | reject the user; `claim` says which check failed |
 * | `invalid_webhook` | the call is not one that Vipps sent, or not as it was sent: answer 401; `reason` says what differs |
 * | `protocol` | the reply was not understood: report it |
 * | `internal` | a bug of this library |
 */
export class VippsAuthError extends Error {
  /** What the reader should do. */
  readonly code: VippsAuthErrorCode
  /** What happened, without the variables. */
  readonly detail: string
  /** The setting or argument that is wrong (`invalid_config`), by the name it has in all languages, such as `client_id`. */
  declare readonly field?: string
  /** The check of the ID token that failed (`invalid_id_token`). */
  declare readonly claim?: IdTokenCheck
  /**
   * Why a login failed (`login_failed`): `denied`, `expired`, `state`, … Of a webhook (`invalid_webhook`) what differs: `form`,
   * `webhook_id`, `date`, `hash`, `host` or `signature`.
   */
  declare readonly reason?: VippsAuthReason
  /** The HTTP status of the reply, where there was one. */
  declare readonly status?: number
  /** The OAuth error code of the reply (RFC 6749 section 5.2), where there was one. */
  declare readonly oauthError?: string
  /** The id under which Vipps finds the request in its logs. */
  declare readonly traceId?: string
  /** How long to wait before the next try, in milliseconds. */
  declare readonly retryAfter?: number
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean
  /** The likely cause and its cure. */
  declare readonly hint?: string

  constructor(code: VippsAuthErrorCode, message: string, details: VippsAuthErrorDetails = {}, options?: { cause?: unknown }) {
    super(message, options as ErrorOptions)
    this.code = code
    this.detail = details.detail ?? message
    this.retryable = details.retryable ?? false
    for (const name of OPTIONAL) {
      const value = details[name]
      if (value !== undefined && value !== null) Object.defineProperty(this, name, { value, enumerable: true })
    }
  }
}

const OPTIONAL = ['field', 'claim', 'reason', 'status', 'oauthError', 'traceId', 'retryAfter', 'hint'] as const
// On the prototype, as with the errors of JavaScript itself.
Object.defineProperty(VippsAuthError.prototype, 'name', { value: 'VippsAuthError', configurable: true, writable: true })

interface Envelope extends VippsAuthErrorDetails {
  code?: VippsAuthErrorCode
  message?: string
  cancelled?: boolean
}

/** An argument that this side refuses, since it could not cross as it is. */
export function invalidConfig(field: string, detail: string): VippsAuthError {
  return new VippsAuthError('invalid_config', `${detail} field=\`${field}\``, { detail, field })
}

/** A native call whose errors are those of this package. */
export function told<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw translated(error, told)
  }
}

/** What a person should see in the place of a native error; its stack begins above `above`. */
export function translated(error: unknown, above?: Function): unknown {
  if (!isOfNativePart(error)) return error
  const envelope = read(error.message)
  const made = envelope === undefined ? unforeseen(error) : opened(envelope)
  if (above !== undefined && Error.captureStackTrace) Error.captureStackTrace(made, above)
  return made
}

export function isCancelled(error: unknown): boolean {
  return isOfNativePart(error) && read(error.message)?.cancelled === true
}

/** Whether a native error is about something that its caller gave. */
export function isAboutArgument(error: unknown): boolean {
  return isOfNativePart(error) && read(error.message)?.code === 'invalid_config'
}

/**
 * The native part marks its errors with the status that caused them: one word, where Node's own codes are in capitals. They
 * belong to the realm the addon was loaded in, so under Jest and in other contexts they are no instances of our `Error`.
 */
function isOfNativePart(error: unknown): error is Error & { code: string } {
  if (!types.isNativeError(error) || error instanceof VippsAuthError) return false
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[A-Z][a-z]+([A-Z][a-z]+)*$/.test(code)
}

function read(message: string): Envelope | undefined {
  if (!message.startsWith('{')) return undefined
  try {
    return JSON.parse(message) as Envelope
  } catch {
    return undefined
  }
}

function opened(envelope: Envelope): Error {
  if (envelope.code !== undefined) return new VippsAuthError(envelope.code, envelope.message ?? envelope.code, envelope)
  return new Error('the call was cancelled')
}

/** Neither text may be passed on: that of a refused argument shows its value, that of a panic may hold anything. */
function unforeseen({ code }: { code: string }): Error {
  const isArgument = code === 'InvalidArg' || code.endsWith('Expected')
  if (isArgument) return new TypeError('an argument has the wrong type')
  return new VippsAuthError('internal', 'a call into the library panicked')
}

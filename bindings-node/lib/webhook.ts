// Webhooks: whether a call comes from Vipps.

import { types } from 'node:util'

import * as check from './check.js'
import { ManualClock } from './clock.js'
import { told } from './errors.js'
import { INSPECT, shown } from './inspect.js'
import { native, type NativeWebhookVerifier } from './native.js'

/** Secrets by `Webhook-Id`, as the Webhooks API gave them out; several for one id while a secret is rotated. */
export type WebhookSecrets =
  | { readonly [webhookId: string]: string | readonly string[] }
  | Iterable<readonly [webhookId: string, secret: string | readonly string[]]>

/** The headers of a request, as any framework has them: `request.headers` of `node:http`, a `Headers`, a `Map`, or pairs. */
export type WebhookHeaders =
  | { readonly [name: string]: string | readonly string[] | undefined }
  | Iterable<readonly [name: string, value: string | readonly string[]]>

/** The raw body of a request. A text counts as its UTF-8. */
export type WebhookBody = Uint8Array | ArrayBuffer | string

/** What may differ from one receiver of webhooks to another. */
export interface WebhookOptions {
  /**
   * The host of the registered URL, such as `shop.example`, with a port where it is not 443. Needed where a proxy in front of
   * this program changes `Host`. Default: the request's own.
   */
  publicHost?: string | undefined
  /** How far `x-ms-date` may be from this machine's clock, in milliseconds. Default 5 min, at most 24 h. */
  tolerance?: number | undefined
  /** The time, for tests. */
  clock?: ManualClock | undefined
}

const OPTIONS = { publicHost: 'string', tolerance: 'number', clock: 'any' } as const
/** The headers that are looked at; no others need to cross. */
const NEEDED: ReadonlySet<string> = new Set(native.webhookHeaders())

/**
 * Checks that a call to a webhook comes from Vipps and is as it was sent. Needs no keys and no network.
 *
 * ```ts
 * const verifier = new WebhookVerifier({ [webhookId]: secret })
 *
 * app.post('/webhooks/vipps', express.raw({ type: () => true }), (request, response) => {
 *   const webhook = verifier.verify(request.method, request.originalUrl, request.headers, request.body)
 *   response.sendStatus(200)
 * })
 * ```
 */
export class WebhookVerifier {
  readonly #native: NativeWebhookVerifier

  /** A secret is used as it stands: it looks like base64 and is not to be decoded. */
  constructor(secrets: WebhookSecrets, options?: WebhookOptions) {
    const given = check.options('options', options, OPTIONS)
    const clock = given.clock === undefined ? undefined : check.instance('clock', given.clock, ManualClock).native
    const pairs = inTurn('secrets', secrets, () => true)
    pairs.forEach((text, at) => check.text(at % 2 === 0 ? 'webhookId' : 'secret', text))
    this.#native = told(() => new native.WebhookVerifier(pairs, { ...given, clock }))
  }

  /**
   * Checks a request. `path` is path and query as the request line had them (`request.originalUrl` in Express, `request.url`
   * elsewhere), or the whole URL; `body` is the raw body, before any parser.
   *
   * Throws a `VippsAuthError` with code `invalid_webhook` for all that is not to be trusted: answer 401. Its `reason` names what
   * differs, its `hint` the likely cause; both are for logs, not for whoever called.
   */
  verify(method: string | undefined, path: string | undefined, headers: WebhookHeaders, body: WebhookBody): VerifiedWebhook {
    const verb = check.foreignText('method', method)
    const target = check.foreignText('path', path)
    const needed = inTurn('headers', headers, (name) => NEEDED.has(name.toLowerCase()))
    // A copy, so that what was checked stays what it was.
    const bytes = Buffer.from(bytesOf(body))
    const crossed = told(() => this.#native.verify(verb, target, needed, bytes))
    const end = crossed.indexOf('\n')
    return new VerifiedWebhook(crossed.slice(end + 1), new Date(Number(crossed.slice(0, end))), bytes)
  }

  /**
   * Signs a body as Vipps would, for tests of a receiver: the headers of the call, `host` among them. `url` is the whole URL of
   * the registration. With several secrets for this id the first signs; the date is that of the clock.
   */
  sign(webhookId: string, url: string, body: WebhookBody): Record<string, string> {
    const id = check.text('webhookId', webhookId)
    const called = check.text('url', url)
    const bytes = bytesOf(body)
    return told(() => this.#native.sign(id, called, bytes))
  }

  /** @internal */
  [INSPECT](): string {
    return 'WebhookVerifier()'
  }
}

/**
 * A call that passed every check of a {@link WebhookVerifier}; there is no other way to make one. Be ready for the
 * same event to come twice.
 */
export class VerifiedWebhook {
  /** Which registration it came through (`Webhook-Id`). */
  readonly webhookId: string
  /** When Vipps sent it (`x-ms-date`). */
  readonly sentAt: Date
  readonly #body: Buffer

  /** @internal */
  constructor(webhookId: string, sentAt: Date, body: Buffer) {
    this.webhookId = webhookId
    this.sentAt = sentAt
    this.#body = body
  }

  /** The body as it came. */
  get body(): Uint8Array {
    return this.#body
  }

  /** The body as text: the event's JSON. */
  text(): string {
    return this.#body.toString()
  }

  /**
   * The event `login.merchant-initiated.ping.v1`: a login by phone number has been decided. Finish the login with
   * {@link Backchannel.finishWebhook}. Any other event is `invalid_config`, field `body`.
   */
  ping(): BackchannelPing {
    return BackchannelPing.parse(this.text())
  }

  /** @internal */
  [INSPECT](): string {
    return shown('VerifiedWebhook', { webhook: this.webhookId, sent: this.sentAt.toISOString() })
  }
}

/**
 * The webhook event `login.merchant-initiated.ping.v1`. {@link VerifiedWebhook.ping} is the way to one: that it comes from Vipps
 * has been checked by then. A forged ping costs one request and ends nothing.
 */
export class BackchannelPing {
  /** Which login it is about. */
  readonly authReqId: string
  /** Which merchant it is about; told where the registration is for all merchants of the partner. */
  declare readonly msn?: string

  private constructor({ authReqId, msn }: { authReqId: string; msn?: string }) {
    this.authReqId = authReqId
    if (msn !== undefined) Object.defineProperty(this, 'msn', { value: msn, enumerable: true })
  }

  /** Reads the event's JSON body, which was verified elsewhere. */
  static parse(body: string): BackchannelPing {
    const text = check.foreignText('body', body)
    return new BackchannelPing(told(() => native.backchannelPing(text)))
  }
}

/** Names and values in turn, those whose name is wanted. A value may be several. */
function inTurn(what: string, given: unknown, isWanted: (name: string) => boolean): string[] {
  const wrong = () => new TypeError(`${what} must be an object of strings, or pairs of strings`)
  if (typeof given !== 'object' || given === null) throw wrong()
  const pairs = Symbol.iterator in given ? (given as Iterable<unknown>) : Object.entries(given)
  const all: string[] = []
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') throw wrong()
    const [name, value] = pair as [string, unknown]
    if (value === undefined || !isWanted(name)) continue
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string') throw wrong()
      all.push(name, one)
    }
  }
  return all
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body)
  if (types.isUint8Array(body)) return body
  if (types.isArrayBuffer(body)) return new Uint8Array(body)
  throw new TypeError('body must be the raw body (a Buffer, a Uint8Array, an ArrayBuffer or a string), before any parser')
}

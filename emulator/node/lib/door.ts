// The way to a running emulator: an operation by name, JSON in and out, over HTTP.

import * as http from 'node:http'
import * as https from 'node:https'

import type { ControlErrorKind } from './operations.js'

// Taken when this is loaded, so that what replaces them in a test doesn't come between the test and its emulator.
const requests = { 'http:': http.request, 'https:': https.request }

/** An operation was refused: what was given is wrong, or what it is about is not there. Nothing of it was applied. */
export class EmulatorError extends Error {
  /** Why. */
  readonly code: ControlErrorKind
  /** The operation, by its name in all languages, such as `fail_next`; `start` where the options are refused. */
  readonly operation: string
  /** The member that it is about, by its name in all languages, such as `retry_after` or `replies[0].status`. */
  readonly member: string | undefined
  /** The rule that it breaks. */
  readonly rule: string

  /** @internal */
  constructor(operation: string, refusal: Refusal) {
    super(`${operation}: ${refusal.error}`)
    this.code = refusal.code
    this.operation = operation
    this.member = refusal.member ?? undefined
    this.rule = refusal.rule
  }
}
Object.defineProperty(EmulatorError.prototype, 'name', { value: 'EmulatorError', configurable: true, writable: true })

export interface Refusal {
  error: string
  code: ControlErrorKind
  member: string | null
  rule: string
}

/** One connection that stays open, so that operations are carried out in the order in which they are called. */
export class Door {
  readonly #url: URL
  readonly #agent: http.Agent
  #isClosed = false

  constructor(url: URL) {
    this.#url = url
    // An idle connection of an agent keeps no process alive.
    this.#agent = new (url.protocol === 'https:' ? https : http).Agent({ keepAlive: true, maxSockets: 1 })
  }

  async call(operation: string, input: object): Promise<unknown> {
    if (this.#isClosed) throw new Error(`${operation}: the emulator was stopped`)
    const { status, body } = await this.#post(operation, JSON.stringify(input))
    const told = parsed(body)
    if (isRefusal(told)) throw new EmulatorError(operation, told)
    if (status === 200 && told !== undefined) return told
    throw this.unknown(`it answers with status ${status}`)
  }

  /** What answers there is something else. */
  unknown(why: string): Error {
    return new Error(`${this.#url.origin} is no vipps-emulator, or does not let this program in: ${why}`)
  }

  close(): void {
    this.#isClosed = true
    this.#agent.destroy()
  }

  #post(operation: string, body: string): Promise<{ status: number; body: string }> {
    const url = new URL(`/emulator/control/${operation}`, this.#url)
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const send = requests[url.protocol as keyof typeof requests]
    return new Promise((resolve, reject) => {
      const sent = send(url, { method: 'POST', headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Where the cause is the machine and not what was given, there is no code. */
export function isRefusal(told: unknown): told is Refusal {
  return typeof told === 'object' && told !== null && 'code' in told && told.code !== null && 'rule' in told
}

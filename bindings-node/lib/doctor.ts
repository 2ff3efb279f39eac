// What `partner.doctor()` found, as data and as text.

import type { CallOptions } from './later.js'

/** What an examination looks at besides. */
export interface DoctorOptions extends CallOptions {
  /** Sales units that must be connected. Without any, all that Vipps lists are counted. */
  msns?: string[] | undefined
  /** The `redirectUri` of Login, as it is to be registered. */
  redirectUri?: string | undefined
  /** Looks at the settings alone, and asks nobody. */
  offline?: boolean | undefined
}

/** One thing that was looked at. Holds no secret. */
export interface DoctorFinding {
  /** The stable name of what was looked at, such as `token`; the same in every language. */
  readonly check: string
  /** `warning`: it works, and somebody should look into it. */
  readonly outcome: 'ok' | 'warning' | 'fault'
  /** What was found, in plain words. */
  readonly detail: string
  /** What to do about it, where that is known. */
  readonly cure: string | null
}

/** All findings, in the order in which they were made. `toString()` is the text for people. */
export interface DoctorReport {
  /** The version of the library that looked. */
  readonly version: string
  /** Which Vipps was asked: the base URL, where the variables name one. */
  readonly environment: string | null
  /** The kind of keys. */
  readonly keys: string | null
  /** The worst of all. */
  readonly outcome: DoctorFinding['outcome']
  /** One for each thing that was looked at. */
  readonly findings: readonly DoctorFinding[]
  /** The report as `vipps-doctor` prints it. */
  toString(): string
}

export const DOCTOR = { msns: ['strings', 'msn'], redirectUri: 'string', offline: 'boolean', signal: 'signal' } as const

/** The report as the native part tells it. */
export function report({ json, text }: { json: string; text: string }): DoctorReport {
  return Object.defineProperty(JSON.parse(json), 'toString', { value: () => text, enumerable: false })
}

// Options of partners and verifiers, and what becomes of events.

import { channel } from 'node:diagnostics_channel'

import * as check from './check.js'
import { ManualClock } from './clock.js'
import { told } from './errors.js'
import { native, type NativeSettings, type NativeSystem, type Told } from './native.js'

/** Everything that can be set; defaults come from the library. Spans are in milliseconds. */
export interface Settings {
  /** `production`, `test`, or a base URL such as the emulator's. Default: production, where alone partner keys work. */
  environment?: 'production' | 'test' | (string & {}) | undefined
  /** Limit for a TCP and TLS handshake. */
  connectTimeout?: number | undefined
  /** Limit for one request. */
  requestTimeout?: number | undefined
  /** Limit for a whole fetch with its retries, while somebody waits. */
  deadline?: number | undefined
  /** How far the clocks of Vipps and this machine may differ when an ID token is judged, at most five minutes. */
  leeway?: number | undefined
  /** For how long past their age keys are still used while Vipps can't be reached, at most 24 hours. */
  staleKeysFor?: number | undefined
  /** A company's own certificate authorities in PEM, trusted besides those of the machine. */
  caPem?: string | Uint8Array | undefined
  /**
   * Shares the token with other processes through Redis or Valkey: `redis://[user:password@]host[:6379][/db]`, with TLS
   * `rediss://`, or `redis+sentinel`, `redis+cluster`, `redis+unix`. A wrong URL is refused as `redis_url`; a Redis that is
   * out of reach costs an event and no call.
   */
  redisUrl?: string | undefined
  /** The authorities (PEM) that Redis' certificate is checked against, in the place of the machine's. */
  redisCaPem?: string | Uint8Array | undefined
  /** How Basic is written at the token endpoint of specialised keys. */
  basicEncoding?: 'raw' | 'form' | undefined
  /** How sales unit keys write Basic at Login's endpoints. */
  loginBasicEncoding?: 'raw' | 'form' | undefined
  /** How sales unit keys authenticate at Login's endpoints, as the portal has it. */
  loginAuthMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
  /** Lets partner keys be used with `test`, where Vipps refuses them. */
  allowPartnerKeysInTest?: boolean | undefined
  /** More origins (`https://gateway.example`) that adapters may send headers to. */
  trustedOrigins?: string[] | undefined
  /** Hears of everything that happens behind the caller's back. The diagnostics channel `vipps-partner-auth` tells the same. */
  onEvent?: ((event: VippsAuthEvent) => void) | undefined
  /** A clock that moves only when told to, for tests. */
  clock?: ManualClock | undefined
}

/** Something that happened behind the caller's back. */
export interface VippsAuthEvent {
  /** Such as `token_renewed`; the same names in every language. */
  name: string
  /** Whether somebody should look into it. */
  warning: boolean
  /** What it tells besides, such as `lifetime`; spans in seconds. */
  details: Record<string, string>
}

/** Who is calling: the four `Vipps-System-*` headers, each value at most 30 characters of printable ASCII. */
export interface SystemInfo {
  /** The system that calls, such as an ERP. */
  name: string
  version: string
  /** The plugin within that system; name and version, or neither. */
  pluginName?: string | undefined
  pluginVersion?: string | undefined
}

export const RULES = {
  environment: 'string',
  connectTimeout: 'number',
  requestTimeout: 'number',
  deadline: 'number',
  leeway: 'number',
  staleKeysFor: 'number',
  caPem: 'any',
  redisUrl: 'string',
  redisCaPem: 'any',
  basicEncoding: 'string',
  loginBasicEncoding: 'string',
  loginAuthMethod: 'string',
  allowPartnerKeysInTest: 'boolean',
  trustedOrigins: 'strings',
  onEvent: 'function',
  clock: 'any',
} as const

const events = channel('vipps-partner-auth')

/** Settings as the native part takes them. */
export function settings(what: string, given: Settings | undefined): NativeSettings {
  const { onEvent, clock, caPem, redisCaPem, ...plain } = check.options(what, given, RULES)
  const made = check.present(plain) as NativeSettings
  if (caPem !== undefined) made.caPem = pem('caPem', caPem)
  if (redisCaPem !== undefined) made.redisCaPem = pem('redisCaPem', redisCaPem)
  if (clock !== undefined) made.clock = check.instance('clock', clock, ManualClock).native
  // Must not hold the object that holds it: neither would ever be collected.
  made.listener = (event: Told) => tell(event, onEvent)
  return made
}

function pem(name: string, value: unknown): string | Uint8Array {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  throw new TypeError(`${name} must be a string or a Uint8Array`)
}

function tell(event: Told, onEvent: Settings['onEvent']): void {
  events.publish(event)
  onEvent?.(event)
}

const SYSTEM = { name: 'string', version: 'string', pluginName: 'string', pluginVersion: 'string' } as const

/** Who is calling, as the native part takes it. */
export function system(value: SystemInfo): NativeSystem {
  const { name, version, ...plugin } = check.options('system', value, SYSTEM)
  return { name: check.text('system.name', name), version: check.text('system.version', version), ...check.present(plugin) }
}

/** The `Vipps-System-*` headers by themselves, for a call that this library does not make. */
export function systemHeaders(info: SystemInfo): Record<string, string> {
  return told(() => native.systemHeaders(system(info)))
}

/** The first 30 characters of a text with everything dropped that a header can't hold. Never applied by itself. */
export function fitSystemValue(value: string): string {
  return native.fitSystemValue(check.text('value', value))
}

/** Where calls go. */
export interface Environment {
  /** Without a trailing slash. */
  baseUrl: string
  /** The `iss` of its ID tokens. */
  issuer: string
}

/** Reads `production`, `test` or a base URL. */
export function environment(value: string): Environment {
  const name = check.text('environment', value)
  return told(() => native.environment(name))
}

/** Checks a merchant serial number: 4 to 10 digits. */
export function msn(value: string): string {
  const digits = check.text('msn', value)
  return told(() => native.msn(digits))
}

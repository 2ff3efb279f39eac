// Options of partners and verifiers.

import * as check from './check.js'
import { ManualClock } from './clock.js'
import { told } from './errors.js'
import { listener, type VippsAuthEvent } from './events.js'
import { asker } from './key-source.js'
import type { Keys } from './keys.js'
import { native, type NativeSettings, type NativeSystem } from './native.js'

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
   * The proxy for everything that leaves this machine, such as `http://user:password@proxy.example:8080` (`http`, `https` or
   * `socks5`), in the place of the proxy variables; `direct` for none. Default: the variables.
   */
  proxy?: string | undefined
  /**
   * Shares the token with other processes through Redis or Valkey: `redis://[user:password@]host[:6379][/db]`, with TLS
   * `rediss://`, or `redis+sentinel`, `redis+cluster`, `redis+unix`. A wrong URL is refused as `redis_url`; a Redis that is
   * out of reach costs an event and no call.
   */
  redisUrl?: string | undefined
  /** The authorities (PEM) that Redis' certificate is checked against, instead of the machine's. */
  redisCaPem?: string | Uint8Array | undefined
  /** How Basic is written at the token endpoint of specialised keys. */
  basicEncoding?: 'raw' | 'form' | undefined
  /** How sales unit keys write Basic at Login's token endpoint. Where they are refused the other way is tried once. */
  loginBasicEncoding?: 'raw' | 'form' | undefined
  /** How they write it where a login from a phone number starts. */
  backchannelBasicEncoding?: 'raw' | 'form' | undefined
  /** How sales unit keys authenticate at Login's endpoints, as the portal has it. */
  loginAuthMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
  /** Lets partner keys be used with `test`, where Vipps refuses them. */
  allowPartnerKeysInTest?: boolean | undefined
  /** More origins (`https://gateway.example`) that adapters may send headers to. */
  trustedOrigins?: string[] | undefined
  /**
   * Receives everything that happens in the background. It may call the library; what it throws, also later, is reported
   * once as a warning of the process and harms nobody. The diagnostics channel `vipps-partner-auth` tells the same. Without
   * either, warnings go to `process.emitWarning`.
   */
  onEvent?: ((event: VippsAuthEvent) => void | Promise<void>) | undefined
  /**
   * Where the keys are kept, such as a secret store: called for them when Vipps refuses those in use, at most every 30 seconds.
   * Those that differ are tried, and take their place where Vipps gives a token for them. Where it fails, the keys in use stay,
   * and what it threw is told as a warning of the process.
   */
  keySource?: (() => Keys | Promise<Keys>) | undefined
  /** A clock that moves only when told to, for tests. */
  clock?: ManualClock | undefined
}

/** Who is calling: the four `Vipps-System-*` headers, each value at most 30 characters of printable ASCII. */
export interface SystemInfo {
  /** The system that calls, such as an ERP. */
  name: string
  /** Its version. */
  version: string
  /** The plugin within that system; name and version, or neither. */
  pluginName?: string | undefined
  /** The plugin's version. */
  pluginVersion?: string | undefined
}

export const RULES = {
  environment: 'string',
  connectTimeout: 'number',
  requestTimeout: 'number',
  deadline: 'number',
  leeway: 'number',
  staleKeysFor: 'number',
  caPem: 'bytes',
  proxy: 'string',
  redisUrl: 'string',
  redisCaPem: 'bytes',
  basicEncoding: 'string',
  loginBasicEncoding: 'string',
  backchannelBasicEncoding: 'string',
  loginAuthMethod: 'string',
  allowPartnerKeysInTest: 'boolean',
  trustedOrigins: ['strings', 'trusted_origin'],
  onEvent: 'function',
  keySource: 'function',
  clock: 'any',
} as const

/** What the native part takes, of options that {@link check.options} has read. */
export function settings(read: Settings): NativeSettings {
  const made = Object.create(null) as { [name: string]: unknown }
  for (const name of Object.keys(RULES)) made[name] = read[name as keyof Settings]
  for (const name of Object.keys(made)) if (made[name] === undefined) delete made[name]
  if (read.clock !== undefined) made.clock = check.instance('clock', read.clock, ManualClock).native
  delete made.onEvent
  made.listener = listener(read.onEvent)
  if (read.keySource !== undefined) made.keySource = asker(read.keySource)
  return made
}

const SYSTEM = {
  name: ['string', 'system_name'],
  version: ['string', 'system_version'],
  pluginName: 'string',
  pluginVersion: 'string',
} as const

/** Who is calling, as the native part takes it. */
export function system(value: SystemInfo): NativeSystem {
  const read = check.options('system', value, SYSTEM)
  check.text('system.name', read.name)
  check.text('system.version', read.version)
  return read
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

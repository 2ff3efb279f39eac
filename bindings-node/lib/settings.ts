// Options of partners and verifiers.

import * as check from './check.js'
import { ManualClock } from './clock.js'
import { told } from './errors.js'
import { listener, type VippsAuthEvent } from './events.js'
import { asker } from './key-source.js'
import type { Keys } from './keys.js'
import { native, type NativeSettings, type NativeSystem } from './native.js'
import { cacheCaller, sender, type TokenCache, type Transport } from './own.js'
import { values } from './values.js'

/** Everything that can be set. Spans are in milliseconds. */
export interface Settings {
  // Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
  /**
   * Which Vipps to talk to: `production`, `test`, or a base URL such as the emulator's. Partner keys work in production alone.
   * Default: `production`.
   */
  environment?: 'production' | 'test' | (string & {}) | undefined
  /** Limit for a TCP and TLS handshake. In milliseconds. Default: 5 s; more than 0, at most 1 h. */
  connectTimeout?: number | undefined
  /** Limit for one request, from connecting to the last byte. In milliseconds. Default: 10 s; more than 0, at most 1 h. */
  requestTimeout?: number | undefined
  /**
   * Limit for a whole fetch with its retries, while somebody waits. A caller who joins a renewal in flight may wait for that
   * first, for one request at most. A shared cache has one second of its own, and waiting for what another process fetches takes
   * 10 s at most, never more than this limit. In milliseconds. Default: 30 s; more than 0, at most 1 h.
   */
  deadline?: number | undefined
  /**
   * How far the clocks of Vipps and this machine may differ when an ID token is checked. In milliseconds. Default: 60 s; 0 to 300
   * s.
   */
  leeway?: number | undefined
  /**
   * How long past their age Vipps' public keys are still used while it can't be reached. Longer survives longer outages and
   * trusts a withdrawn key longer. In milliseconds. Default: 4 h; 0 to 24 h.
   */
  staleKeysFor?: number | undefined
  /**
   * A company's own certificate authorities (PEM), trusted besides the machine's. On Linux and other Unix systems `SSL_CERT_FILE`
   * and `SSL_CERT_DIR` are honoured without this; macOS and Windows have their own stores. A store of the language's runtime,
   * such as the JVM's, is not read. Default: none.
   */
  caPem?: string | Uint8Array | undefined
  /**
   * The proxy for everything that leaves this machine, in the place of the proxy variables; `direct` for none. It looks like
   * `http://user:password@proxy.example:8080` (`http`, `https` or `socks5`), and stands for all proxy variables, `NO_PROXY` too.
   * A value that can't be used is refused. Default: the variables `https_proxy`, `all_proxy` and `no_proxy`, small or in
   * capitals.
   */
  proxy?: string | undefined
  /**
   * Where processes share their token: the URL of a Redis or Valkey. It looks like `redis://[user:password@]host[:6379][/db]`,
   * with TLS `rediss://`, or `redis+sentinel`, `redis+cluster`, `redis+unix`. A wrong URL is refused at once; a Redis that is out
   * of reach costs an event and no call. Default: none.
   */
  redisUrl?: string | undefined
  /** The authorities (PEM) that a `rediss://` server is checked against, instead of the machine's. Default: the machine's. */
  redisCaPem?: string | Uint8Array | undefined
  /**
   * How specialised keys are written in HTTP Basic at the token endpoint: as they are, or form-encoded first (RFC 6749 section
   * 2.3.1). Default: `raw`.
   */
  basicEncoding?: 'raw' | 'form' | undefined
  /**
   * How sales unit keys are written in HTTP Basic at Login's token endpoint. Where Vipps refuses them, the other way is tried
   * once. Servers of the kind that Vipps appears to run decode the parts. What works is remembered, and told as the event
   * `other_basic_encoding_used`. Default: `form`.
   */
  loginBasicEncoding?: 'raw' | 'form' | undefined
  /**
   * How sales unit keys are written in HTTP Basic where a login by phone number starts, and where it is asked whether a user
   * exists. Where Vipps refuses them, the other way is tried once. Vipps' own examples write them as they are. Default: `raw`.
   */
  backchannelBasicEncoding?: 'raw' | 'form' | undefined
  /**
   * How sales unit keys authenticate in Login, as the portal has it for that sales unit: in a header, or in the body. Default:
   * `client_secret_basic`.
   */
  loginAuthMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
  /** Lets partner keys be used with the test environment, where Vipps refuses them. Default: false. */
  allowPartnerKeysInTest?: boolean | undefined
  /**
   * More origins (`https://gateway.example`) that adapters may send headers to, besides the environment's own. The discovery
   * document may place Login's endpoints and the keys of ID tokens there as well. Default: none.
   */
  trustedOrigins?: string[] | undefined
  // End of what is generated.
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
  /** Where processes share their token, in the place of `redisUrl`. */
  tokenCache?: TokenCache | undefined
  /**
   * What sends every request of the library, in the place of its own client. With it `proxy` is refused, and `caPem` and
   * `connectTimeout` mean nothing.
   */
  transport?: Transport | undefined
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

const VALUES = {
  // Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
  environment: 'string',
  connectTimeout: 'milliseconds',
  requestTimeout: 'milliseconds',
  deadline: 'milliseconds',
  leeway: 'milliseconds',
  staleKeysFor: 'milliseconds',
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
  // End of what is generated.
} as const
const OBJECTS = {
  onEvent: 'function',
  keySource: 'function',
  tokenCache: 'any',
  transport: 'any',
  clock: 'any',
} as const
export const RULES = Object.assign({}, VALUES, OBJECTS)

/** What the native part takes, of options that {@link check.options} has read. */
export function settings(read: Settings): NativeSettings {
  const made: NativeSettings = { values: values(read, VALUES), listener: listener(read.onEvent) }
  if (read.keySource !== undefined) made.keySource = asker(read.keySource)
  if (read.clock !== undefined) made.clock = check.instance('clock', read.clock, ManualClock).native
  if (read.tokenCache !== undefined) made.tokenCache = cacheCaller(read.tokenCache)
  if (read.transport !== undefined) made.transport = sender(read.transport)
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

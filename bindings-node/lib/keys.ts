// The kinds of keys. The class chooses the flow; there is no flag. The secrets live outside of JavaScript.

import * as check from './check.js'
import { told } from './errors.js'
import { INSPECT } from './inspect.js'
import { native, type Lookup, type NativeKeys } from './native.js'

/** Keys as the portal shows them. */
export interface StandardKeys {
  /** The id of the client that the keys are for. */
  clientId: string
  /** Its secret. */
  clientSecret: string
  /** Either subscription key of the pair. */
  subscriptionKey: string
  /** The other of the pair; used when the service refuses the first. */
  secondSubscriptionKey?: string | undefined
}

/** Named values such as `process.env`: an object that has, inherits or computes them. */
export type Variables = { readonly [name: string]: string | undefined }

let nativeOf: (keys: KeyHolder) => NativeKeys

/** Keys of any kind. */
abstract class KeyHolder {
  readonly #native: NativeKeys

  static {
    nativeOf = (keys) => keys.#native
  }

  /** @internal */
  constructor(keys: NativeKeys) {
    this.#native = keys
  }

  /** The id of the client that the keys are for. It is no secret. */
  get clientId(): string {
    return this.#native.clientId
  }

  /** @internal */
  [INSPECT](): string {
    const { msn } = this.#native
    return `${this.constructor.name}(${msn === null ? '' : `msn ${msn}`})`
  }
}

/** A partner's keys: they act for every merchant that is connected to it, in production only. */
export class PartnerKeys extends KeyHolder {
  constructor(keys: StandardKeys) {
    super(made(keys, () => partner(keys)))
  }

  /** Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and, if set, `VIPPS_SECOND_SUBSCRIPTION_KEY`. */
  static fromEnv(variables: Variables = process.env): PartnerKeys {
    return new PartnerKeys(new Read(lookedUp(variables, (lookup) => native.Keys.partnerFrom(lookup))) as never)
  }
}

/** The keys of one sales unit: what a partner is given in the test environment. */
export class SalesUnitKeys extends KeyHolder {
  constructor(keys: StandardKeys & { msn: string }) {
    super(made(keys, () => salesUnit(keys)))
  }

  /** Reads what {@link PartnerKeys.fromEnv} reads, and `VIPPS_MSN`. */
  static fromEnv(variables: Variables = process.env): SalesUnitKeys {
    return new SalesUnitKeys(new Read(lookedUp(variables, (lookup) => native.Keys.salesUnitFrom(lookup))) as never)
  }

  /** The sales unit these keys are for. */
  get msn(): string {
    return nativeOf(this).msn as string
  }
}

/** Keys of the specialised flow (accounting, donations): no subscription key, no merchant. */
export class SpecializedKeys extends KeyHolder {
  /** `scope`: the scopes to ask for, with one space between two, such as `donations:read`. */
  constructor(keys: { clientId: string; clientSecret: string; scope?: string | undefined }) {
    super(made(keys, () => specialized(keys)))
  }

  /** Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET` and, if set, `VIPPS_SCOPE`. */
  static fromEnv(variables: Variables = process.env): SpecializedKeys {
    return new SpecializedKeys(new Read(lookedUp(variables, (lookup) => native.Keys.specializedFrom(lookup))) as never)
  }
}

/**
 * The keys of a payment service provider: one set for all its merchants, with its id on API calls and never on the token call.
 *
 * Vipps' public documents say little of them. Login and the Management API are refused with them, since none says that they
 * work there.
 */
export class PspKeys extends KeyHolder {
  constructor(keys: StandardKeys & { pspId: string }) {
    super(made(keys, () => psp(keys)))
  }

  /** Reads what {@link PartnerKeys.fromEnv} reads, and `VIPPS_PSP_ID`. */
  static fromEnv(variables: Variables = process.env): PspKeys {
    return new PspKeys(new Read(lookedUp(variables, (lookup) => native.Keys.pspFrom(lookup))) as never)
  }

  /** The id that API calls carry as `Psp-Id`. No secret. */
  get pspId(): string {
    return nativeOf(this).pspId as string
  }
}

/** Keys of any kind. */
export type Keys = PartnerKeys | SalesUnitKeys | SpecializedKeys | PspKeys

export function nativeKeys(value: unknown): NativeKeys {
  if (value instanceof KeyHolder) return nativeOf(value)
  throw new TypeError('keys must be PartnerKeys, SalesUnitKeys, SpecializedKeys or PspKeys')
}

/** A native call that looks named values up, each once. It must not be thrown into, so what goes wrong here waits. */
export function lookedUp<T>(variables: Variables, call: (lookup: Lookup) => T): T {
  const source = new Source(check.named('variables', variables))
  try {
    const made = told(() => call((name) => source.value(name)))
    if (source.failure === undefined) return made
  } catch (error) {
    if (source.failure === undefined) throw error
  }
  throw source.failure
}

class Source {
  failure: unknown
  readonly #variables: Record<string, unknown>
  readonly #read = new Map<string, string | undefined>()

  constructor(variables: Record<string, unknown>) {
    this.#variables = variables
  }

  value(name: string): string | undefined {
    if (!this.#read.has(name)) this.#read.set(name, this.#checked(name))
    return this.#read.get(name)
  }

  #checked(name: string): string | undefined {
    try {
      const value = this.#variables[name]
      return value === undefined ? undefined : check.text(name, value, name)
    } catch (error) {
      this.failure ??= error
      return undefined
    }
  }
}

/** Keys that were read from elsewhere, on their way through a public constructor. */
class Read {
  readonly native: NativeKeys

  constructor(keys: NativeKeys) {
    this.native = keys
  }
}

function made(given: unknown, make: () => NativeKeys): NativeKeys {
  return given instanceof Read ? given.native : told(make)
}

const STANDARD = {
  clientId: 'string',
  clientSecret: 'string',
  subscriptionKey: 'string',
  secondSubscriptionKey: 'string',
} as const
const SALES_UNIT = Object.assign({}, STANDARD, { msn: 'string' } as const)
const PSP = Object.assign({}, STANDARD, { pspId: 'string' } as const)
const SPECIALIZED = { clientId: 'string', clientSecret: 'string', scope: 'string' } as const

function partner(keys: StandardKeys): NativeKeys {
  return native.Keys.partner(complete(check.options('keys', keys, STANDARD)))
}

function salesUnit(keys: StandardKeys & { msn: string }): NativeKeys {
  const read = check.options('keys', keys, SALES_UNIT)
  return native.Keys.salesUnit(complete(read), check.text('keys.msn', read.msn))
}

function psp(keys: StandardKeys & { pspId: string }): NativeKeys {
  const read = check.options('keys', keys, PSP)
  return native.Keys.psp(complete(read), check.text('keys.pspId', read.pspId))
}

function specialized(keys: { clientId: string; clientSecret: string; scope?: string | undefined }): NativeKeys {
  const read = check.options('keys', keys, SPECIALIZED)
  const clientId = check.text('keys.clientId', read.clientId)
  return native.Keys.specialized(clientId, check.text('keys.clientSecret', read.clientSecret), read.scope)
}

function complete(keys: StandardKeys): StandardKeys {
  check.text('keys.clientId', keys.clientId)
  check.text('keys.clientSecret', keys.clientSecret)
  check.text('keys.subscriptionKey', keys.subscriptionKey)
  return keys
}

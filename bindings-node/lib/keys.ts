// The three kinds of keys. The class chooses the flow; there is no flag. The secrets live outside of JavaScript.

import * as check from './check.js'
import { told } from './errors.js'
import { native, type NativeKeys, type PortalKeys, type Vars } from './native.js'

/** Keys as the portal shows them. */
export interface StandardKeys {
  clientId: string
  clientSecret: string
  subscriptionKey: string
  /** The other of the pair; used when the service refuses the first. */
  secondSubscriptionKey?: string | undefined
}

/** Named values such as `process.env`. */
export type Variables = Record<string, string | undefined>

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
}

/** A partner's keys: they act for every merchant that is connected to it, in production only. */
export class PartnerKeys extends KeyHolder {
  constructor(keys: StandardKeys) {
    super(made(keys, () => native.Keys.partner(standard(check.options('keys', keys, STANDARD)))))
  }

  /** Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and, if set, `VIPPS_SECOND_SUBSCRIPTION_KEY`. */
  static fromEnv(variables: Variables = process.env): PartnerKeys {
    return new PartnerKeys(read(() => native.Keys.partnerFrom(vars(variables))) as never)
  }
}

/** The keys of one sales unit: what a partner is given in the test environment. */
export class SalesUnitKeys extends KeyHolder {
  constructor(keys: StandardKeys & { msn: string }) {
    super(made(keys, () => salesUnit(keys)))
  }

  /** Reads what {@link PartnerKeys.fromEnv} reads, and `VIPPS_MSN`. */
  static fromEnv(variables: Variables = process.env): SalesUnitKeys {
    return new SalesUnitKeys(read(() => native.Keys.salesUnitFrom(vars(variables))) as never)
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
    return new SpecializedKeys(read(() => native.Keys.specializedFrom(vars(variables))) as never)
  }
}

export type Keys = PartnerKeys | SalesUnitKeys | SpecializedKeys

export function nativeKeys(value: unknown): NativeKeys {
  if (value instanceof KeyHolder) return nativeOf(value)
  throw new TypeError('keys must be PartnerKeys, SalesUnitKeys or SpecializedKeys')
}

/** Only what is set. */
export function vars(variables: Variables): Vars {
  return check.present({ ...variables }) as Vars
}

/** Keys that were read from elsewhere, on their way through a public constructor. */
class Read {
  readonly native: NativeKeys

  constructor(keys: NativeKeys) {
    this.native = keys
  }
}

function read(call: () => NativeKeys): Read {
  return new Read(told(call))
}

function made(given: unknown, make: () => NativeKeys): NativeKeys {
  return given instanceof Read ? given.native : told(make)
}

function salesUnit(keys: StandardKeys & { msn: string }): NativeKeys {
  const { msn, ...rest } = check.options('keys', keys, { ...STANDARD, msn: 'string' })
  return native.Keys.salesUnit(standard(rest), check.text('keys.msn', msn))
}

function specialized(keys: { clientId: string; clientSecret: string; scope?: string | undefined }): NativeKeys {
  const given = check.options('keys', keys, { clientId: 'string', clientSecret: 'string', scope: 'string' })
  const clientId = check.text('keys.clientId', given.clientId)
  return native.Keys.specialized(clientId, check.text('keys.clientSecret', given.clientSecret), given.scope)
}

const STANDARD = {
  clientId: 'string',
  clientSecret: 'string',
  subscriptionKey: 'string',
  secondSubscriptionKey: 'string',
} as const

function standard(keys: StandardKeys): PortalKeys {
  check.text('keys.clientId', keys.clientId)
  check.text('keys.clientSecret', keys.clientSecret)
  check.text('keys.subscriptionKey', keys.subscriptionKey)
  return check.present(keys)
}

// Keys that can be read, since they guard nothing, and that are at the same time what vipps-partner-auth takes.

import { inspect } from 'node:util'

import type * as library from 'vipps-partner-auth'

import type { Keys, SpecializedKeys } from './operations.js'

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** The keys of a partner, in plain text; with vipps-partner-auth installed they are its `PartnerKeys` too. */
export type EmulatorPartnerKeys = Keys & library.PartnerKeys
/** The keys of a sales unit, in plain text; with vipps-partner-auth installed they are its `SalesUnitKeys` too. */
export type EmulatorSalesUnitKeys = Keys & library.SalesUnitKeys
/** Accounting or donations keys, in plain text; with vipps-partner-auth installed they are its `SpecializedKeys` too. */
export type EmulatorSpecializedKeys = SpecializedKeys & library.SpecializedKeys

export function partnerKeys(keys: Keys): EmulatorPartnerKeys {
  const { PartnerKeys } = installed() ?? {}
  return readable('PartnerKeys', keys, PartnerKeys && new PartnerKeys(keys)) as EmulatorPartnerKeys
}

export function salesUnitKeys(keys: Keys, msn: string): EmulatorSalesUnitKeys {
  const { SalesUnitKeys } = installed() ?? {}
  const made = SalesUnitKeys && new SalesUnitKeys(Object.assign({}, keys, { msn }))
  return readable('SalesUnitKeys', keys, made ?? { msn }) as EmulatorSalesUnitKeys
}

export function specializedKeys(keys: SpecializedKeys): EmulatorSpecializedKeys {
  const { SpecializedKeys } = installed() ?? {}
  const { clientId, clientSecret } = keys
  return readable('SpecializedKeys', keys, SpecializedKeys && new SpecializedKeys({ clientId, clientSecret })) as EmulatorSpecializedKeys
}

/** The library under test, where it is installed. */
export function installed(): typeof library | undefined {
  try {
    return require('vipps-partner-auth') as typeof library
  } catch (error) {
    if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

function readable(name: string, keys: object, made: object = {}): object {
  // Over what the library's own class reads, such as the client id, which is the same.
  Object.defineProperties(made, Object.getOwnPropertyDescriptors(keys))
  const show = (_depth: number, options: object) => `${name} ${inspect(Object.assign({}, keys), options)}`
  return Object.defineProperty(made, INSPECT, { value: show })
}

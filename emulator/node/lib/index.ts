/**
 * An offline stand-in for the token and Login endpoints of Vipps MobilePay, for tests.
 *
 * Not an official Vipps MobilePay product.
 *
 * @module vipps-emulator
 */

export { EmulatorError } from './door.js'
export { Emulator } from './emulator.js'
export type { EmulatorPartnerKeys, EmulatorSalesUnitKeys, EmulatorSpecializedKeys } from './keys.js'
export { hooked, TestKit, type Hooks, type KitScope, type KitSettings } from './kit.js'
export { Operations } from './operations.js'
export type * from './operations.js'

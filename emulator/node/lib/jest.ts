/**
 * The test kit for Jest.
 *
 * @module vipps-emulator/jest
 */

import type { EmulatorOptions, Hooks, KitScope, TestKit } from './index.js'
import { hooked } from './index.js'

/**
 * The {@link TestKit} of the test that runs: called at the top of a file or of a `describe`, it starts an emulator before each
 * test and ends it afterwards, or with `{ scope: 'file' }` one for all.
 */
export function useVipps(options?: EmulatorOptions, scope?: KitScope): TestKit {
  const { beforeEach, afterEach, beforeAll, afterAll } = globalThis as Partial<Hooks>
  if (!beforeEach || !afterEach || !beforeAll || !afterAll) throw new Error('vipps-emulator/jest: there is no Jest here, or it has no globals')
  return hooked({ beforeEach, afterEach, beforeAll, afterAll }, options, scope)
}

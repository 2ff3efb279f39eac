/**
 * The test kit for Vitest.
 *
 * @module vipps-emulator/vitest
 */

import { afterAll, afterEach, beforeAll, beforeEach, test, type TestAPI } from 'vitest'

import type { EmulatorOptions, Hooks, KitScope } from './index.js'
import { hooked, TestKit } from './index.js'

/**
 * A `test` with the fixture `vipps`: each test that asks for it has a {@link TestKit} of its own, with an emulator that ends
 * with the test. Tests may run side by side.
 */
export function vippsTest(options?: EmulatorOptions): TestAPI<{
  /** The kit of the test alone. */
  vipps: TestKit
}> {
  return test.extend<{ vipps: TestKit }>({
    // Vitest reads the names of the fixtures it asks for from this pattern.
    vipps: async ({}, use) => {
      const kit = await TestKit.start(options)
      await use(kit)
      await kit.stop()
    },
  })
}

/**
 * The {@link TestKit} of the test that runs: called at the top of a file or of a `describe`, it starts an emulator before each
 * test and ends it afterwards, or with `{ scope: 'file' }` one for all.
 */
export function useVipps(options?: EmulatorOptions, scope?: KitScope): TestKit {
  const hooks = { beforeEach, afterEach, beforeAll, afterAll } as unknown as Hooks
  return hooked(hooks, options, scope)
}

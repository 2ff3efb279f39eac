// The helpers of the test runners. Compiled and never run.

import { useVipps as inJest } from 'vipps-emulator/jest'
import { useVipps, vippsTest } from 'vipps-emulator/vitest'

const test = vippsTest({ merchants: ['123456'] })
test('a fixture', async ({ vipps }) => {
  const headers = await vipps.merchant().headers()
  await vipps.advance(1_000)
  console.log(headers.authorization)
})
console.log(useVipps({ mode: 'test' }).baseUrl, inJest({}, { scope: 'file' }).clock)
// @ts-expect-error no such scope
useVipps({}, { scope: 'all' })

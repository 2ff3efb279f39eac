// OpenTelemetry's instrumentations add headers below our adapters.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('OpenTelemetry: its headers arrive with ours, at each try', () => {
  const printed = execFileSync(process.execPath, [fileURLToPath(new URL('tracing.cjs', import.meta.url))], { encoding: 'utf8' })
  const { statuses, calls } = JSON.parse(printed.trim().split('\n').at(-1))
  assert.deepEqual(statuses, [200, 200, 200])
  assert.deepEqual(calls, [[401, 1, 1], [200, 1, 1], [200, 1, 1], [200, 1, 1]])
})

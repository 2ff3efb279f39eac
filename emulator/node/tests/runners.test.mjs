// The kit under the runners it is for.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { at, run } from './support.mjs'

const require = createRequire(import.meta.url)

function bin(name) {
  const { bin } = require(`${name}/package.json`)
  return require.resolve(`${name}/package.json`).replace('package.json', typeof bin === 'string' ? bin : bin[name])
}

test('Jest', async () => {
  const config = JSON.stringify({ testEnvironment: 'node', testMatch: ['**/in-jest.cjs'], transform: {}, haste: { enableSymlinks: false } })
  const { status, printed } = await run([bin('jest'), '--config', config, '--rootDir', at('runners'), '--watchman=false'], { env: { CI: 'true' } })
  assert.equal(status, 0, printed)
  assert.match(printed, /4 passed/)
  assert.doesNotMatch(printed, /did not exit/)
})

for (const pool of ['threads', 'forks', 'vmThreads']) {
  test(`Vitest, ${pool}`, async () => {
    const { status, printed } = await run([bin('vitest'), 'run', '--root', at('runners'), '--pool', pool], { env: { CI: 'true' } })
    assert.equal(status, 0, printed)
    assert.match(printed, /5 passed/)
  })
}

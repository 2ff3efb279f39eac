// Test runners that give each test file a realm of its own, and `node:vm` by itself.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'

import { GUIDE } from '../documents.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const require = createRequire(import.meta.url)

function run(program, ...args) {
  // Of the runner around us nothing may be inherited.
  const { NODE_TEST_CONTEXT, NODE_OPTIONS, ...env } = process.env
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: { ...env, CI: 'true' } })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, printed })))
}

function bin(name) {
  const { bin } = require(`${name}/package.json`)
  return require.resolve(`${name}/package.json`).replace('package.json', typeof bin === 'string' ? bin : bin[name])
}

test('Jest', async () => {
  const config = JSON.stringify({ testEnvironment: 'node', testMatch: ['**/in-jest.cjs'], transform: {}, haste: { enableSymlinks: false } })
  const { status, printed } = await run(bin('jest'), '--config', config, '--rootDir', folder, '--runInBand', '--watchman=false')
  assert.equal(status, 0, printed)
  assert.match(printed, /3 passed/)
})

for (const pool of ['threads', 'forks', 'vmThreads', 'vmForks']) {
  test(`Vitest, ${pool}`, async () => {
    const { status, printed } = await run(bin('vitest'), 'run', '--root', `${folder}runner`, '--pool', pool)
    assert.equal(status, 0, printed)
    assert.match(printed, /3 passed/)
  })
}

/** A folder with the test of the guide that has this file name. */
function guided(t, title) {
  const at = realpathSync(mkdtempSync(join(folder, 'guide-')))
  t.after(() => rmSync(at, { recursive: true }))
  writeFileSync(join(at, title), GUIDE.find((block) => block.title === title).code)
  return at
}

test('the guide: Jest', async (t) => {
  const at = guided(t, 'shop.test.cjs')
  const config = JSON.stringify({ testEnvironment: 'node', testMatch: ['**/*.test.cjs'], transform: {}, haste: { enableSymlinks: false } })
  const { status, printed } = await run(bin('jest'), '--config', config, '--rootDir', at, '--runInBand', '--watchman=false')
  assert.equal(status, 0, printed)
  assert.match(printed, /1 passed/)
})

test('the guide: Vitest', async (t) => {
  const at = guided(t, 'shop.test.mjs')
  // Installed packages are external; ours are linked, which Vitest takes for the user's own code.
  writeFileSync(join(at, 'vitest.config.mjs'), 'export default { test: { server: { deps: { external: [/dist/] } } } }')
  const { status, printed } = await run(bin('vitest'), 'run', '--root', at)
  assert.equal(status, 0, printed)
  assert.match(printed, /1 passed/)
})

test('node:vm: what another realm gives is taken for what it is', async () => {
  const face = require('vipps-partner-auth')
  const context = createContext({ face, console })
  const told = await runInContext(
    `(async () => {
      const { ManualClock, IdTokenVerifier, VippsAuthError, msn } = face
      new ManualClock(new Date(0))
      try { new IdTokenVerifier({ caPem: new Uint8Array([120]) }) } catch (error) { if (error.field !== 'ca_pem') throw error }
      try { msn('x') } catch (error) { if (!(error instanceof VippsAuthError)) throw error }
      for (const bad of [new Map(), [], Promise.resolve()]) {
        try { new IdTokenVerifier(bad); return 'taken' } catch (error) { if (error.name !== 'TypeError') throw error }
      }
      const options = { environment: 'http://127.0.0.1:1', deadline: 300, onEvent() {} }
      const error = await new IdTokenVerifier(options).verify('a.b.c', { msn: '123456' }).catch((error) => error)
      return error instanceof VippsAuthError ? error.code : String(error)
    })()`,
    context,
  )
  assert.equal(told, 'invalid_id_token')
})

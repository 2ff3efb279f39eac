// Every block of the README: those in JavaScript are run, those in TypeScript are checked, in types.test.mjs. Of the guide
// all that is JavaScript is run, less what has a file name: that is for a test runner, in worlds/runners.test.mjs.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { GUIDE, README } from './documents.mjs'
import { SYSTEM, emulator } from './support.mjs'

const runnable = [...README, ...GUIDE].filter(({ language, title }) => ['js', 'cjs'].includes(language) && title === undefined)

test('every block is of a kind that is tested', () => {
  const known = ['js', 'cjs', 'ts', 'console']
  assert.deepEqual(README.filter(({ language }) => !known.includes(language)), [])
  for (const page of ['README', 'README.md', 'getting-started.md']) assert.ok(runnable.some((block) => block.page === page), page)
})

runnable.forEach(({ page, language, code }, at) => {
  test(`${page}, block ${at + 1}: ${code.trim().split('\n').at(-1)}`, async (t) => {
    const vipps = await emulator(t)
    // Partner keys work in production only, so here the emulator is production.
    const here = code.replaceAll("'production'", `'${vipps.baseUrl}'`).replaceAll('https://api.vipps.no', vipps.baseUrl)
    const type = language === 'cjs' ? 'commonjs' : 'module'
    const { status, printed } = await run(here, type, await variables(vipps))
    assert.equal(status, 0, printed)
    assert.doesNotMatch(printed, /\b(401|403|404|500)\b/)
  })
})

async function variables(vipps) {
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  return {
    VIPPS_CLIENT_ID: clientId,
    VIPPS_CLIENT_SECRET: clientSecret,
    VIPPS_SUBSCRIPTION_KEY: subscriptionKey,
    VIPPS_SYSTEM_NAME: SYSTEM.name,
    VIPPS_SYSTEM_VERSION: SYSTEM.version,
    VIPPS_ENVIRONMENT: vipps.baseUrl,
  }
}

function run(code, type, variables) {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const child = spawn(process.execPath, [`--input-type=${type}`, '-'], { cwd, env: { ...process.env, ...variables } })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  child.stdin.end(code)
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, printed })))
}

// Every block of the README: those in JavaScript are run, those in TypeScript are checked, in types.test.mjs.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { SYSTEM, emulator } from './support.mjs'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }))
const runnable = blocks.filter(({ language }) => ['js', 'cjs'].includes(language))

test('every block is of a kind that is tested', () => {
  const known = ['js', 'cjs', 'ts', 'console']
  assert.deepEqual(blocks.filter(({ language }) => !known.includes(language)), [])
  assert.ok(runnable.length >= 10)
})

runnable.forEach(({ language, code }, at) => {
  test(`block ${at + 1}: ${code.trim().split('\n').at(-1)}`, async (t) => {
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

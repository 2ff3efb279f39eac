// The shared vectors (tests/vectors/README.md), over the emulator and real sockets.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Emulator } from 'vipps-emulator'

import { compareOutcome, compareRequests } from './vectors/compare.mjs'
import { WebhookCall } from './vectors/webhook.mjs'

const folder = new URL('../../tests/vectors/', import.meta.url)
const read = (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
const vipps = await Emulator.start()
test.after(() => vipps.stop())

for (const { file, cases } of read('index.json').files) {
  test(file, async () => {
    const vectors = read(file)
    let executed = 0
    for (const one of vectors.cases) {
      await run(one, vectors.shared ?? {})
      executed += 1
    }
    assert.equal(executed, cases)
  })
}

test('a wrong expectation is noticed', async () => {
  const { cases, shared } = read('headers.json')
  const one = cases.find((one) => one.result.ok?.headers !== undefined)
  const changed = structuredClone(one)
  changed.result.ok.headers.authorization = 'Bearer another'
  await assert.rejects(run(changed, shared), assert.AssertionError)
  const unasked = structuredClone(one)
  unasked.exchange.pop()
  await assert.rejects(run(unasked, shared), assert.AssertionError)
})

async function run(one, shared) {
  const named = (value) => (typeof value === 'string' ? lookedUp(shared, value) : value)
  const given = named(one.given)
  const steps = (one.exchange ?? []).map(named).map((step) => ({ request: named(step.request), reply: named(step.reply) }))
  await stage(steps, await issued(given, named))
  const call = new WebhookCall(named, given, vipps, steps.length > 0)
  const outcome = await attempt(() => call.make(one.op))
  const where = `${one.id}: ${one.comment}`
  compareRequests(steps, await vipps.requests(), where)
  compareOutcome(one, outcome, where)
}

async function attempt(call) {
  try {
    return { value: await call() }
  } catch (error) {
    return { error }
  }
}

function lookedUp(shared, name) {
  assert.ok(Object.hasOwn(shared, name), `nothing is called ${name}`)
  return shared[name]
}

/** What the emulator says of its own accord. */
const USUAL = ['iss', 'aud', 'sub', 'iat', 'exp', 'auth_time', 'rat', 'jti', 'sid', 'nonce', 'msn']

/** What stands in replies for `{id_token}` and `{jwks}`: a token for this emulator's own address, where the case has one. */
async function issued(given, named) {
  const { jwt = '', claims, alg = 'RS256' } = named(given.id_token) ?? {}
  if (claims === undefined) return { id_token: jwt, jwks: JSON.stringify(named(given.jwks) ?? null) }
  const own = Object.entries(claims).map(([name, value]) => [name, typeof value === 'string' ? filled(value) : value])
  const spec = { alg, withoutClaims: USUAL.filter((name) => !(name in claims)), claims: Object.fromEntries(own) }
  return { id_token: await vipps.mintIdToken('123456', spec), jwks: JSON.stringify(await vipps.jwks()) }
}

async function stage(steps, { id_token, jwks }) {
  await vipps.clearFailures()
  await vipps.clearRequests()
  for (const { request, reply } of steps) {
    const body = filled(reply.body.replaceAll('{id_token}', () => id_token).replaceAll('{jwks}', () => jwks))
    await vipps.script(request.path, [{ ...reply, body }])
  }
}

function filled(text) {
  return text.replaceAll('{base_url}', vipps.baseUrl)
}

// A token that many processes share through a real Redis. Needs `redis-server`.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Partner, PartnerKeys } from 'vipps-partner-auth'

import { redis } from './fleet/redis.mjs'
import { MSN, SYSTEM, emulator, partner, until } from './support.mjs'

const TOKEN = '/accesstoken/get'

test('two partners ask Vipps once', async (t) => {
  const vipps = await emulator(t)
  const redisUrl = await redis(t)
  const [one, other] = [partner(vipps, { redisUrl }), partner(vipps, { redisUrl })]
  assert.deepEqual(await one.headers(), await other.headers())
  assert.equal(await vipps.count(TOKEN), 1)
  assert.equal(other.stats().tokensFromCache, 1)
})

test('the address may stand among the variables', async (t) => {
  const vipps = await emulator(t)
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  const variables = {
    VIPPS_CLIENT_ID: clientId,
    VIPPS_CLIENT_SECRET: clientSecret,
    VIPPS_SUBSCRIPTION_KEY: subscriptionKey,
    VIPPS_SYSTEM_NAME: 'acme',
    VIPPS_SYSTEM_VERSION: '1',
    VIPPS_ENVIRONMENT: vipps.baseUrl,
    VIPPS_REDIS_URL: await redis(t),
  }
  const [one, other] = [Partner.fromEnv({ variables }), Partner.fromEnv({ variables })]
  assert.deepEqual(await one.headers(), await other.headers())
  assert.equal(await vipps.count(TOKEN), 1)
})

test('processes ask Vipps once', async (t) => {
  const vipps = await emulator(t)
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  const keys = { client_id: clientId, client_secret: clientSecret, subscription_key: subscriptionKey }
  const settings = { ...keys, environment: vipps.baseUrl, redis_url: await redis(t) }
  const crew = Array.from({ length: 4 }, worker)
  const all = (what) => Promise.all(crew.map((one) => one.ask(what)))
  assert.deepEqual(await all({ do: 'start', settings }), [{}, {}, {}, {}])
  const tokens = await all({ do: 'token' })
  assert.match(tokens[0].token, /^[0-9a-f]{32}$/)
  assert.equal(new Set(tokens.map(({ token }) => token)).size, 1)
  assert.equal(await vipps.count(TOKEN), 1)
  assert.deepEqual((await all({ do: 'stats' })).map((stats) => stats.tokens_from_cache).sort(), [0, 1, 1, 1])
  const { error } = await crew[0].ask({ do: 'start', settings: { ...settings, redis_url: 'http://hidden' } })
  assert.deepEqual([error.code, error.field], ['invalid_config', 'redis_url'])
  assert.deepEqual(await Promise.all(crew.map((one) => one.end())), [0, 0, 0, 0])
})

test('a Redis that is not there costs an event and no call', async (t) => {
  const vipps = await emulator(t)
  const heard = []
  const redisUrl = 'redis://127.0.0.1:1'
  const alone = partner(vipps, { redisUrl, onEvent: (event) => heard.push(event) })
  assert.ok((await alone.merchant(MSN).headers()).authorization)
  await until(() => heard.some(({ name }) => name === 'cache_failed'))
  const { isWarning, details } = heard.find(({ name }) => name === 'cache_failed')
  assert.deepEqual([isWarning, details.detail], [true, 'redis is out of reach'])
  assert.ok(alone.stats().cacheFailures > 0)
})

test('a wrong address is refused by name and never shown', () => {
  const keys = new PartnerKeys({ clientId: 'id', clientSecret: 'secret', subscriptionKey: 'key' })
  const build = (settings) => () => new Partner({ keys, system: SYSTEM, ...settings })
  const isRefused = (field) => (error) => error.code === 'invalid_config' && error.field === field && !error.stack.includes('hidden')
  assert.throws(build({ redisUrl: 'http://user:hidden@cache' }), isRefused('redis_url'))
  assert.throws(build({ redisUrl: 'hidden' }), isRefused('redis_url'))
  assert.throws(build({ redisUrl: 'rediss://cache', redisCaPem: 'hidden' }), isRefused('redis_ca_pem'))
  assert.throws(build({ redisCaPem: 'hidden' }), isRefused('redis_ca_pem'))
  assert.throws(build({ redisUrl: 7 }), { name: 'TypeError', message: /redisUrl/ })
  assert.throws(build({ redisUrl: 'redis://cache', redisCaPem: 7 }), { name: 'TypeError', message: /redisCaPem/ })
})

/** A process with a partner in it that does as it is told. */
function worker() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('fleet/worker.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (what) => {
    child.stdin.write(`${JSON.stringify(what)}\n`)
    return JSON.parse((await lines.next()).value)
  }
  const end = async () => {
    child.stdin.end()
    return (await once(child, 'close'))[0]
  }
  return { ask, end }
}

// Transports and token caches of the user's own, with the real clients. Needs `memcached`.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'

import { request as undiciRequest } from 'undici'
import { IdTokenVerifier, NotSentError } from 'vipps-partner-auth'

import { cacheAt, memcached } from './own/memcached.mjs'
import { CALLBACK, KARI, MSN, browser, emulator, partner, until } from './support.mjs'

const TOKEN = '/accesstoken/get'

/** A cache within this process that remembers what it was asked. */
function kept() {
  const values = new Map()
  const asked = []
  return {
    values,
    asked,
    get: async (name) => (asked.push('get'), values.get(name)),
    set: async (name, value, ttl) => {
      assert.ok(ttl >= 1000 && ttl % 1000 === 0)
      values.set(name, value)
      asked.push('set')
    },
    add: async (name, value) => {
      asked.push('add')
      return values.has(name) ? false : Boolean(values.set(name, value))
    },
    delete: async (name) => {
      values.delete(name)
      asked.push('delete')
    },
  }
}

/** The warnings of the process while the test runs. */
function warnings(t) {
  const heard = []
  const listener = (warning) => heard.push(warning)
  process.on('warning', listener)
  t.after(() => process.off('warning', listener))
  return heard
}

test('two partners share a token through Memcached', async (t) => {
  const vipps = await emulator(t)
  const address = await memcached(t)
  const caches = [cacheAt(address), cacheAt(address)]
  t.after(() => caches.forEach((cache) => cache.close()))
  const [one, other] = caches.map((tokenCache) => partner(vipps, { tokenCache }))
  assert.deepEqual(await one.headers(), await other.headers())
  assert.deepEqual([await vipps.count(TOKEN), other.stats().tokensFromCache], [1, 1])
  assert.deepEqual([one.stats().cacheFailures, other.stats().cacheFailures], [0, 0])
})

test('processes share a token through Memcached', async (t) => {
  const vipps = await emulator(t)
  const address = await memcached(t)
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  const keys = JSON.stringify({ clientId, clientSecret, subscriptionKey })
  const program = fileURLToPath(new URL('own/worker.mjs', import.meta.url))
  const children = [1, 2].map(() => spawn(process.execPath, [program, vipps.baseUrl, address, keys], { stdio: ['ignore', 'pipe', 'inherit'] }))
  const ends = children.map((child) => once(child, 'close'))
  const told = await Promise.all(children.map(async (child) => (await once(createInterface({ input: child.stdout }), 'line'))[0].split(' ')))
  const cache = cacheAt(address)
  await cache.set('the test has seen it', Buffer.from('yes'), 60_000)
  cache.close()
  assert.deepEqual((await Promise.all(ends)).map(([status]) => status), [0, 0])
  assert.equal(told[0][0], told[1][0])
  assert.deepEqual([await vipps.count(TOKEN), told.map(([, found]) => found).sort()], [1, ['0', '1']])
})

test('nobody can read a token in the cache, and one that is dropped leaves it', async (t) => {
  const vipps = await emulator(t)
  const tokenCache = kept()
  const told = partner(vipps, { tokenCache })
  const token = await told.accessToken()
  await until(() => tokenCache.asked.includes('delete'))
  const [[name, value]] = [...tokenCache.values]
  assert.match(name, /^vipps-partner-auth:1:token:/)
  assert.ok(!Buffer.from(value).includes(token.secret()))
  told.invalidate(token)
  await until(() => tokenCache.values.size === 0)
})

const gone = new Error('the cache is down')
const troubles = {
  rejects: async () => Promise.reject(gone),
  throws: () => {
    throw gone
  },
  stalls: () => new Promise(() => {}),
  'brings a text': async () => 'garbage',
  'brings bytes of its own': async () => Buffer.from('garbage'),
  'brings a number': async () => 5,
  'calls the library': async (name, told) => told.headers(),
}
for (const [trouble, get] of Object.entries(troubles)) {
  test(`a cache that ${trouble} costs an event and no call`, async (t) => {
    const vipps = await emulator(t)
    const heard = []
    const tokenCache = { ...kept(), get: (name) => get(name, told) }
    const told = partner(vipps, { tokenCache, onEvent: (event) => heard.push(event) })
    assert.ok((await told.headers()).authorization)
    await until(() => heard.some(({ name, details }) => name === 'cache_failed' && details.operation === 'load'))
    assert.equal(await vipps.count(TOKEN), 1)
  })
}

test('a cache that forgets costs nothing', async (t) => {
  const vipps = await emulator(t)
  const told = partner(vipps, { tokenCache: { ...kept(), set: async () => {} } })
  await told.headers()
  assert.equal(told.stats().cacheFailures, 0)
})

test('objects of another kind are refused', async (t) => {
  const vipps = await emulator(t)
  const build = (settings) => () => partner(vipps, settings)
  const wanted = { name: 'TypeError', message: 'tokenCache must be an object with the methods get, set, add, delete' }
  assert.throws(build({ tokenCache: new Map() }), wanted)
  assert.throws(build({ transport: async () => {} }), { name: 'TypeError', message: 'transport must be an object with the method send' })
  assert.throws(build({ tokenCache: kept(), redisUrl: 'redis://127.0.0.1' }), { code: 'invalid_config', field: 'redis_url' })
  assert.throws(build({ transport: { send }, proxy: 'direct' }), { code: 'invalid_config', field: 'proxy' })
})

/** As a backend would with the fetch of Node.js. */
async function send({ method, url, headers, body, timeout }) {
  const reply = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeout), redirect: 'manual' })
  return { status: reply.status, headers: reply.headers, body: new Uint8Array(await reply.arrayBuffer()) }
}

/** The same with undici. */
async function sendByUndici({ method, url, headers, body, timeout }) {
  const reply = await undiciRequest(url, { method, headers, body, signal: AbortSignal.timeout(timeout) })
  return { status: reply.statusCode, headers: reply.headers, body: new Uint8Array(await reply.body.arrayBuffer()) }
}

for (const [client, by] of [['fetch', send], ['undici', sendByUndici]]) {
  test(`everything goes through a transport of ${client}`, async (t) => {
    const vipps = await emulator(t)
    await vipps.registerRedirectUri(MSN, CALLBACK)
    await vipps.autoApprove(KARI)
    let sent = 0
    const transport = { send: (request) => (sent++, by(request)) }
    const shop = partner(vipps, { transport }).merchant(MSN)
    const login = shop.login(CALLBACK)
    const request = await login.start(['openid', 'name'])
    const before = (await vipps.requests()).length
    const callback = await browser(request.url, vipps.baseUrl)
    const browsed = (await vipps.requests()).length - before
    const result = await login.finish(callback, request)
    assert.equal((await login.userinfo(result)).sub, result.claims.sub)
    const phone = shop.backchannel()
    const pending = await phone.start({ loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'] })
    await vipps.approve(pending.authReqId, KARI)
    assert.ok(await phone.wait(pending))
    const verifier = new IdTokenVerifier({ environment: vipps.baseUrl, transport })
    await verifier.verify(result.idToken, { msn: MSN, nonce: request.nonce })
    assert.equal(sent, (await vipps.requests()).length - browsed)
  })
}

test('what a transport fails with may have been sent', async (t) => {
  const vipps = await emulator(t)
  const heard = warnings(t)
  const failure = Object.assign(new TypeError('s3cret'), { cause: 's3cret' })
  const told = partner(vipps, { transport: { send: async () => Promise.reject(failure) }, deadline: 500 })
  const text = 'the transport failed, and the request may have been sent: error=`TypeError`'
  await assert.rejects(told.headers(), (error) => error.code === 'unavailable' && error.message.startsWith(text) && !error.stack.includes('s3cret'))
  await until(() => heard.some(({ code }) => code === 'VIPPS_AUTH_TRANSPORT'))
  assert.equal(heard.filter(({ code }) => code === 'VIPPS_AUTH_TRANSPORT').length, 1)
})

for (const isSent of [false, true]) {
  test(`a code that was ${isSent ? 'perhaps' : 'certainly not'} sent is ${isSent ? 'not ' : ''}sent again`, async (t) => {
    const vipps = await emulator(t)
    await vipps.registerRedirectUri(MSN, CALLBACK)
    await vipps.autoApprove(KARI)
    let tries = 0
    const transport = {
      async send(request) {
        const isCode = Buffer.from(request.body ?? []).includes('authorization_code')
        if (isCode && ++tries === 1) throw isSent ? new Error('lost') : new NotSentError('no connection')
        return send(request)
      },
    }
    const login = partner(vipps, { transport }).merchant(MSN).login(CALLBACK)
    const request = await login.start(['openid'])
    const callback = await browser(request.url, vipps.baseUrl)
    if (isSent) await assert.rejects(login.finish(callback, request), { code: 'login_failed', reason: 'reply_lost' })
    else assert.ok((await login.finish(callback, request)).claims.sub)
    assert.equal(tries, isSent ? 1 : 2)
  })
}

test('a transport that forgets its limit hangs nobody', async (t) => {
  const vipps = await emulator(t)
  const told = partner(vipps, { transport: { send: () => new Promise(() => {}) }, requestTimeout: 100, deadline: 200 })
  await assert.rejects(told.headers(), { code: 'unavailable' })
})

for (const [what, brought] of Object.entries({
  nothing: undefined,
  'a body that is a text': { status: 200, headers: {}, body: 'text' },
  'no status of HTTP': { status: 99, headers: {}, body: new Uint8Array() },
  'no headers': { status: 200, body: new Uint8Array() },
  'far too much': { status: 200, headers: {}, body: new Uint8Array(300_000) },
})) {
  test(`a transport that brings ${what} brings no answer`, async (t) => {
    const vipps = await emulator(t)
    const told = partner(vipps, { transport: { send: async () => brought }, deadline: 500 })
    await assert.rejects(told.headers(), (error) => error.code === 'unavailable' && /transport/.test(error.message))
  })
}

test('a transport may call the library', async (t) => {
  const vipps = await emulator(t)
  const given = []
  const transport = {
    async send(request) {
      given.push(told.headers())
      return send(request)
    },
  }
  const told = partner(vipps, { transport })
  const headers = await told.headers()
  assert.deepEqual(await Promise.all(given), [headers])
})

test('nothing of a request is shown', async (t) => {
  const vipps = await emulator(t)
  const shown = []
  const transport = { send: (request) => (shown.push(inspect(request), JSON.stringify(request)), send(request)) }
  await partner(vipps, { transport }).headers()
  assert.deepEqual(shown, ['TransportRequest {}', '{}'])
})

test('a worker thread has a transport and a cache of its own', async (t) => {
  const vipps = await emulator(t)
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { Partner, PartnerKeys } = require('vipps-partner-auth')
    const values = new Map()
    const tokenCache = {
      get: async (name) => values.get(name),
      set: async (name, value) => values.set(name, value),
      add: async (name, value) => !values.has(name) && Boolean(values.set(name, value)),
      delete: async (name) => values.delete(name),
    }
    const transport = {
      async send({ method, url, headers, body }) {
        if (workerData.stalls) return parentPort.postMessage('stalled'), new Promise(() => {})
        const reply = await fetch(url, { method, headers, body })
        return { status: reply.status, headers: reply.headers, body: new Uint8Array(await reply.arrayBuffer()) }
      },
    }
    const keys = new PartnerKeys(workerData.keys)
    const partner = new Partner({ keys, system: { name: 'acme', version: '1' }, environment: workerData.environment, tokenCache, transport })
    partner.headers().then((headers) => parentPort.postMessage(Object.keys(headers).length))
  `
  for (const stalls of [false, true]) {
    const workerData = { keys: { clientId, clientSecret, subscriptionKey }, environment: vipps.baseUrl, stalls }
    const worker = new Worker(code, { eval: true, workerData })
    const [told] = await once(worker, 'message')
    if (stalls) assert.equal(told, 'stalled')
    else assert.ok(told > 3)
    // Also in the middle of a call.
    await worker.terminate()
  }
})

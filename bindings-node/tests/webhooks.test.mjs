// Webhooks: what JavaScript and its web frameworks hand over. What passes and what does not is in the vectors.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { ManualClock, VerifiedWebhook, WebhookVerifier } from 'vipps-partner-auth'

import { createApp as withExpress } from '../examples/webhooks-express.mjs'
import { createApp as withFastify } from '../examples/webhooks-fastify.mjs'
import { createReceiver as withHttp } from '../examples/webhooks-http.mjs'
import { KARI, shop } from './support.mjs'

const ID = '3cc1dd85-0000-4000-8000-000000000001'
const SECRET = 'Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW9uZQ=='
const URL_ = 'https://shop.example/webhooks/vipps?shop=7'
const PATH = '/webhooks/vipps?shop=7'
const BODY = '{ "auth_req_id" : "fixture-auth-req-0001", "name": "Åse" }'

const clock = new ManualClock(1_767_225_600_000)
const verifier = new WebhookVerifier({ [ID]: SECRET }, { clock })
const signed = verifier.sign(ID, URL_, BODY)

test('a webhook', () => {
  const webhook = verifier.verify('POST', PATH, signed, BODY)
  assert.ok(webhook instanceof VerifiedWebhook)
  assert.deepEqual([webhook.webhookId, webhook.sentAt, webhook.text()], [ID, new Date(1_767_225_600_000), BODY])
  const ping = webhook.ping()
  assert.deepEqual({ ...ping }, { authReqId: 'fixture-auth-req-0001' })
  assert.equal(inspect(webhook), `VerifiedWebhook(webhook ${ID}, sent 2026-01-01T00:00:00.000Z)`)
  assert.ok(!inspect(verifier).includes(SECRET))
})

test('headers as frameworks have them', () => {
  const pairs = Object.entries(signed)
  const capitals = pairs.map(([name, value]) => [name.toUpperCase(), value])
  const distinct = Object.assign(Object.create(null), Object.fromEntries(pairs.map(([name, value]) => [name, [value]])))
  const more = { ...signed, 'content-type': 'application/json', cookie: undefined, 'set-cookie': ['a', 'b'] }
  for (const headers of [signed, pairs, capitals, new Map(pairs), new Headers(signed), distinct, more]) {
    assert.equal(verifier.verify('POST', PATH, headers, BODY).webhookId, ID)
  }
})

test('bodies, which are the same ever after', () => {
  const bytes = Buffer.from(BODY)
  const copy = new Uint8Array(bytes)
  for (const body of [BODY, bytes, copy, copy.buffer]) {
    assert.equal(verifier.verify('POST', PATH, signed, body).text(), BODY)
    assert.deepEqual(verifier.sign(ID, URL_, body), signed)
  }
  const webhook = verifier.verify('POST', PATH, signed, copy)
  copy.fill(0)
  assert.equal(webhook.text(), BODY)
  for (const body of [{ auth_req_id: 'x' }, undefined, null, 5, [1]]) {
    assert.throws(() => verifier.verify('POST', PATH, signed, body), /^TypeError: body must be the raw body/)
  }
})

test('a refusal says why', () => {
  const rewritten = JSON.stringify(JSON.parse(BODY))
  const refused = { name: 'VippsAuthError', code: 'invalid_webhook', reason: 'hash', retryable: false, hint: /raw bytes/ }
  assert.throws(() => verifier.verify('POST', PATH, signed, rewritten), refused)
  for (const bad of ['\ud800', '', ' ']) {
    assert.throws(() => verifier.verify(bad, PATH, signed, BODY), { code: 'invalid_webhook', reason: 'form' })
    assert.throws(() => verifier.verify('POST', PATH, { ...signed, 'x-ms-date': bad }, BODY), { code: 'invalid_webhook', reason: 'date' })
  }
})

test('what is no argument is named and never shown', () => {
  const wrong = [
    [() => verifier.verify(5, PATH, signed, BODY), /^method must be a string/],
    [() => verifier.verify('POST', undefined, signed, BODY), /^path must be a string/],
    [() => verifier.verify('POST', PATH, 'host: a', BODY), /^headers must be/],
    [() => verifier.verify('POST', PATH, null, BODY), /^headers must be/],
    [() => verifier.verify('POST', PATH, ['host', 'a'], BODY), /^headers must be/],
    [() => verifier.verify('POST', PATH, { host: 5 }, BODY), /^headers must be/],
    [() => new WebhookVerifier(), /^secrets must be/],
    [() => new WebhookVerifier(SECRET), /^secrets must be/],
    [() => new WebhookVerifier({ [ID]: 5 }), /^secrets must be/],
    [() => new WebhookVerifier({ [ID]: SECRET }, { host: 'shop.example' }), /unknown option host/],
    [() => new WebhookVerifier({ [ID]: SECRET }, { tolerance: '5' }), /^tolerance must be a number/],
    [() => new WebhookVerifier({ [ID]: SECRET }, { clock: Date }), /^clock must be a ManualClock/],
    [() => verifier.sign(5, URL_, BODY), /^webhookId must be a string/],
  ]
  for (const [call, message] of wrong) assert.throws(call, { name: 'TypeError', message })
  const invalid = [
    [() => new WebhookVerifier({}), 'secrets'],
    [() => new WebhookVerifier([[ID, '\ud800']]), 'secret'],
    [() => new WebhookVerifier({ [ID]: `${SECRET}\n` }), 'secret'],
    [() => new WebhookVerifier({ [ID]: SECRET }, { tolerance: -1 }), 'tolerance'],
    [() => new WebhookVerifier({ [ID]: SECRET }, { publicHost: 'https://shop.example' }), 'public_host'],
    [() => verifier.sign('another', URL_, BODY), 'webhook_id'],
    [() => verifier.sign(ID, PATH, BODY), 'url'],
  ]
  for (const [call, field] of invalid) {
    assert.throws(call, (error) => error.code === 'invalid_config' && error.field === field && !inspect(error).includes(SECRET))
  }
})

test('several secrets for one id', () => {
  for (const secrets of [{ [ID]: ['new-secret', SECRET] }, [[ID, SECRET], [ID, 'new-secret']], new Map([[ID, [SECRET]]])]) {
    assert.ok(new WebhookVerifier(secrets, { clock }).verify('POST', PATH, signed, BODY))
  }
})

test('a ping ends a login', async (t) => {
  const { vipps, shop: merchant } = await shop(t)
  const phone = merchant.backchannel()
  const pending = await phone.start({ loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'] })
  await vipps.approve(pending.authReqId, KARI)
  const body = await vipps.pingBody(pending.authReqId)
  const webhook = verifier.verify('POST', PATH, verifier.sign(ID, URL_, body), body)
  assert.equal(webhook.ping().authReqId, pending.authReqId)
  assert.equal((await phone.finishWebhook(webhook, pending)).claims.msn, '123456')
  await assert.rejects(phone.finishWebhook(body, pending), { name: 'TypeError', message: /webhook must be a VerifiedWebhook/ })
})

const RECEIVERS = {
  'node:http': async (t, events) => {
    const server = withHttp(new WebhookVerifier({ [ID]: SECRET }), (event) => events.push(event)).listen(0, '127.0.0.1')
    t.after(() => (server.close(), server.closeAllConnections()))
    await once(server, 'listening')
    return server.address().port
  },
  express: async (t, events) => {
    const server = withExpress(new WebhookVerifier({ [ID]: SECRET }), (event) => events.push(event)).listen(0, '127.0.0.1')
    t.after(() => (server.close(), server.closeAllConnections()))
    await once(server, 'listening')
    return server.address().port
  },
  fastify: async (t, events) => {
    const app = withFastify(new WebhookVerifier({ [ID]: SECRET }), (event) => events.push(event))
    t.after(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server.address().port
  },
}

for (const [name, serve] of Object.entries(RECEIVERS)) {
  test(`${name}: what is signed is taken as the bytes that came, and nothing else is`, async (t) => {
    t.mock.method(console, 'warn', () => {})
    const events = []
    const origin = `http://127.0.0.1:${await serve(t, events)}`
    const signer = new WebhookVerifier({ [ID]: SECRET })
    // A parser would change all of this.
    const body = '{ "name" : "\\u00c5se",\r\n "amount":1.0 }'
    for (const path of ['/webhooks/vipps', '/webhooks/vipps?shop=7&a=%2F+']) {
      const headers = signer.sign(ID, origin + path, body)
      assert.equal(await post(origin + path, headers, body), 200)
      assert.deepEqual(events.splice(0), [{ name: 'Åse', amount: 1 }])
      assert.equal(await post(origin + path, headers, '{}'), 401)
      assert.equal(await post(`${origin}/webhooks/vipps?other`, headers, body), 401)
      assert.equal(await post(origin + path, {}, body), 401)
    }
    assert.deepEqual(events, [])
  })
}

/** By `node:http`, since `fetch` lets nobody set `Host`. */
async function post(url, headers, body) {
  const call = request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
  call.end(body)
  const [answer] = await once(call, 'response')
  answer.resume()
  return answer.statusCode
}

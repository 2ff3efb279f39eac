// fetch, undici and axios: headers on calls to Vipps and no others, one more try after a 401, nothing across hosts.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import axios from 'axios'
import { Agent, interceptors, request as undiciRequest, fetch as undiciFetch } from 'undici'

import { PAYMENTS, partner, shop } from './support.mjs'

const SECRET = ['authorization', 'ocp-apim-subscription-key', 'merchant-serial-number']

/** Another host, and what it was sent. */
async function elsewhere(t) {
  const seen = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    response.end('{}')
  }).listen(0, '127.0.0.1')
  t.after(() => (server.close(), server.closeAllConnections()))
  await once(server, 'listening')
  return { seen, url: `http://localhost:${server.address().port}/` }
}

function assertNoHeaders(seen, times) {
  assert.equal(seen.length, times)
  for (const headers of seen) for (const name of SECRET) assert.equal(headers[name], undefined, name)
}

const payments = (vipps) => vipps.requests().filter(({ path }) => path === PAYMENTS)
const statuses = (vipps) => payments(vipps).map(({ status }) => status)
const redirect = (location, status = 307) => ({ status, headers: { location } })

/** Each adapter as one way to call: `send(url, {method, body, stream})` gives the status. */
const ADAPTERS = {
  fetch: (shop) => async (url, { method = 'GET', body, stream } = {}) => {
    const init = stream === undefined ? { method, body } : { method, body: Readable.toWeb(stream), duplex: 'half' }
    const response = await shop.fetch(url, init)
    await response.arrayBuffer()
    return response.status
  },
  'fetch with a Request': (shop) => async (url, { method = 'GET', body, stream } = {}) => {
    const init = stream === undefined ? {} : { body: Readable.toWeb(stream), duplex: 'half' }
    const response = await shop.fetch(new Request(url, { method, body }), init)
    await response.arrayBuffer()
    return response.status
  },
  'undici request': (shop, t) => {
    const dispatcher = agent(shop, t)
    return async (url, { method = 'GET', body, stream } = {}) => {
      const { statusCode, body: answer } = await undiciRequest(url, { method, body: stream ?? body, dispatcher })
      await answer.dump()
      return statusCode
    }
  },
  'undici fetch': (shop, t) => {
    const dispatcher = agent(shop, t)
    return async (url, { method = 'GET', body, stream } = {}) => {
      const init = { method, body: stream ?? body, dispatcher, redirect: 'manual', ...(stream && { duplex: 'half' }) }
      const response = await undiciFetch(url, init)
      await response.arrayBuffer()
      return response.status
    }
  },
  axios: (shop) => axiosSend(shop, 'http'),
  'axios over fetch': (shop) => axiosSend(shop, 'fetch'),
}

function agent(shop, t) {
  const plain = new Agent()
  t.after(() => plain.close())
  return plain.compose(shop.undici())
}

function axiosSend(shop, adapter) {
  const instance = axios.create({ adapter, validateStatus: () => true })
  shop.axios(instance)
  return async (url, { method = 'GET', body, stream } = {}) => {
    return (await instance.request({ url, method, data: stream ?? body })).status
  }
}

/** undici's fetch hands a text on as a stream, so that nobody below can send it again. */
const RESENDS = Object.keys(ADAPTERS).filter((name) => name !== 'undici fetch')

for (const [name, made] of Object.entries(ADAPTERS)) {
  test(`${name}: all headers, and the body as it was`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const send = made(handle, t)
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 200)
    assert.equal(await send(vipps.baseUrl + PAYMENTS, { method: 'POST', body: '{"reference":"acme-1"}' }), 200)
    assert.equal(payments(vipps)[1].body, '{"reference":"acme-1"}')
    for (const one of payments(vipps)) assert.ok(!one.findings.some(({ verdict }) => verdict === 'refused'))
  })

  test(`${name}: nothing for other hosts`, async (t) => {
    const { shop: handle } = await shop(t)
    const other = await elsewhere(t)
    assert.equal(await made(handle, t)(other.url), 200)
    assertNoHeaders(other.seen, 1)
  })

  test(`${name}: nothing for the token endpoint`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    await made(handle, t)(`${vipps.baseUrl}/accesstoken/get`, { method: 'POST' })
    const [seen] = vipps.requests()
    assert.ok(!seen.headers.some(([header]) => SECRET.includes(header)))
  })

  test(`${name}: one more try after a 401`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const send = made(handle, t)
    await send(vipps.baseUrl + PAYMENTS)
    vipps.revokeTokens()
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 200)
    assert.deepEqual(statuses(vipps), [200, 401, 200])
    assert.equal(vipps.count('/accesstoken/get'), 2)
  })

  test(`${name}: no third try`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    vipps.failNext('payments', 10, { status: 401, shape: 'apim' })
    const send = made(handle, t)
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 401)
    assert.equal(payments(vipps).length, 2)
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 401)
    assert.equal(vipps.count('/accesstoken/get'), 2, 'tokens are not worn out')
  })

  test(`${name}: a stream can't be sent again, but the next call has another token`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const send = made(handle, t)
    await send(vipps.baseUrl + PAYMENTS)
    vipps.revokeTokens()
    const stream = Readable.from([Buffer.from('once')])
    assert.equal(await send(vipps.baseUrl + PAYMENTS, { method: 'POST', stream }), 401)
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 200)
    assert.deepEqual(statuses(vipps), [200, 401, 200])
  })

  test(`${name}: nothing across a redirect to another host`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const other = await elsewhere(t)
    vipps.script(PAYMENTS, [redirect(other.url)])
    await made(handle, t)(vipps.baseUrl + PAYMENTS).catch(() => {})
    assertNoHeaders(other.seen, other.seen.length)
  })
}

for (const name of RESENDS) {
  test(`${name}: a text is sent again`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const send = ADAPTERS[name](handle, t)
    await send(vipps.baseUrl + PAYMENTS)
    vipps.revokeTokens()
    assert.equal(await send(vipps.baseUrl + PAYMENTS, { method: 'POST', body: '{"amount":1}' }), 200)
    assert.deepEqual(payments(vipps).slice(1).map(({ body }) => body), ['{"amount":1}', '{"amount":1}'])
  })
}

test('fetch follows redirects within the origin, hands others back, and stops a loop', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const other = await elsewhere(t)
  vipps.script('/epayment/v1/payments/old', [redirect(PAYMENTS, 303)])
  const body = JSON.stringify({ reference: 'acme-1' })
  const followed = await handle.fetch(`${vipps.baseUrl}/epayment/v1/payments/old`, { method: 'POST', body })
  assert.deepEqual([followed.status, new URL(followed.url).pathname], [200, PAYMENTS])
  assert.deepEqual([payments(vipps)[0].method, payments(vipps)[0].body], ['GET', ''])

  vipps.script('/epayment/v1/payments/old', [redirect(PAYMENTS, 308)])
  await handle.fetch(`${vipps.baseUrl}/epayment/v1/payments/old`, { method: 'POST', body })
  assert.deepEqual([payments(vipps)[1].method, payments(vipps)[1].body], ['POST', body])

  vipps.script(PAYMENTS, [redirect(other.url)])
  assert.equal((await handle.fetch(vipps.baseUrl + PAYMENTS)).status, 307)
  vipps.script(PAYMENTS, [redirect(PAYMENTS)])
  assert.equal((await handle.fetch(vipps.baseUrl + PAYMENTS, { redirect: 'manual' })).status, 307)
  vipps.script(PAYMENTS, [redirect(PAYMENTS)])
  await assert.rejects(handle.fetch(vipps.baseUrl + PAYMENTS, { redirect: 'error' }), TypeError)
  vipps.script(PAYMENTS, Array.from({ length: 20 }, () => redirect(PAYMENTS)))
  await assert.rejects(handle.fetch(vipps.baseUrl + PAYMENTS), TypeError)
})

test('fetch keeps what the caller sends, and its signal', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const headers = { 'Idempotency-Key': 'acme-1', Authorization: 'Bearer mine' }
  await handle.fetch(new URL(vipps.baseUrl + PAYMENTS), { headers })
  const [seen] = payments(vipps)
  assert.deepEqual(seen.headers.filter(([name]) => name === 'idempotency-key'), [['idempotency-key', 'acme-1']])
  assert.equal(seen.headers.filter(([name]) => name === 'authorization').length, 1)
  assert.ok(!seen.headers.some(([, value]) => value === 'Bearer mine'))
  await assert.rejects(handle.fetch(vipps.baseUrl + PAYMENTS, { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

test('an adapter hands on why there is no token', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  vipps.wrongEnvironment(true)
  for (const [name, made] of Object.entries(ADAPTERS)) {
    const reason = await made(handle, t)(vipps.baseUrl + PAYMENTS).then(
      () => assert.fail(name),
      (error) => error.cause ?? error,
    )
    assert.equal(reason.code, 'credentials_rejected', name)
  }
  assert.equal(payments(vipps).length, 0)
})

test('undici: given before an interceptor that follows redirects, each hop is looked at', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const other = await elsewhere(t)
  const plain = new Agent()
  t.after(() => plain.close())
  const dispatcher = plain.compose(handle.undici(), interceptors.redirect({ maxRedirections: 3 }))
  vipps.script(PAYMENTS, [redirect(other.url)])
  const headers = ['idempotency-key', 'acme-1']
  const { statusCode, body } = await undiciRequest(vipps.baseUrl + PAYMENTS, { dispatcher, headers })
  await body.dump()
  assert.equal(statusCode, 200)
  assertNoHeaders(other.seen, 1)
  assert.equal(other.seen[0]['idempotency-key'], 'acme-1')
})

test('axios: follows redirects without the headers, throws as it would, and can be left alone again', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const other = await elsewhere(t)
  const instance = axios.create({ baseURL: vipps.baseUrl, adapter: 'http' })
  const end = handle.axios(instance)
  vipps.script(PAYMENTS, [redirect(other.url)])
  assert.equal((await instance.get(PAYMENTS)).status, 200)
  assertNoHeaders(other.seen, 1)
  vipps.failNext('payments', 2, { status: 401, shape: 'apim' })
  await assert.rejects(instance.get(PAYMENTS), ({ response }) => response.status === 401)
  vipps.failNext('payments', 1, { status: 404, shape: 'problem' })
  await assert.rejects(instance.get(PAYMENTS), ({ response }) => response.status === 404)
  end()
  await assert.rejects(instance.get(PAYMENTS), ({ response }) => response.status === 401)
})

test('a partner calls for nobody in particular', async (t) => {
  const { vipps } = await shop(t)
  const response = await partner(vipps).fetch(`${vipps.baseUrl}/management/v1/sales-units`)
  assert.equal(response.status, 200)
  assert.equal(partner(vipps).covers('https://api.vipps.no/'), false)
  assert.equal(partner(vipps, { trustedOrigins: ['https://gateway.example'] }).covers('https://gateway.example/x'), true)
})

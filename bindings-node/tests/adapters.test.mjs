// fetch, undici and axios: headers on calls to Vipps and no others, one more try after a 401, nothing across hosts.

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import axios, { AxiosError } from 'axios'
import { Agent, MockAgent, errors, interceptors, request as undiciRequest, fetch as undiciFetch } from 'undici'

import { VippsAuthError } from 'vipps-partner-auth'

import { MSN, PAYMENTS, partner, shop, until } from './support.mjs'

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

const payments = async (vipps) => (await vipps.requests()).filter(({ path }) => path === PAYMENTS)
const statuses = async (vipps) => (await payments(vipps)).map(({ status }) => status)
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
    assert.equal((await payments(vipps))[1].body, '{"reference":"acme-1"}')
    for (const one of await payments(vipps)) assert.ok(!one.findings.some(({ verdict }) => verdict === 'refused'))
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
    const [seen] = await vipps.requests()
    assert.ok(!seen.headers.some(({ name }) => SECRET.includes(name)))
  })

  test(`${name}: one more try after a 401`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const send = made(handle, t)
    await send(vipps.baseUrl + PAYMENTS)
    await vipps.revokeTokens()
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 200)
    assert.deepEqual(await statuses(vipps), [200, 401, 200])
    assert.equal(await vipps.count('/accesstoken/get'), 2)
  })

  test(`${name}: no third try`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    await vipps.failNext('payments', { times: 10, status: 401, shape: 'apim' })
    const send = made(handle, t)
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 401)
    assert.equal((await payments(vipps)).length, 2)
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 401)
    assert.equal(await vipps.count('/accesstoken/get'), 2, 'tokens are not worn out')
  })

  test(`${name}: a stream can't be sent again, but the next call has another token`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const send = made(handle, t)
    await send(vipps.baseUrl + PAYMENTS)
    await vipps.revokeTokens()
    const stream = Readable.from([Buffer.from('once')])
    assert.equal(await send(vipps.baseUrl + PAYMENTS, { method: 'POST', stream }), 401)
    assert.equal(await send(vipps.baseUrl + PAYMENTS), 200)
    assert.deepEqual(await statuses(vipps), [200, 401, 200])
  })

  test(`${name}: nothing across a redirect to another host`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const other = await elsewhere(t)
    await vipps.script(PAYMENTS, [redirect(other.url)])
    await made(handle, t)(vipps.baseUrl + PAYMENTS).catch(() => {})
    assertNoHeaders(other.seen, other.seen.length)
  })
}

for (const name of RESENDS) {
  test(`${name}: a text is sent again`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const send = ADAPTERS[name](handle, t)
    await send(vipps.baseUrl + PAYMENTS)
    await vipps.revokeTokens()
    assert.equal(await send(vipps.baseUrl + PAYMENTS, { method: 'POST', body: '{"amount":1}' }), 200)
    assert.deepEqual((await payments(vipps)).slice(1).map(({ body }) => body), ['{"amount":1}', '{"amount":1}'])
  })
}

test('fetch follows redirects within the origin, hands others back, and stops a loop', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const other = await elsewhere(t)
  await vipps.script('/epayment/v1/payments/old', [redirect(PAYMENTS, 303)])
  const body = JSON.stringify({ reference: 'acme-1' })
  const followed = await handle.fetch(`${vipps.baseUrl}/epayment/v1/payments/old`, { method: 'POST', body })
  assert.deepEqual([followed.status, new URL(followed.url).pathname], [200, PAYMENTS])
  assert.deepEqual([(await payments(vipps))[0].method, (await payments(vipps))[0].body], ['GET', ''])

  await vipps.script('/epayment/v1/payments/old', [redirect(PAYMENTS, 308)])
  await handle.fetch(`${vipps.baseUrl}/epayment/v1/payments/old`, { method: 'POST', body })
  assert.deepEqual([(await payments(vipps))[1].method, (await payments(vipps))[1].body], ['POST', body])

  await vipps.script(PAYMENTS, [redirect(other.url)])
  assert.equal((await handle.fetch(vipps.baseUrl + PAYMENTS)).status, 307)
  await vipps.script(PAYMENTS, [redirect(PAYMENTS)])
  assert.equal((await handle.fetch(vipps.baseUrl + PAYMENTS, { redirect: 'manual' })).status, 307)
  await vipps.script(PAYMENTS, [redirect(PAYMENTS)])
  await assert.rejects(handle.fetch(vipps.baseUrl + PAYMENTS, { redirect: 'error' }), TypeError)
  await vipps.script(PAYMENTS, Array.from({ length: 20 }, () => redirect(PAYMENTS)))
  await assert.rejects(handle.fetch(vipps.baseUrl + PAYMENTS), TypeError)
})

test('fetch keeps what the caller sends, and its signal', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const headers = { 'Idempotency-Key': 'acme-1', Authorization: 'Bearer mine' }
  await handle.fetch(new URL(vipps.baseUrl + PAYMENTS), { headers })
  const [seen] = await payments(vipps)
  assert.deepEqual(seen.headers.filter(({ name }) => name === 'idempotency-key'), [{ name: 'idempotency-key', value: 'acme-1' }])
  assert.equal(seen.headers.filter(({ name }) => name === 'authorization').length, 1)
  assert.ok(!seen.headers.some(({ value }) => value === 'Bearer mine'))
  await assert.rejects(handle.fetch(vipps.baseUrl + PAYMENTS, { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

test('an adapter hands on why there is no token', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await vipps.wrongEnvironment(true)
  for (const [name, made] of Object.entries(ADAPTERS)) {
    const reason = await made(handle, t)(vipps.baseUrl + PAYMENTS).then(
      () => assert.fail(name),
      (error) => error.cause ?? error,
    )
    assert.equal(reason.code, 'credentials_rejected', name)
  }
  assert.equal((await payments(vipps)).length, 0)
})

test('undici: given before an interceptor that follows redirects, each hop is looked at', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const other = await elsewhere(t)
  const plain = new Agent()
  t.after(() => plain.close())
  const dispatcher = plain.compose(handle.undici(), interceptors.redirect({ maxRedirections: 3 }))
  await vipps.script(PAYMENTS, [redirect(other.url)])
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
  await vipps.script(PAYMENTS, [redirect(other.url)])
  assert.equal((await instance.get(PAYMENTS)).status, 200)
  assertNoHeaders(other.seen, 1)
  await vipps.failNext('payments', { times: 2, status: 401, shape: 'apim' })
  await assert.rejects(instance.get(PAYMENTS), ({ response }) => response.status === 401)
  await vipps.failNext('payments', { status: 404, shape: 'problem' })
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

/** A merchant whose token is not there until `release`. */
async function hanging(t) {
  const { vipps, shop: handle } = await shop(t, { deadline: 60_000, requestTimeout: 60_000, onEvent: () => {} })
  await vipps.failNext('standard_token', { kind: 'hang' })
  const release = async () => {
    await until(async () => (await vipps.count('/accesstoken/get')) >= 1)
    await vipps.releaseHung()
    await handle.headers()
  }
  return { vipps, handle, release }
}

const failure = (promise) => promise.then(() => assert.fail('it succeeded'), (error) => error)

test('undici: each of its limits holds while a token is fetched, with its own errors', async (t) => {
  const { vipps, handle, release } = await hanging(t)
  const dispatcher = agent(handle, t)
  const send = (options) => failure(undiciRequest(vipps.baseUrl + PAYMENTS, { dispatcher, ...options }))
  const reason = new Error('given up')
  assert.equal((await send({ signal: AbortSignal.timeout(100) })).name, 'TimeoutError')
  assert.equal(await send({ signal: AbortSignal.abort(reason) }), reason)
  const emitter = new EventEmitter()
  const emitted = send({ signal: emitter })
  emitter.emit('abort')
  assert.ok((await emitted) instanceof errors.RequestAbortedError)
  assert.equal(emitter.listenerCount('abort'), 0)
  const headersTimeout = await send({ headersTimeout: 100 })
  assert.ok(headersTimeout instanceof errors.HeadersTimeoutError && headersTimeout instanceof errors.UndiciError)
  assert.equal(headersTimeout.code, 'UND_ERR_HEADERS_TIMEOUT')
  assert.ok((await send({ bodyTimeout: 100 })) instanceof errors.BodyTimeoutError)
  await release()
  assert.equal((await payments(vipps)).length, 0)
})

test('undici: a failure is one of its own, with ours as the cause', async (t) => {
  const { vipps, shop: handle } = await shop(t, { onEvent: () => {} })
  await vipps.wrongEnvironment(true)
  const error = await failure(undiciRequest(vipps.baseUrl + PAYMENTS, { dispatcher: agent(handle, t) }))
  assert.ok(error instanceof errors.UndiciError && !(error instanceof errors.HeadersTimeoutError))
  assert.deepEqual([error.code, error.name], ['UND_ERR', 'UndiciError'])
  assert.ok(error.cause instanceof VippsAuthError)
})

test('undici: a list of headers keeps names that come twice, and bytes that change meanwhile are not what is sent again', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await handle.headers()
  await vipps.revokeTokens()
  const body = Buffer.from('{"amount":1}')
  const headers = ['x-one', 'a', 'x-one', 'b', 'Authorization', 'Bearer mine']
  const sending = undiciRequest(vipps.baseUrl + PAYMENTS, { method: 'POST', headers, body, dispatcher: agent(handle, t) })
  body.fill(120)
  await (await sending).body.dump()
  assert.deepEqual((await payments(vipps)).map(({ body }) => body), ['{"amount":1}', '{"amount":1}'])
  for (const { headers } of await payments(vipps)) {
    assert.deepEqual(headers.filter(({ name }) => name === 'x-one').map(({ value }) => value), ['a', 'b'])
    assert.equal(headers.filter(({ name }) => name === 'authorization').length, 1)
  }
})

test("undici: a mock of its own sees the headers, and its 401 is handed on", async (t) => {
  const { vipps, shop: handle } = await shop(t, { onEvent: () => {} })
  await handle.headers()
  const mock = new MockAgent()
  t.after(() => mock.close())
  mock.disableNetConnect()
  const seen = []
  const replies = mock.get(vipps.baseUrl)
  const reply = (status) => ({ headers }) => (seen.push(headers['merchant-serial-number']), { statusCode: status, data: `{"status":${status}}` })
  replies.intercept({ path: PAYMENTS, method: 'GET' }).reply(reply(401)).times(2)
  replies.intercept({ path: PAYMENTS, method: 'GET' }).reply(reply(200))
  const dispatcher = mock.compose(handle.undici())
  const refused = await undiciRequest(vipps.baseUrl + PAYMENTS, { dispatcher })
  assert.deepEqual([refused.statusCode, await refused.body.json()], [401, { status: 401 }])
  assert.equal((await undiciRequest(vipps.baseUrl + PAYMENTS, { dispatcher })).statusCode, 200)
  assert.deepEqual(seen, [MSN, MSN, MSN])
})

test('undici: what is no merchant is refused', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const options = { dispatcher: agent(handle, t), vipps: {} }
  await assert.rejects(async () => await undiciRequest(vipps.baseUrl + PAYMENTS, options), { name: 'TypeError', message: /vipps/ })
})

test('axios: each of its limits holds while a token is fetched, with its own errors', async (t) => {
  const { vipps, handle, release } = await hanging(t)
  const http = axios.create({ baseURL: vipps.baseUrl })
  handle.axios(http)
  const late = await failure(http.get(PAYMENTS, { timeout: 100 }))
  assert.ok(late instanceof AxiosError)
  assert.deepEqual([late.code, late.message, late.config.url], ['ECONNABORTED', 'timeout of 100ms exceeded', PAYMENTS])
  const clear = await failure(http.get(PAYMENTS, { timeout: 100, timeoutErrorMessage: 'too late', transitional: { clarifyTimeoutError: true } }))
  assert.deepEqual([clear.code, clear.message], ['ETIMEDOUT', 'too late'])
  const source = axios.CancelToken.source()
  const cancelled = failure(http.get(PAYMENTS, { cancelToken: source.token }))
  source.cancel('enough')
  assert.ok(axios.isCancel(await cancelled) && (await cancelled).message === 'enough')
  const controller = new AbortController()
  const aborted = failure(http.get(PAYMENTS, { signal: controller.signal }))
  await until(async () => (await vipps.count('/accesstoken/get')) >= 1)
  controller.abort()
  assert.ok(axios.isCancel(await aborted))
  await release()
  assert.equal((await payments(vipps)).length, 0)
})

test('axios: a failure is one of its own, with ours as the cause', async (t) => {
  const { vipps, shop: handle } = await shop(t, { onEvent: () => {} })
  await vipps.wrongEnvironment(true)
  const http = axios.create()
  handle.axios(http)
  const error = await failure(http.get(vipps.baseUrl + PAYMENTS))
  assert.ok(error instanceof AxiosError && axios.isAxiosError(error) && error.response === undefined)
  assert.ok(error.cause instanceof VippsAuthError)
  assert.equal(error.cause.code, 'credentials_rejected')
})

test('axios: interceptors and transformers run once, and see the reply that counts', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await handle.headers()
  await vipps.revokeTokens()
  const ran = []
  const transformRequest = [(data) => (ran.push('transform'), { ...data, source: 'till-7' }), ...axios.defaults.transformRequest]
  const transformResponse = [...[axios.defaults.transformResponse].flat(), (data) => (ran.push(`reply ${typeof data}`), data)]
  const http = axios.create({ baseURL: vipps.baseUrl, transformRequest, transformResponse })
  http.interceptors.response.use((answer) => (ran.push(`answer ${answer.status}`), answer), (error) => (ran.push('error'), Promise.reject(error)))
  http.interceptors.request.use((config) => (ran.push('after'), config))
  handle.axios(http)
  http.interceptors.request.use((config) => (ran.push('before'), config))
  const answer = await http.post(PAYMENTS, { amount: 100 })
  assert.deepEqual(ran, ['before', 'after', 'transform', 'reply object', 'answer 200'])
  assert.deepEqual((await payments(vipps)).map(({ body }) => body), Array(2).fill('{"amount":100,"source":"till-7"}'))
  assert.deepEqual([answer.config.url, answer.config.transformRequest.length], [PAYMENTS, transformRequest.length])
})

test('axios: whoever sends a call again with its settings gets two tries, not four', async (t) => {
  const { vipps, shop: handle } = await shop(t, { onEvent: () => {} })
  const http = axios.create({ baseURL: vipps.baseUrl })
  handle.axios(http)
  http.interceptors.response.use(null, (error) => (error.config.again ? Promise.reject(error) : http({ ...error.config, again: true })))
  await vipps.failNext('payments', { times: 10, status: 401, shape: 'apim' })
  const error = await failure(http.get(PAYMENTS))
  assert.equal(error.response.status, 401)
  assert.ok((await payments(vipps)).length <= 4 && (await payments(vipps)).length >= 3, String((await payments(vipps)).length))
})

test('axios: an interceptor after ours can neither send our headers elsewhere nor let a redirect take them along', async (t) => {
  const { vipps, shop: handle } = await shop(t, { onEvent: () => {} })
  const other = await elsewhere(t)
  for (const adapter of ['http', 'fetch']) {
    const http = axios.create({ adapter, validateStatus: () => true })
    let change = {}
    http.interceptors.request.use((config) => Object.assign(config, change))
    handle.axios(http)
    change = { url: other.url }
    await http.get(vipps.baseUrl + PAYMENTS)
    change = { beforeRedirect: () => {}, fetchOptions: { redirect: 'follow' } }
    await vipps.script(PAYMENTS, [redirect(other.url)])
    await http.get(vipps.baseUrl + PAYMENTS)
  }
  assert.ok(other.seen.length >= 3)
  assertNoHeaders(other.seen, other.seen.length)
})

test("axios: the caller's own hook on redirects runs, and a 307 keeps the body", async (t) => {
  const { vipps, shop: handle } = await shop(t)
  for (const adapter of ['http', 'fetch']) {
    await vipps.clearRequests()
    const hops = []
    const http = axios.create({ adapter, beforeRedirect: ({ path }) => hops.push(path) })
    handle.axios(http)
    await vipps.script('/moved', [redirect(PAYMENTS), redirect(PAYMENTS, 303)])
    assert.equal((await http.post(`${vipps.baseUrl}/moved`, { amount: 1 })).status, 200)
    assert.equal((await http.post(`${vipps.baseUrl}/moved`, { amount: 1 })).status, 200)
    assert.deepEqual((await payments(vipps)).map(({ method, body }) => [method, body]), [['POST', '{"amount":1}'], ['GET', '']])
    if (adapter === 'http') assert.deepEqual(hops, [PAYMENTS, PAYMENTS])
  }
})

test('axios: the merchant may be one for a call or for an instance', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await vipps.addMerchant('654321')
  const http = axios.create({ baseURL: vipps.baseUrl, vipps: handle.partner.merchant('654321') })
  handle.partner.axios(http)
  await http.get(PAYMENTS)
  await http.get(PAYMENTS, { vipps: handle })
  const msns = (await payments(vipps)).map(({ headers }) => headers.find(({ name }) => name === 'merchant-serial-number').value)
  assert.deepEqual(msns, ['654321', MSN])
  await assert.rejects(http.get(PAYMENTS, { vipps: {} }), { name: 'TypeError', message: /vipps/ })
  assert.throws(() => handle.axios({}), { name: 'TypeError', message: /axios 1/ })
})

test('fetch: what its settings compute is read once', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await handle.headers()
  await vipps.revokeTokens()
  const read = []
  class Init {
    get method() {
      return 'POST'
    }
    get body() {
      read.push('body')
      return read.length === 1 ? '{"amount":1}' : '{"amount":9}'
    }
  }
  assert.equal((await handle.fetch(vipps.baseUrl + PAYMENTS, new Init())).status, 200)
  assert.deepEqual((await payments(vipps)).map(({ body }) => body), ['{"amount":1}', '{"amount":1}'])
})

test('fetch: only bodies that are the same for sure are sent again', async (t) => {
  const { vipps } = await shop(t)
  const form = (value) => {
    const form = new FormData()
    form.append('one', value)
    return form
  }
  const bodies = [
    ['text', 2],
    [Buffer.from('bytes'), 2],
    [new TextEncoder().encode('bytes').buffer, 2],
    [new URLSearchParams('a=b'), 2],
    [form('text'), 2],
    [form(new Blob(['file'])), 1],
    [new Blob(['file']), 1],
    [Readable.toWeb(Readable.from([Buffer.from('stream')])), 1],
    [Readable.from([Buffer.from('stream')]), 1],
  ]
  for (const [body, tries] of bodies) {
    // A partner of its own each: refusals that follow soon are not answered by another token.
    const handle = partner(vipps).merchant(MSN)
    await handle.headers()
    await vipps.revokeTokens()
    await vipps.clearRequests()
    const response = await handle.fetch(vipps.baseUrl + PAYMENTS, { method: 'POST', body, duplex: 'half' })
    const label = Object.prototype.toString.call(body)
    assert.equal(response.status, tries === 2 ? 200 : 401, label)
    assert.equal((await payments(vipps)).length, tries, label)
    assert.equal(new Set((await payments(vipps)).map(({ body }) => body)).size, 1, label)
  }
})

test('the public parts are enough for an adapter', async (t) => {
  const { vipps, shop: handle } = await shop(t, { onEvent: () => {} })
  const { headers, token } = await handle.authorization()
  assert.equal(headers.authorization, `Bearer ${token.secret()}`)
  assert.equal(headers['merchant-serial-number'], MSN)
  await vipps.revokeTokens()
  const other = await handle.refused(token)
  assert.notEqual(other.token.secret(), token.secret())
  assert.equal(other.headers['merchant-serial-number'], MSN)
  assert.equal(handle.covers(vipps.baseUrl + PAYMENTS), true)
  assert.equal(handle.mayFollow(vipps.baseUrl, new URL(vipps.baseUrl + PAYMENTS)), true)
  assert.equal(handle.mayFollow(vipps.baseUrl, 'https://api.vipps.no/'), false)
  await assert.rejects(handle.refused({}), { name: 'TypeError', message: /AccessToken/ })
  await vipps.wrongEnvironment(true)
  await assert.rejects(handle.refused(other.token), { code: 'unavailable' }, 'without another token the 401 stands')
})

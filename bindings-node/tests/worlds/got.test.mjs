// The example for a client without an adapter of its own: got.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { register } from 'node:module'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import { MSN, PAYMENTS, shop } from '../support.mjs'

// The example stands where users find it, and got is installed here.
register('./resolve.mjs', import.meta.url)
const { gotFor } = await import('../../examples/got.mjs')

const calls = async (vipps) => (await vipps.requests()).filter(({ path }) => path !== '/accesstoken/get')

test('the example has at most forty lines', () => {
  assert.ok(readFileSync(new URL('../../examples/got.mjs', import.meta.url), 'utf8').trim().split('\n').length <= 40)
})

test('headers, and one more try with the same body', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const got = gotFor(handle)
  assert.equal((await got(vipps.baseUrl + PAYMENTS)).statusCode, 200)
  await vipps.revokeTokens()
  assert.equal((await got.post(vipps.baseUrl + PAYMENTS, { json: { amount: 100 } })).statusCode, 200)
  assert.deepEqual((await calls(vipps)).map(({ status, body }) => [status, body]), [[200, ''], [401, '{"amount":100}'], [200, '{"amount":100}']])
  const msns = (await calls(vipps)).map(({ headers }) => headers.filter(({ name }) => name === 'merchant-serial-number').map(({ value }) => value))
  assert.deepEqual(msns, [[MSN], [MSN], [MSN]])
  assert.equal(await vipps.count('/accesstoken/get'), 2)
})

test('a stream is not sent again, and the next call has another token', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const got = gotFor(handle)
  await handle.headers()
  await vipps.revokeTokens()
  const stream = await got.post(vipps.baseUrl + PAYMENTS, { body: Readable.from(['once']), throwHttpErrors: false })
  assert.equal(stream.statusCode, 401)
  assert.equal((await got(vipps.baseUrl + PAYMENTS)).statusCode, 200)
  assert.deepEqual((await calls(vipps)).map(({ status }) => status), [401, 200])
})

test('nothing goes to another host', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const seen = []
  const other = createServer((request, response) => (seen.push(request.headers), response.end('{}'))).listen(0, '127.0.0.1')
  t.after(() => (other.close(), other.closeAllConnections()))
  await once(other, 'listening')
  await vipps.script(PAYMENTS, [{ status: 302, headers: { location: `http://localhost:${other.address().port}/` } }])
  assert.equal((await gotFor(handle)(vipps.baseUrl + PAYMENTS)).statusCode, 200)
  assert.equal(seen.length, 1)
  for (const name of ['authorization', 'ocp-apim-subscription-key', 'merchant-serial-number']) assert.equal(seen[0][name], undefined)
})

test('its time limit holds while a token is fetched', async (t) => {
  const { vipps, shop: handle } = await shop(t, { deadline: 60_000, requestTimeout: 60_000 })
  await vipps.failNext('standard_token', { kind: 'hang' })
  await assert.rejects(gotFor(handle)(vipps.baseUrl + PAYMENTS, { timeout: { request: 300 }, retry: { limit: 0 } }))
  await vipps.clearFailures()
  await vipps.releaseHung()
  assert.equal((await calls(vipps)).length, 0)
})

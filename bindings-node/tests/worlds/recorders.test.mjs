// Tools that stand between a client and the network: they see calls with the headers on, and the token is none of theirs.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import nock from 'nock'

import { MSN, PAYMENTS, shop } from '../support.mjs'

const axios = createRequire(new URL('../../package.json', import.meta.url))('axios')

test('msw: fetch', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const seen = []
  const server = setupServer(
    http.post(vipps.baseUrl + PAYMENTS, async ({ request }) => {
      seen.push([request.headers.get('merchant-serial-number'), request.headers.get('authorization'), await request.text()])
      return seen.length === 1 ? new HttpResponse(null, { status: 401 }) : HttpResponse.json({ mocked: true })
    }),
  )
  server.listen({ onUnhandledRequest: 'error' })
  t.after(() => server.close())
  const response = await handle.fetch(vipps.baseUrl + PAYMENTS, { method: 'POST', body: '{"amount":1}' })
  assert.deepEqual(await response.json(), { mocked: true })
  assert.deepEqual(seen.map(([msn, , body]) => [msn, body]), Array(2).fill([MSN, '{"amount":1}']))
  assert.notEqual(seen[0][1], seen[1][1])
  // The emulator's controls go over HTTP too.
  server.close()
  assert.equal(await vipps.count('/accesstoken/get'), 2, 'tokens are fetched past the mock')
})

test('nock: axios', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  nock.disableNetConnect()
  const restored = () => (nock.cleanAll(), nock.enableNetConnect(), nock.restore())
  t.after(restored)
  const client = axios.create({ baseURL: vipps.baseUrl })
  handle.axios(client)
  nock(vipps.baseUrl, { reqheaders: { 'merchant-serial-number': MSN } }).post(PAYMENTS, { amount: 1 }).reply(401).post(PAYMENTS, { amount: 1 }).reply(200, { mocked: true })
  assert.deepEqual((await client.post(PAYMENTS, { amount: 1 })).data, { mocked: true })
  assert.ok(nock.isDone())
  restored()
  assert.equal(await vipps.count('/accesstoken/get'), 2)
})

// The examples, with the real frameworks and Vipps' own SDK.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'

import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici'

import { createApp as withExpress } from '../examples/express.mjs'
import { createApp as withFastify } from '../examples/fastify.mjs'
import { payments } from '../examples/official-sdk.mjs'
import { freePort } from './fleet/redis.mjs'
import { KARI, MSN, SYSTEM, browser, emulator, partner, shop } from './support.mjs'

/** Each framework as a way to serve on a port of this machine. */
const FRAMEWORKS = {
  express: async (t, handle, port) => {
    const server = withExpress(handle, callbackAt(port)).listen(port, '127.0.0.1')
    t.after(() => (server.close(), server.closeAllConnections()))
    await once(server, 'listening')
  },
  fastify: async (t, handle, port) => {
    const app = withFastify(handle, callbackAt(port))
    t.after(() => app.close())
    await app.listen({ port, host: '127.0.0.1' })
  },
}

const callbackAt = (port) => `http://localhost:${port}/callback`

for (const [name, serve] of Object.entries(FRAMEWORKS)) {
  test(`${name}: a person logs in, another denies, a third has no session`, async (t) => {
    const { vipps, shop: handle } = await shop(t)
    const port = await freePort()
    await vipps.registerRedirectUri(MSN, callbackAt(port))
    await serve(t, handle, port)
    const own = `http://127.0.0.1:${port}`
    const visit = async () => {
      const started = await fetch(`${own}/login`, { redirect: 'manual' })
      const back = new URL(await browser(started.headers.get('location'), vipps.baseUrl))
      const cookie = started.headers.get('set-cookie').split(';')[0]
      return { callback: own + back.pathname + back.search, cookie }
    }
    await vipps.autoApprove(KARI)
    const { callback, cookie } = await visit()
    assert.equal((await (await fetch(callback, { headers: { cookie } })).json()).name, 'Kari Fixture')
    assert.equal((await fetch(callback, { headers: { cookie } })).status, 400, 'only once')
    assert.equal((await fetch(callback)).status, 400)
    await vipps.autoDeny('access_denied')
    const denied = await visit()
    const answer = await fetch(denied.callback, { headers: { cookie: denied.cookie } })
    assert.deepEqual([answer.status, await answer.json()], [403, { reason: 'denied' }])
  })
}

test("Vipps' own SDK is fed with the token", async (t) => {
  const vipps = await emulator(t)
  const usual = getGlobalDispatcher()
  // The SDK knows one address only; here it leads to the emulator.
  const rerouted = new Agent()
  setGlobalDispatcher(rerouted.compose((dispatch) => (options, handler) => {
    const isVipps = options.origin === 'https://api.vipps.no'
    return dispatch({ ...options, origin: isVipps ? vipps.baseUrl : options.origin }, handler)
  }))
  t.after(() => (setGlobalDispatcher(usual), rerouted.close()))
  const { subscriptionKey } = await vipps.partnerKeys()
  const client = payments(partner(vipps), { msn: MSN, subscriptionKey, system: { ...SYSTEM, pluginName: 'acme-shop', pluginVersion: '1.0.0' } })
  const made = await client.create({ reference: 'acme-1', amount: { currency: 'NOK', value: 4900 } })
  assert.equal(made.ok, true, JSON.stringify(made))
  assert.equal((await client.info('acme-1')).ok, true)
  assert.equal(await vipps.count('/accesstoken/get'), 1)
})

// The test kit: two clocks on one time.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'

import { TestKit } from 'vipps-emulator'

import { CALLBACK, KARI, MSN, PAYMENT, TOKEN, listens, until } from './support.mjs'

const DAY = 86_400_000

async function kit(t, options = { merchants: [MSN] }) {
  const vipps = await TestKit.start(options)
  t.after(() => vipps.stop())
  return vipps
}

test('one call moves both clocks: tokens are renewed, and a login goes well a day later', async (t) => {
  const vipps = await kit(t)
  await vipps.emulator.registerRedirectUri(MSN, CALLBACK)
  await vipps.emulator.autoApprove(KARI)
  const shop = vipps.merchant()
  assert.equal((await shop.fetch(vipps.baseUrl + PAYMENT)).status, 200)
  await vipps.advance(DAY)
  assert.equal((await shop.fetch(vipps.baseUrl + PAYMENT)).status, 200)
  assert.deepEqual((await vipps.emulator.requests()).map(({ status }) => status), [200, 200, 200, 200], 'no token was refused')
  const login = shop.login(CALLBACK)
  const request = await login.start(['openid'])
  let url = request.url
  while (url.startsWith(vipps.baseUrl)) url = (await fetch(url, { redirect: 'manual' })).headers.get('location')
  const { claims } = await login.finish(url, request)
  assert.ok(claims.issuedAt - Date.now() > DAY - 3_600_000)
  assert.equal((await vipps.emulator.now()).warning, undefined)
})

test('both clocks stand until they are moved', async (t) => {
  const vipps = await kit(t)
  const both = async () => [vipps.now, vipps.clock.now(), (await vipps.emulator.now()).now].map((time) => time.getTime())
  const begin = vipps.now.getTime()
  const real = Date.now()
  await until(() => Date.now() - real > 50)
  assert.deepEqual(await both(), [begin, begin, begin], 'they stand')
  const noon = Date.parse('2026-01-15T12:00:00.000Z')
  await vipps.setTime(noon)
  assert.deepEqual(await both(), [noon, noon, noon])
  await vipps.advance(1_500)
  assert.deepEqual(await both(), [noon + 1_500, noon + 1_500, noon + 1_500])
})

test('a retry takes no time, and the emulator follows at the next move', async (t) => {
  const vipps = await kit(t)
  await vipps.emulator.failNext('standard_token', { status: 503 })
  const begin = vipps.now.getTime()
  await vipps.merchant().headers()
  assert.equal(await vipps.emulator.count(TOKEN), 2)
  assert.ok(vipps.now.getTime() > begin, 'the wait moved the clock')
  await vipps.sync()
  assert.deepEqual((await vipps.emulator.now()).now, vipps.now)
})

test('a login by phone number is polled for as time is moved', async (t) => {
  const vipps = await kit(t)
  const phone = vipps.merchant().backchannel()
  const pending = await phone.start({ loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'] })
  assert.equal(await phone.poll(pending), undefined)
  await vipps.emulator.approve(pending.authReqId)
  await vipps.advance(pending.interval)
  assert.equal((await phone.poll(pending)).claims.msn, MSN)
})

test("a test's fake timers are no matter", async (t) => {
  const vipps = await kit(t)
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  t.after(() => mock.timers.reset())
  await vipps.merchant().headers()
  await vipps.advance(DAY)
  await vipps.merchant().headers()
})

test('partners are on its clock, with the keys and settings that one gives', async (t) => {
  const vipps = await kit(t)
  const partner = vipps.partner({ deadline: 5_000 })
  assert.equal(partner.environment.baseUrl, vipps.baseUrl)
  assert.equal(vipps.merchant('234567').msn, '234567')
  assert.throws(() => vipps.partner({ deadlin: 1 }), TypeError)
  const alone = await kit(t, {})
  assert.throws(() => alone.merchant(), /msn is missing/)
})

test('it ends with a block', async () => {
  const vipps = await TestKit.start()
  await vipps[Symbol.asyncDispose]()
  assert.equal(await listens(vipps.baseUrl), false)
})

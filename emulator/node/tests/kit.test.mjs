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

/** How far the two clocks are apart. */
async function apart({ clock, emulator }) {
  const before = clock.now()
  const { now } = await emulator.now()
  const after = clock.now()
  return Math.max(before - now, now - after, 0)
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

test('both clocks run with the real time until told otherwise', async (t) => {
  const vipps = await kit(t)
  const [begin, real] = [vipps.clock.now(), Date.now()]
  await until(() => Date.now() - real > 100)
  await until(() => vipps.clock.now() - begin >= 90)
  await until(async () => (await apart(vipps)) < 1_000)
  const noon = new Date('2026-01-15T12:00:00.000Z')
  await vipps.setTime(noon)
  const stood = Date.now()
  await until(() => Date.now() - stood > 50)
  assert.deepEqual([vipps.clock.now(), (await vipps.emulator.now()).now], [noon, noon], 'they stand')
  await vipps.advance(1_500)
  const then = new Date(noon.getTime() + 1_500)
  assert.deepEqual([vipps.clock.now(), (await vipps.emulator.now()).now], [then, then])
  await vipps.realTime()
  assert.ok(Math.abs(vipps.clock.now() - Date.now()) < 60_000 && (await apart(vipps)) < 60_000)
  const again = vipps.clock.now()
  await until(() => vipps.clock.now() > again)
})

test('a retry takes its time, and a wait for the next poll ends when time is moved', async (t) => {
  const vipps = await kit(t)
  await vipps.emulator.failNext('standard_token', { status: 503 })
  const shop = vipps.merchant()
  await shop.headers()
  assert.equal(await vipps.emulator.count(TOKEN), 2)
  const phone = shop.backchannel()
  const pending = await phone.start({ loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'] })
  const done = phone.wait(pending, { timeout: 300_000 })
  const polled = '/access-management-1.0/access/oauth2/token'
  await until(async () => (await vipps.emulator.count(polled)) === 1)
  await vipps.emulator.approve(pending.authReqId)
  await until(async () => (await vipps.advance(5_000), (await vipps.emulator.count(polled)) > 1))
  assert.equal((await done).claims.msn, MSN)
})

test("a test's fake timers don't stop the clock", async (t) => {
  const vipps = await kit(t)
  const start = process.hrtime.bigint()
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
  t.after(() => mock.timers.reset())
  const before = vipps.clock.now().getTime()
  await until(() => process.hrtime.bigint() - start > 60_000_000n)
  await until(() => vipps.clock.now().getTime() > before)
  await vipps.advance(1_000)
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

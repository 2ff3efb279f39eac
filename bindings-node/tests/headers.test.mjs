// Tokens and headers, and the snapshot that serves them without a native call.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { AccessToken, ManualClock, Partner, PartnerKeys, SalesUnitKeys, VippsAuthError, msn } from 'vipps-partner-auth'

import { MSN, SYSTEM, emulator, partner, shop, until } from './support.mjs'

const TOKEN = '/accesstoken/get'

/** How often the native part was called for headers while `call` ran. */
function nativeCalls(t, handle) {
  const { native } = handle.shared
  const cached = t.mock.method(native, 'cached')
  const authorization = t.mock.method(native, 'authorization')
  return () => cached.mock.callCount() + authorization.mock.callCount()
}

test('headers are complete, in lower case, and a copy of the caller', async (t) => {
  const { shop: handle } = await shop(t)
  const headers = await handle.headers()
  assert.deepEqual(Object.keys(headers).sort(), [
    'authorization',
    'merchant-serial-number',
    'ocp-apim-subscription-key',
    'vipps-system-name',
    'vipps-system-plugin-name',
    'vipps-system-plugin-version',
    'vipps-system-version',
  ])
  assert.equal(headers['merchant-serial-number'], MSN)
  headers.authorization = 'changed'
  assert.notEqual(handle.cachedHeaders().authorization, 'changed')
})

test('a proxy is asked, and named', async () => {
  const keys = new PartnerKeys({ clientId: '11111111-2222-4333-8444-555555555555', clientSecret: 'secret', subscriptionKey: 'key' })
  const behind = new Partner({ keys, system: SYSTEM, proxy: 'http://127.0.0.1:2', deadline: 1_000, onEvent() {} })
  await assert.rejects(behind.headers(), { code: 'unavailable', message: /through the proxy 127\.0\.0\.1:2/ })
})

test('warm headers call nothing native', async (t) => {
  const { shop: handle } = await shop(t)
  await handle.headers()
  const calls = nativeCalls(t, handle)
  for (let i = 0; i < 1000; i += 1) {
    handle.cachedHeaders()
    await handle.headers()
  }
  assert.equal(calls(), 0)
})

test('ten thousand callers at once make one token request and one native call', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const calls = nativeCalls(t, handle)
  const all = await Promise.all(Array.from({ length: 10_000 }, () => handle.headers()))
  assert.equal(new Set(all.map((headers) => headers.authorization)).size, 1)
  assert.equal(await vipps.count(TOKEN), 1)
  assert.equal(calls(), 2, 'one asks for what is at hand, then it fetches; the others wait for it')
})

test('callers of a thousand merchants at once wait for one fetch', async (t) => {
  const vipps = await emulator(t)
  const all = partner(vipps)
  const authorization = t.mock.method(all.shared.native, 'authorization')
  const shops = Array.from({ length: 1000 }, (_, at) => all.merchant(String(100_000 + at)))
  const given = await Promise.all([...shops, all].map((handle) => handle.headers()))
  shops.forEach((handle, at) => assert.equal(given[at]['merchant-serial-number'], handle.msn))
  assert.ok(!('merchant-serial-number' in given[1000]))
  assert.equal(authorization.mock.callCount(), 1)
  assert.equal(await vipps.count(TOKEN), 1)
})

test('what is wrong with one caller fails no other', async (t) => {
  const vipps = await emulator(t)
  const all = partner(vipps, { keys: await vipps.specializedKeys() })
  const merchants = [MSN, '654321'].map((msn) => all.merchant(msn).headers())
  const [one, other, own] = await Promise.allSettled([...merchants, all.headers()])
  for (const { reason } of [one, other]) assert.deepEqual([reason.code, reason.field], ['invalid_config', 'msn'])
  assert.ok(own.value.authorization)
  assert.equal((await vipps.requests()).length, 1)
})

test('a failed fetch fails all who waited for it, of whatever merchant, and is made once', async (t) => {
  const vipps = await emulator(t)
  await vipps.wrongEnvironment(true)
  const all = partner(vipps)
  const handles = [all, all.merchant(MSN), all.merchant('654321')]
  const failed = await Promise.allSettled(handles.map((handle) => handle.headers()))
  assert.deepEqual(failed.map(({ reason }) => reason.code), Array(3).fill('credentials_rejected'))
  assert.equal(new Set(failed.map(({ reason }) => reason)).size, 3)
  assert.equal(await vipps.count(TOKEN), 1)
})

test('copies are plain objects, whether they have as many headers as most or not', async (t) => {
  const vipps = await emulator(t)
  for (const keys of [await vipps.partnerKeys(), await vipps.specializedKeys()]) {
    const handle = partner(vipps, { keys })
    const fetched = await handle.headers()
    const copy = handle.cachedHeaders()
    assert.deepEqual(copy, fetched)
    for (const one of [fetched, copy]) assert.equal(Object.getPrototypeOf(one), Object.prototype)
    copy.own = 'changed'
    assert.ok(!('own' in handle.cachedHeaders()))
  }
})

test('a thousand merchants share one token', async (t) => {
  const vipps = await emulator(t)
  const all = partner(vipps)
  const shops = Array.from({ length: 1000 }, (_, at) => all.merchant(String(100_000 + at)))
  const headers = await Promise.all(shops.map((one) => one.headers()))
  assert.equal(await vipps.count(TOKEN), 1)
  assert.deepEqual(headers.map((one) => one['merchant-serial-number']), shops.map((one) => one.msn))
})

test('a token is renewed behind the callers, and nobody waits meanwhile', async (t) => {
  const vipps = await emulator(t)
  // Due a tenth before its end, less up to a fifth of that: 54 to 55.2 minutes after it came.
  await vipps.tokenLifetime('standard', 3_600_000)
  const clock = new ManualClock(Date.now())
  const handle = partner(vipps, { clock }).merchant(MSN)
  const first = (await handle.headers()).authorization
  clock.advance(50 * 60_000)
  assert.equal(handle.cachedHeaders().authorization, first)
  assert.equal(await vipps.count(TOKEN), 1)
  clock.advance(6 * 60_000)
  assert.equal(handle.cachedHeaders().authorization, first, 'still good')
  await until(() => handle.cachedHeaders().authorization !== first)
  assert.equal(await vipps.count(TOKEN), 2)
})

test('the snapshot ends when the token should be renewed: asking again renews it', async (t) => {
  const vipps = await emulator(t)
  await vipps.tokenLifetime('standard', 1_000_000)
  const handle = partner(vipps).merchant(MSN)
  const first = (await handle.headers()).authorization
  const { epoch } = handle.shared.life
  // 10 % of the life, less up to a fifth of that, before the end.
  const left = epoch.until - Date.now()
  assert.ok(left > 890_000 && left < 925_000, String(left))
  const calls = nativeCalls(t, handle)
  t.mock.timers.enable({ apis: ['Date'], now: epoch.until - 1 })
  assert.equal((await handle.headers()).authorization, first)
  assert.equal(calls(), 0)
  t.mock.timers.setTime(epoch.until)
  assert.equal((await handle.headers()).authorization, first)
  assert.ok(calls() > 0, 'from now on the library is asked')
})

test('the snapshot ends by the monotonic clock too, also where the wall clock was set back', async (t) => {
  const vipps = await emulator(t)
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() })
  const handle = partner(vipps).merchant(MSN)
  await handle.headers()
  const calls = nativeCalls(t, handle)
  const began = Date.now()
  t.mock.timers.tick(Math.ceil(handle.shared.life.epoch.until - began))
  t.mock.timers.setTime(began - 86_400_000)
  assert.equal(handle.shared.life.epoch, undefined)
  handle.cachedHeaders()
  assert.equal(calls(), 1)
})

test('an outage is not noticed while a usable token is there', async (t) => {
  const vipps = await emulator(t)
  const clock = new ManualClock(Date.now(), { runsThroughSleeps: true })
  const seen = []
  const handle = partner(vipps, { clock, onEvent: ({ name }) => seen.push(name) }).merchant(MSN)
  const first = (await handle.headers()).authorization
  await vipps.failNext('standard_token', { times: 1000, status: 503, shape: 'apim' })
  clock.advance(23 * 3_600_000)
  for (let i = 0; i < 100; i += 1) assert.equal((await handle.headers()).authorization, first)
  await until(() => seen.includes('renewal_failed'))
  assert.equal((await handle.headers()).authorization, first)
})

test('what was invalidated is not served again, by any handle', async (t) => {
  const vipps = await emulator(t)
  const all = partner(vipps)
  const [one, other] = [all.merchant(MSN), all.merchant('654321')]
  const first = (await one.headers()).authorization
  await other.headers()
  const token = await all.accessToken()
  const generation = all.generation
  assert.equal(all.invalidate(token), true)
  assert.equal(all.invalidate(token), false)
  assert.notEqual(all.generation, generation)
  assert.equal(one.cachedHeaders(), undefined)
  assert.equal(other.cachedHeaders(), undefined)
  assert.notEqual((await other.headers()).authorization, first)
})

test('a failed fetch reaches each who waited as an error of their own', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await vipps.wrongEnvironment(true)
  const failed = await Promise.allSettled([handle.headers(), handle.headers()])
  const [one, other] = failed.map(({ reason }) => reason)
  assert.notEqual(one, other)
  for (const error of [one, other]) {
    assert.ok(error instanceof VippsAuthError && error instanceof Error)
    assert.deepEqual([error.code, error.retryable, error.oauthError], ['credentials_rejected', false, 'unauthorized_client'])
    assert.equal(typeof error.hint, 'string')
  }
})

test('the stack of an error shows who called', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await vipps.wrongEnvironment(true)
  async function theCaller() {
    return await handle.headers()
  }
  await assert.rejects(theCaller, ({ stack }) => /at async theCaller/.test(stack))
  assert.throws(function theOther() { msn('x') }, ({ stack }) => /at theOther/.test(stack))
})

test('an aborted caller gets the reason of the signal, the others their headers', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await vipps.failNext('standard_token', { kind: 'hang' })
  const controller = new AbortController()
  const [aborted, waiting] = [handle.headers({ signal: controller.signal }), handle.headers()]
  await until(async () => (await vipps.count(TOKEN)) === 1)
  controller.abort(new Error('enough'))
  await assert.rejects(aborted, { message: 'enough' })
  await vipps.releaseHung()
  assert.ok((await waiting).authorization)
  await assert.rejects(handle.headers({ signal: AbortSignal.abort() }), { name: 'AbortError' })
  assert.equal(await vipps.count(TOKEN), 1)
})

test('specialised keys have headers of their own and act for no merchant', async (t) => {
  const vipps = await emulator(t)
  const all = partner(vipps, { keys: await vipps.specializedKeys() })
  assert.ok(!('ocp-apim-subscription-key' in (await all.headers())))
  const handle = all.merchant(MSN)
  await assert.rejects(handle.headers(), { code: 'invalid_config', field: 'msn' })
  assert.equal(handle.cachedHeaders(), undefined)
})

test('events reach onEvent and the diagnostics channel', async (t) => {
  const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
  const [heard, published] = [[], []]
  const listener = (event) => published.push(event)
  subscribe('vipps-partner-auth', listener)
  t.after(() => unsubscribe('vipps-partner-auth', listener))
  const { shop: handle } = await shop(t, { onEvent: (event) => heard.push(event) })
  await handle.headers()
  await until(() => heard.length > 0)
  assert.deepEqual(heard, [{ name: 'token_fetched', isWarning: false, details: { lifetime: '86398' } }])
  assert.ok(published.some(({ name }) => name === 'token_fetched'))
})

test('keys and settings can come from the environment', async (t) => {
  const vipps = await emulator(t)
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  const variables = {
    VIPPS_CLIENT_ID: clientId,
    VIPPS_CLIENT_SECRET: clientSecret,
    VIPPS_SUBSCRIPTION_KEY: subscriptionKey,
    VIPPS_SYSTEM_NAME: 'acme',
    VIPPS_SYSTEM_VERSION: '3.1.2',
    VIPPS_ENVIRONMENT: vipps.baseUrl,
    UNSET: undefined,
  }
  const all = Partner.fromEnv({ variables })
  assert.ok(all instanceof Partner)
  assert.equal(all.environment.baseUrl, vipps.baseUrl)
  assert.ok((await all.merchant(MSN).headers()).authorization)
  assert.throws(() => Partner.fromEnv({ variables: {} }), { field: 'VIPPS_CLIENT_ID' })
  assert.ok(PartnerKeys.fromEnv(variables) instanceof PartnerKeys)
  assert.throws(() => PartnerKeys.fromEnv({}), { code: 'invalid_config', field: 'VIPPS_CLIENT_ID' })
})

test('nothing shows a secret', async (t) => {
  const vipps = await emulator(t)
  const raw = await vipps.partnerKeys()
  const all = new Partner({ keys: new PartnerKeys(raw), system: SYSTEM, environment: vipps.baseUrl })
  const handle = all.merchant(MSN)
  const headers = await handle.headers()
  const token = await all.accessToken()
  assert.ok(token instanceof AccessToken && token.expiresAt > new Date())
  const secrets = [raw.clientSecret, raw.subscriptionKey, raw.secondSubscriptionKey, token.secret(), headers.authorization]
  const options = { depth: 10, showHidden: true }
  const shown = [all, handle, new PartnerKeys(raw), token].flatMap((one) => [inspect(one), JSON.stringify(one), String(one)])
  shown.push(inspect(token, options), inspect(new PartnerKeys(raw), options))
  for (const secret of secrets) assert.ok(!shown.some((text) => text.includes(secret)))
})

test('console.log tells what a thing is and where it belongs', async (t) => {
  const vipps = await emulator(t)
  await vipps.registerRedirectUri(MSN, 'https://shop.example/callback')
  const all = partner(vipps)
  const handle = all.merchant(MSN)
  const token = await all.accessToken()
  const login = handle.login('https://shop.example/callback')
  const request = await login.start(['openid'])
  const shown = [
    [all, `Partner(environment ${vipps.baseUrl}, keys partner)`],
    [partner(vipps, { keys: await vipps.specializedKeys() }), `Partner(environment ${vipps.baseUrl}, keys specialized)`],
    [handle, `Merchant(msn ${MSN}, environment ${vipps.baseUrl})`],
    [new PartnerKeys({ ...(await vipps.partnerKeys()) }), 'PartnerKeys()'],
    [new SalesUnitKeys({ ...(await vipps.salesUnitKeys(MSN)), msn: MSN }), `SalesUnitKeys(msn ${MSN})`],
    [token, `AccessToken(expires ${token.expiresAt.toISOString()})`],
    [login, `Login(msn ${MSN}, redirectUri https://shop.example/callback)`],
    [request, `LoginRequest(msn ${MSN}, redirectUri https://shop.example/callback, scopes openid)`],
    [handle.backchannel(), `Backchannel(msn ${MSN})`],
    [new ManualClock(0), 'ManualClock(1970-01-01T00:00:00.000Z)'],
  ]
  for (const [thing, text] of shown) {
    assert.equal(inspect(thing), text)
    assert.ok(!inspect({ thing }, { showHidden: true }).includes(request.codeVerifier))
  }
})

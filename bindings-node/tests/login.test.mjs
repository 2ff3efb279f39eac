// Login in both flows, ID tokens, and the emulator's part in it.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { APP_AUTH, BackchannelPing, IdTokenVerifier, LoginRequest, ManualClock, PendingLogin } from 'vipps-partner-auth'

import { CALLBACK, KARI, MSN, browser, partner, shop, until } from './support.mjs'

const HINT = { loginHint: `urn:msisdn:${KARI}`, scopes: ['openid', 'name'] }

async function loginShop(t, settings) {
  const made = await shop(t, settings)
  await made.vipps.registerRedirectUri(MSN, CALLBACK)
  await made.vipps.autoApprove(KARI)
  return made
}

test('a login in the browser, kept as JSON in between', async (t) => {
  const { vipps, shop: handle } = await loginShop(t)
  const login = handle.login(CALLBACK)
  const request = await login.start(['openid', 'name', 'address', 'email'], { market: 'NO' })
  const session = JSON.stringify({ login: request })
  assert.ok(request instanceof LoginRequest && request.url.includes(`state=${request.state}`))
  const callback = await browser(request.url, vipps.baseUrl)
  assert.equal(request.code(callback).code.length > 0, true)
  const result = await login.finish(callback, JSON.parse(session).login)
  assert.equal(result.claims.msn, MSN)
  assert.deepEqual([result.scopes, result.missingScopes], [['openid', 'name', 'address', 'email'], []])
  assert.ok(result.accessToken.expiresAt > new Date())
  const person = await login.userinfo(result)
  assert.equal(person.sub, result.claims.sub)
  assert.deepEqual([person.name, person.email, person.address.region], ['Kari Fixture', 'kari@example.test', 'OSLO'])
  assert.equal(person.phoneNumber, undefined)
  assert.equal(person.claim('given_name'), 'Kari')
  assert.equal(person.json().family_name, 'Fixture')
})

test('sales unit keys log in too, with the check of aud', async (t) => {
  const { vipps } = await loginShop(t)
  const handle = partner(vipps, { keys: await vipps.salesUnitKeys(MSN) }).merchant(MSN)
  const login = handle.login(CALLBACK)
  const request = await login.start(['openid'], { acrValues: APP_AUTH })
  const result = await login.finish(await browser(request.url, vipps.baseUrl), JSON.stringify(request))
  assert.equal(result.claims.claim('acr'), APP_AUTH)
  assert.deepEqual(result.claims.claim('aud'), [(await vipps.salesUnitKeys(MSN)).clientId])
})

test('a denied login says so, and another one state', async (t) => {
  const { vipps, shop: handle } = await loginShop(t)
  const login = handle.login(CALLBACK)
  await vipps.autoDeny('access_denied')
  const [one, other] = [await login.start(['openid']), await login.start(['openid'])]
  const callback = await browser(one.url, vipps.baseUrl)
  await assert.rejects(login.finish(callback, one), { code: 'login_failed', reason: 'denied' })
  await assert.rejects(login.finish(callback, other), { code: 'login_failed', reason: 'state' })
})

test('a wrong ID token is refused by claim', async (t) => {
  const { vipps, shop: handle } = await loginShop(t)
  const login = handle.login(CALLBACK)
  const bends = [
    [{ claims: { msn: '654321' } }, 'msn'],
    [{ signedBy: 'forger' }, 'signature'],
    [{ withoutClaims: ['nonce'] }, 'nonce'],
    [{ lifetime: 0, claims: { iat: 1 } }, 'exp'],
    [{ header: { crit: ['exp'] } }, 'crit'],
  ]
  for (const [bend, claim] of bends) {
    const request = await login.start(['openid'])
    await vipps.bendNextIdToken(bend)
    const callback = await browser(request.url, vipps.baseUrl)
    await assert.rejects(login.finish(callback, request), { code: 'invalid_id_token', claim }, claim)
  }
})

test('results show no secret', async (t) => {
  const { vipps, shop: handle } = await loginShop(t)
  const login = handle.login(CALLBACK)
  const request = await login.start(['openid'])
  const result = await login.finish(await browser(request.url, vipps.baseUrl), request)
  const shown = [inspect(request), inspect(result), JSON.stringify(result), String(result.accessToken), inspect(login)]
  const secrets = [request.codeVerifier, result.accessToken.secret(), result.idToken]
  for (const secret of secrets) assert.ok(secret.length > 20 && !shown.some((text) => text.includes(secret)))
})

test('a login from a phone number: poll, then done', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const phone = handle.backchannel()
  assert.equal(await phone.userExists(KARI), true)
  assert.equal(await phone.userExists('4799999999'), false)
  const pending = await phone.start({ ...HINT, bindingMessage: 'A1B2-C3', requestedExpiry: 300_000 })
  assert.equal(pending.interval, 5000)
  assert.equal(await phone.poll(pending), undefined)
  assert.equal((await vipps.logins())[0].bindingMessage, 'A1B2-C3')
  assert.ok((await vipps.logins())[0].startedAt instanceof Date)
  await vipps.approve(pending.authReqId, KARI)
  await vipps.advance(5000)
  const kept = JSON.stringify(pending)
  const result = await phone.finishPing(await vipps.pingBody(pending.authReqId), kept)
  assert.equal(result.claims.msn, MSN)
  assert.equal((await phone.userinfo(result)).name, 'Kari Fixture')
  await assert.rejects(phone.finishPing(await vipps.pingBody(pending.authReqId), PendingLogin.fromJSON(kept)), {
    code: 'login_failed',
    reason: 'invalid_grant',
  })
})

test('the states of a login from a phone number, one for each time Vipps was asked', async (t) => {
  const { vipps } = await shop(t)
  const clock = new ManualClock(Date.now(), { runsThroughSleeps: true })
  const phone = partner(vipps, { clock }).merchant(MSN).backchannel()
  const pending = await phone.start(HINT)
  const seen = []
  for await (const state of phone.states(pending)) {
    seen.push(state.status)
    await vipps.advance(5000)
    if (seen.length === 3) await vipps.approve(pending.authReqId, KARI)
    if (state.status === 'complete') assert.equal(state.result.claims.msn, MSN)
    else assert.equal(state.nextPollIn, 5000)
  }
  assert.deepEqual(seen, ['pending', 'pending', 'pending', 'complete'])
})

test('waiting ends with the signal, and the login goes on', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const phone = handle.backchannel()
  const pending = await phone.start(HINT)
  const controller = new AbortController()
  const waiting = phone.wait(pending, { signal: controller.signal })
  await until(async () => (await vipps.count('/access-management-1.0/access/oauth2/token')) === 1)
  controller.abort()
  await assert.rejects(waiting, { name: 'AbortError' })
  await assert.rejects(phone.wait(pending, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  assert.equal(await phone.wait(pending, { timeout: 0 }), undefined)
  await vipps.deny(pending.authReqId)
  await assert.rejects(phone.finishPing(await vipps.pingBody(pending.authReqId), pending), { reason: 'denied' })
})

test('the redirect variant ends on a web page', async (t) => {
  const { vipps, shop: handle } = await loginShop(t)
  const phone = handle.backchannel()
  const pending = await phone.start({ ...HINT, redirectUri: CALLBACK })
  assert.equal(pending.endsByRedirect, true)
  const callback = await vipps.approve(pending.authReqId, KARI)
  assert.equal((await phone.finishRedirect(callback, pending)).claims.msn, MSN)
  await assert.rejects(phone.poll(pending), { code: 'invalid_config', field: 'pending' })
})

test('a ping arrives as a webhook would', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const bodies = []
  const server = createServer(async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk))
    response.end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  await vipps.pingUrl({ url: `http://127.0.0.1:${server.address().port}/webhook` })
  const pending = await handle.backchannel().start(HINT)
  await vipps.approve(pending.authReqId, KARI)
  await until(async () => (await vipps.pings())[0]?.status === 200)
  assert.equal(BackchannelPing.parse(bodies.join('')).authReqId, pending.authReqId)
})

test('a partner token that Vipps refuses in a login is not served any more', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const first = (await handle.headers()).authorization
  await vipps.revokeTokens()
  await handle.backchannel().start(HINT)
  assert.notEqual((await handle.headers()).authorization, first)
})

test('ID tokens by themselves: with a key set, over the network, and cached', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  const jwt = await vipps.mintIdToken(MSN, { nonce: 'n-0001', claims: { email: 'kari@example.test' } })
  const expect = { msn: MSN, nonce: 'n-0001' }
  for (const jwks of [await vipps.jwks(), JSON.stringify(await vipps.jwks()), undefined]) {
    const verifier = new IdTokenVerifier({ environment: vipps.baseUrl, ...(jwks && { jwks }) })
    if (jwks === undefined) assert.equal(verifier.verifyCached(jwt, expect), undefined)
    const claims = await verifier.verify(jwt, expect)
    assert.deepEqual([claims.msn, claims.claim('email'), claims.claim('toString')], [MSN, 'kari@example.test', undefined])
    assert.equal(claims.expiresAt - claims.issuedAt, 3_600_000)
    assert.deepEqual(verifier.verifyCached(jwt, expect).toJSON(), claims.toJSON())
    assert.equal(verifier.stats().keysRefreshed, jwks === undefined ? 1 : 0)
    await assert.rejects(verifier.verify(jwt, { msn: MSN, nonce: '' }), { code: 'invalid_config', field: 'nonce' })
    await assert.rejects(verifier.verify(jwt, { msn: MSN }), { code: 'invalid_id_token', claim: 'nonce' })
  }
  assert.equal(handle.verifyIdTokenCached(jwt, { nonce: 'n-0001' }), undefined)
  assert.equal((await handle.verifyIdToken(jwt, { nonce: 'n-0001' })).sub, handle.verifyIdTokenCached(jwt, expect).sub)
  await assert.rejects(handle.verifyIdToken(jwt, { msn: '654321' }), { code: 'invalid_config', field: 'msn' })
})

test('rotated keys are found, an outage of the keys can be survived', async (t) => {
  const { vipps, shop: handle } = await shop(t)
  await handle.verifyIdToken(await vipps.mintIdToken(MSN))
  await vipps.rotateKeys()
  const jwt = await vipps.mintIdToken(MSN)
  await assert.rejects(handle.verifyIdToken(jwt), ({ code, retryAfter }) => code === 'unavailable' && retryAfter <= 30_000)
  await vipps.jwksOutage(true)
  const verifier = new IdTokenVerifier({ environment: vipps.baseUrl, deadline: 500 })
  await assert.rejects(verifier.verify(jwt, { msn: MSN }), { code: 'unavailable', retryable: true })
})

test('people can be added, and what Vipps posts can be read', async (t) => {
  const { vipps } = await shop(t)
  await vipps.addUser('4798765432', { givenName: 'Ola', app: 'outdated', addresses: [{ kind: 'work', region: 'BERGEN' }] })
  const ola = (await vipps.users()).find(({ msisdn }) => msisdn === '4798765432')
  assert.deepEqual([ola.givenName, ola.app, ola.addresses[0].kind], ['Ola', 'outdated', 'work'])
  const { UnverifiedConsentRevoked } = await import('vipps-partner-auth')
  const claimed = UnverifiedConsentRevoked.parse(await vipps.consentRevokedBody(MSN, KARI))
  assert.ok(claimed.claimedSub.length > 0 && claimed.claimedIssuedAt instanceof Date)
})

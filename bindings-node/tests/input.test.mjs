// Bad input: told by name, without its value, from async calls always as a rejection, and never the end of the process.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  BackchannelPing,
  IdTokenVerifier,
  LoginRequest,
  ManualClock,
  Partner,
  PartnerKeys,
  PendingLogin,
  SalesUnitKeys,
  SpecializedKeys,
  UnverifiedConsentRevoked,
  environment,
  fitSystemValue,
  msn,
  systemHeaders,
} from 'vipps-partner-auth'

import { CALLBACK, MSN, SYSTEM, emulator, partner } from './support.mjs'

const KEYS = { clientId: 'hidden-id', clientSecret: 'hidden-secret', subscriptionKey: 'hidden-key' }
const keys = new PartnerKeys(KEYS)
const build = (changes) => () => new Partner({ keys, system: SYSTEM, ...changes })

test('settings are refused by name', () => {
  const wrong = [
    [{ connectTimeout: 0 }, { code: 'invalid_config', field: 'connect_timeout' }],
    [{ connectTimeout: -1 }, { code: 'invalid_config', field: 'connect_timeout' }],
    [{ deadline: NaN }, { code: 'invalid_config', field: 'deadline' }],
    [{ requestTimeout: Infinity }, { code: 'invalid_config', field: 'request_timeout' }],
    [{ leeway: 301_000 }, { code: 'invalid_config', field: 'leeway' }],
    [{ staleKeysFor: '1h' }, { name: 'TypeError', message: /staleKeysFor/ }],
    [{ environment: 'staging' }, { code: 'invalid_config', field: 'environment' }],
    [{ environment: 'test' }, { code: 'invalid_config', field: 'environment' }],
    [{ caPem: 'nothing' }, { code: 'invalid_config', field: 'ca_pem' }],
    [{ caPem: 7 }, { name: 'TypeError', message: /caPem/ }],
    [{ basicEncoding: 'rot13' }, { code: 'invalid_config', field: 'basic_encoding' }],
    [{ loginBasicEncoding: 'rot13' }, { code: 'invalid_config', field: 'login_basic_encoding' }],
    [{ loginAuthMethod: 'none' }, { code: 'invalid_config', field: 'login_auth_method' }],
    [{ trustedOrigins: ['gateway'] }, { code: 'invalid_config' }],
    [{ trustedOrigins: 'https://gateway.example' }, { name: 'TypeError', message: /trustedOrigins/ }],
    [{ allowPartnerKeysInTest: 1 }, { name: 'TypeError', message: /allowPartnerKeysInTest/ }],
    [{ onEvent: {} }, { name: 'TypeError', message: /onEvent/ }],
    [{ clock: Date }, { name: 'TypeError', message: /clock/ }],
    [{ connectionTimeout: 1 }, { name: 'TypeError', message: /unknown option connectionTimeout/ }],
    [{ keys: KEYS }, { name: 'TypeError', message: /keys/ }],
    [{ keys: undefined }, { name: 'TypeError', message: /keys/ }],
    [{ system: 'acme' }, { name: 'TypeError', message: /system/ }],
    [{ system: { name: 'acme' } }, { name: 'TypeError', message: /system.version/ }],
    [{ system: { ...SYSTEM, pluginName: 'shop' } }, { code: 'invalid_config', field: 'plugin_version' }],
    [{ system: { name: 'a\r\nb', version: '1' } }, { code: 'invalid_config', field: 'system_name' }],
  ]
  for (const [changes, expected] of wrong) assert.throws(build(changes), expected, Object.keys(changes)[0])
  assert.throws(() => new Partner(), TypeError)
  assert.throws(() => new Partner(null), TypeError)
})

test('keys are refused by name and never shown', () => {
  const wrong = [
    [() => new PartnerKeys(), /keys.clientId/],
    [() => new PartnerKeys({ ...KEYS, clientSecret: ['hidden-secret'] }), /clientSecret/],
    [() => new PartnerKeys({ ...KEYS, subscriptionKey: 'hidden\nkey' }), /subscription_key/],
    [() => new PartnerKeys({ ...KEYS, secondSubscriptionKey: 'hidden-key' }), /second_subscription_key/],
    [() => new PartnerKeys({ ...KEYS, secret: 'hidden-secret' }), /unknown option secret/],
    [() => new SalesUnitKeys({ ...KEYS, msn: 'hidden' }), /msn/],
    [() => new SalesUnitKeys(KEYS), /keys.msn/],
    [() => new SpecializedKeys({ clientId: 'hidden:id', clientSecret: 'hidden-secret' }), /client_id/],
    [() => new SpecializedKeys({ clientId: 'id', clientSecret: 'hidden-secret', scope: 'a  b' }), /scope/],
  ]
  for (const [make, text] of wrong) {
    assert.throws(make, (error) => text.test(error.message) && !error.stack.includes('hidden'), String(make))
  }
})

test('async calls reject, whatever they are given', async (t) => {
  const vipps = await emulator(t)
  const shop = partner(vipps).merchant(MSN)
  const [login, phone] = [shop.login(CALLBACK), shop.backchannel()]
  const verifier = new IdTokenVerifier({ jwks: await vipps.jwks() })
  const calls = [
    (bad) => shop.headers({ signal: bad }),
    (bad) => shop.fetch(bad),
    (bad) => shop.verifyIdToken(bad),
    (bad) => shop.verifyIdToken('a.b.c', { nonce: bad }),
    (bad) => verifier.verify(bad, { msn: MSN }),
    (bad) => login.start(bad),
    (bad) => login.start(['openid'], { market: bad }),
    (bad) => login.start(['openid'], bad),
    (bad) => login.finish(bad, {}),
    (bad) => login.finish(CALLBACK, bad),
    (bad) => login.userinfo(bad),
    (bad) => phone.userExists(bad),
    (bad) => phone.start(bad),
    (bad) => phone.start({ loginHint: bad, scopes: ['openid'] }),
    (bad) => phone.start({ loginHint: 'urn:msisdn:4791234567', scopes: bad }),
    (bad) => phone.poll(bad),
    (bad) => phone.wait(bad, { timeout: 1 }),
    (bad) => phone.wait({}, { timeout: bad }),
    (bad) => phone.finishPing(bad, {}),
    (bad) => phone.finishRedirect(bad, {}),
    (bad) => phone.userinfo(bad),
    (bad) => phone.states(bad).next(),
  ]
  for (const call of calls) {
    for (const bad of [7, Symbol('bad'), () => {}, null]) {
      let promise
      assert.doesNotThrow(() => (promise = call(bad)), String(call))
      await assert.rejects(promise, Error, String(call))
    }
  }
  assert.equal((await vipps.requests()).filter(({ path }) => path.includes('token')).length, 0)
})

test('what is parsed is refused by name', () => {
  assert.throws(() => msn('12'), { code: 'invalid_config', field: 'msn' })
  assert.throws(() => msn(123456), TypeError)
  assert.throws(() => environment('http://vipps.example'), { field: 'environment' })
  assert.throws(() => systemHeaders({ name: 'x'.repeat(31), version: '1' }), { field: 'system_name' })
  assert.throws(() => LoginRequest.fromJSON({}), { field: 'request' })
  assert.throws(() => PendingLogin.fromJSON('{}'), { field: 'pending' })
  assert.throws(() => PendingLogin.fromJSON(undefined), TypeError)
  assert.throws(() => BackchannelPing.parse('{}'), { field: 'body' })
  assert.throws(() => UnverifiedConsentRevoked.parse('x'), { field: 'body' })
  assert.throws(() => new IdTokenVerifier({ jwks: { keys: [] } }), { field: 'jwks' })
  assert.throws(() => new ManualClock('now'), TypeError)
  assert.throws(() => new ManualClock(-1), { code: 'invalid_config', field: 'time' })
  assert.equal(fitSystemValue(' Acme ✓ Commerce'), 'Acme  Commerce')
})

test('what can be no ID token is refused by its form', async (t) => {
  const vipps = await emulator(t)
  const verifier = new IdTokenVerifier({ environment: vipps.baseUrl })
  const shop = partner(vipps).merchant(MSN)
  const form = { code: 'invalid_id_token', claim: 'form' }
  for (const jwt of ['a.b.\ud83d', '\udc00', '', 'x'.repeat(16_385), '\ud800'.repeat(1_000_000), 'æ'.repeat(16_385)]) {
    assert.throws(() => verifier.verifyCached(jwt, { msn: MSN }), form)
    assert.throws(() => shop.verifyIdTokenCached(jwt), form)
    await assert.rejects(verifier.verify(jwt, { msn: MSN }), form)
    await assert.rejects(shop.verifyIdToken(jwt), form)
    assert.throws(() => verifier.verifyCached(jwt, { msn: MSN, nonce: '' }), { code: 'invalid_config', field: 'nonce' })
  }
})

test('a key set says what is wrong with its keys', async (t) => {
  const vipps = await emulator(t)
  const key = (await vipps.jwks()).keys.find((key) => key.kty === 'RSA')
  const odd = { ...key, x5c: 'MIIB', x5t: '\ud800', use: 1 }
  const verifier = new IdTokenVerifier({ environment: vipps.baseUrl, jwks: { keys: [odd] } })
  assert.equal((await verifier.verify(await vipps.mintIdToken(MSN), { msn: MSN })).msn, MSN)
  const padded = { keys: [{ ...key, n: `${key.n}==` }] }
  const refusal = { code: 'invalid_config', field: 'jwks', message: /key `[^`]+`: the modulus has padding/ }
  assert.throws(() => new IdTokenVerifier({ environment: vipps.baseUrl, jwks: padded }), refusal)
})

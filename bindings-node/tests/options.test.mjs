// Options objects: whatever kind of object says it, what it says is heard, once, and never in part.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'

import {
  IdTokenVerifier,
  LoginRequest,
  ManualClock,
  Partner,
  PartnerKeys,
  PendingLogin,
  SalesUnitKeys,
  SpecializedKeys,
  VippsAuthError,
  systemHeaders,
} from 'vipps-partner-auth'

import { CALLBACK, KARI, MSN, SYSTEM, partner, started, until } from './support.mjs'

const vipps = await started()
test.after(() => vipps.stop())
await vipps.registerRedirectUri(MSN, CALLBACK)
const all = partner(vipps, { onEvent: () => {} })
const shop = all.merchant(MSN)
const [login, phone] = [shop.login(CALLBACK), shop.backchannel()]
const verifier = new IdTokenVerifier({ environment: vipps.baseUrl, jwks: await vipps.jwks() })
const keys = new PartnerKeys({ ...(await vipps.partnerKeys()) })
const jwt = await vipps.mintIdToken(MSN, { nonce: 'right', authReqId: { auth_req_id: 'right' } })
const request = await login.start(['openid'])
const pending = await phone.start({ loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'] })
await shop.headers()

/** Getters on a prototype, as a class has them. */
function classOf(values, Base = Object) {
  class Options extends Base {
    #values = values
    describe() {
      return 'a method is no option'
    }
    static read(options, name) {
      return options.#values[name]
    }
  }
  for (const name of Object.keys(values)) Object.defineProperty(Options.prototype, name, { get() { return Options.read(this, name) } })
  return Options
}

const changed = (value) => (typeof value === 'string' ? `${value}x` : undefined)

/** Ways to say the same. */
const SHAPES = {
  plain: (values) => ({ ...values }),
  frozen: (values) => Object.freeze({ ...values }),
  'without a prototype': (values) => Object.assign(Object.create(null), values),
  inherited: (values) => Object.create(values),
  'inherited from an object without a prototype': (values) => Object.create(Object.assign(Object.create(null), values)),
  'inherited twice': (values) => Object.create(Object.create(values)),
  'own getters': (values) => Object.defineProperties({}, Object.fromEntries(Object.keys(values).map((name) => [name, { get: () => values[name], enumerable: true }]))),
  'own, not enumerable': (values) => Object.defineProperties({}, Object.fromEntries(Object.keys(values).map((name) => [name, { value: values[name] }]))),
  'getters of a class': (values) => new (classOf(values))(),
  'getters of a base class': (values) => new (class extends classOf(values) {})(),
  'fields of a class': (values) => new (class { constructor() { Object.assign(this, values) } })(),
  'a proxy': (values) => new Proxy({ ...values }, {}),
  'a proxy that makes it up': (values) => new Proxy({}, { get: (_, name) => values[name] }),
  'getters that change': (values) => {
    const read = new Set()
    const get = (name) => () => (read.has(name) ? changed(values[name]) : (read.add(name), values[name]))
    return Object.defineProperties({}, Object.fromEntries(Object.keys(values).map((name) => [name, { get: get(name), enumerable: true }])))
  },
  'with symbols': (values) => ({ ...values, [Symbol('own')]: 1 }),
  'of another realm': (values) => runInNewContext('Object.assign({}, values)', { values }),
  'a class of another realm': (values) => runInNewContext('new (class { constructor() { Object.assign(this, values) } clone() {} })', { values }),
}

const outcome = async (call) => {
  try {
    return { value: await call() }
  } catch (error) {
    return { error }
  }
}
const rejects = (field) => async (call) => {
  const { error } = await outcome(call)
  assert.ok(error instanceof VippsAuthError, String(error))
  assert.equal(error.field ?? error.claim, field)
}
const aborted = async (call) => assert.equal((await outcome(call)).error, REASON)
const REASON = new Error('given up')
const GIVEN_UP = { signal: AbortSignal.abort(REASON) }

const wrong = { nonce: 'another', msn: '654321', clientId: 'another', acr: 'another', authReqId: 'another', flow: 'none' }
const settled = { environment: vipps.baseUrl, keys, system: SYSTEM, onEvent: () => {} }
const SETTINGS = {
  environment: ['nowhere', 'environment'],
  connectTimeout: [-1, 'connect_timeout'],
  requestTimeout: [0, 'request_timeout'],
  deadline: [-1, 'deadline'],
  leeway: [-1, 'leeway'],
  staleKeysFor: [-1, 'stale_keys_for'],
  caPem: ['x', 'ca_pem'],
  proxy: ['ftp://proxy.example', 'proxy'],
  redisUrl: ['x', 'redis_url'],
  basicEncoding: ['x', 'basic_encoding'],
  loginBasicEncoding: ['x', 'login_basic_encoding'],
  loginAuthMethod: ['x', 'login_auth_method'],
  trustedOrigins: [['x'], 'trusted_origin'],
}
/** What a verifier has no use for. */
const NOT_FOR_KEYS = ['redisUrl', 'trustedOrigins']
const raw = await vipps.partnerKeys()
const variables = {
  VIPPS_CLIENT_ID: raw.clientId,
  VIPPS_CLIENT_SECRET: raw.clientSecret,
  VIPPS_SUBSCRIPTION_KEY: raw.subscriptionKey,
  VIPPS_SYSTEM_NAME: 'acme',
  VIPPS_SYSTEM_VERSION: '1',
  VIPPS_ENVIRONMENT: vipps.baseUrl,
}

/** An entry point: what it is given, and how one sees that it was heard. `what` is what its texts call the object. */
const entry = (name, call, given, heard, what = 'options') => ({ name, call, given, heard, what })

const ENTRIES = [
  ...Object.entries(wrong).map(([name, value]) => entry(`verifyIdToken: ${name}`, (expect) => shop.verifyIdToken(jwt, expect), { nonce: 'right', [name]: value }, rejects(claimOf(name)), 'expect')),
  ...Object.entries(wrong).map(([name, value]) => entry(`verifyIdTokenCached: ${name}`, (expect) => shop.verifyIdTokenCached(jwt, expect), { nonce: 'right', [name]: value }, rejects(claimOf(name)), 'expect')),
  ...Object.entries(wrong).map(([name, value]) => entry(`verify: ${name}`, (expect) => verifier.verify(jwt, expect), { msn: MSN, nonce: 'right', [name]: value }, rejects(name === 'msn' ? 'msn' : claimOf(name)), 'expect')),
  ...Object.entries(wrong).map(([name, value]) => entry(`verifyCached: ${name}`, (expect) => verifier.verifyCached(jwt, expect), { msn: MSN, nonce: 'right', [name]: value }, rejects(claimOf(name)), 'expect')),
  entry('verify: all is right', (expect) => verifier.verify(jwt, expect), { msn: MSN, nonce: 'right' }, async (call) => assert.equal((await call()).msn, MSN), 'expect'),
  ...Object.entries(SETTINGS).map(([name, [value, field]]) => entry(`Partner: ${name}`, (options) => new Partner(options), { ...settled, [name]: value }, rejects(field))),
  ...Object.entries(SETTINGS).filter(([name]) => !NOT_FOR_KEYS.includes(name)).map(([name, [value, field]]) => entry(`IdTokenVerifier: ${name}`, (options) => new IdTokenVerifier(options), { [name]: value }, rejects(field))),
  ...Object.entries(SETTINGS).map(([name, [value, field]]) => entry(`fromEnv: ${name}`, (options) => Partner.fromEnv(options), { variables, [name]: value }, rejects(field))),
  entry('Partner: environment is the one given', (options) => new Partner(options), settled, async (call) => assert.equal((await call()).environment.baseUrl, vipps.baseUrl)),
  entry('Partner: onEvent and clock', (options) => new Partner(options).merchant(MSN).headers(), { ...settled, clock: new ManualClock(Date.now()) }, async (call) => assert.ok((await call()).authorization)),
  entry('IdTokenVerifier: jwks', (options) => new IdTokenVerifier(options), { jwks: { keys: [] } }, rejects('jwks')),
  entry('fromEnv: variables', (options) => Partner.fromEnv(options), { variables, onEvent: () => {} }, async (call) => assert.equal((await call()).environment.baseUrl, vipps.baseUrl)),
  entry('system', (system) => new Partner({ ...settled, system }), { name: 'acme', version: '1', pluginName: 'x\ny', pluginVersion: '1' }, rejects('plugin_name'), 'system'),
  entry('systemHeaders', (system) => systemHeaders(system), { name: 'acme', version: '1', pluginName: 'shop', pluginVersion: '2' }, async (call) => assert.equal((await call())['vipps-system-plugin-name'], 'shop'), 'system'),
  entry('PartnerKeys', (given) => new PartnerKeys(given), { ...raw, secondSubscriptionKey: 'x\ny' }, rejects('second_subscription_key'), 'keys'),
  entry('SalesUnitKeys', (given) => new SalesUnitKeys(given), { ...raw, msn: '4321' }, async (call) => assert.equal((await call()).msn, '4321'), 'keys'),
  entry('SpecializedKeys', (given) => new SpecializedKeys(given), { clientId: 'a', clientSecret: 'b', scope: 'a  b' }, rejects('scope'), 'keys'),
  entry('login.start: acrValues', (options) => login.start(['openid'], options), { acrValues: 'urn:vipps:acr:app_auth' }, async (call) => assert.equal((await call()).acrValues, 'urn:vipps:acr:app_auth')),
  entry('login.start: market', (options) => login.start(['openid'], options), { market: 'XX' }, rejects('market')),
  entry('login.start: requestedFlow', (options) => login.start(['openid'], options), { requestedFlow: 'XX' }, rejects('requested_flow')),
  entry('login.start: appCallbackUri', (options) => login.start(['openid'], options), { appCallbackUri: 'XX', requestedFlow: 'app_to_app' }, rejects('app_callback_uri')),
  entry('backchannel.start: loginHint', (options) => phone.start(options), { loginHint: 'nobody', scopes: ['openid'] }, rejects('login_hint')),
  entry('backchannel.start: bindingMessage', (options) => phone.start(options), { loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'], bindingMessage: 'no!' }, rejects('binding_message')),
  entry('backchannel.start: requestedExpiry', (options) => phone.start(options), { loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'], requestedExpiry: 1 }, rejects('requested_expiry')),
  entry('backchannel.start: redirectUri', (options) => phone.start(options), { loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'], redirectUri: 'XX' }, rejects('redirect_uri')),
  entry('backchannel.wait: timeout', (options) => phone.wait(pending, options), { timeout: -1 }, rejects('timeout')),
  entry('headers: signal', (options) => shop.headers(options), GIVEN_UP, aborted),
  entry('authorization: signal', (options) => shop.authorization(options), GIVEN_UP, aborted),
  entry('accessToken: signal', (options) => all.accessToken(options), GIVEN_UP, aborted),
  entry('login.start: signal', (options) => login.start(['openid'], options), GIVEN_UP, aborted),
  entry('login.finish: signal', (options) => login.finish('/callback', request, options), GIVEN_UP, aborted),
  entry('backchannel.start: signal', (options) => phone.start(options), { loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'], ...GIVEN_UP }, aborted),
  entry('userExists: signal', (options) => phone.userExists(KARI, options), GIVEN_UP, aborted),
  entry('poll: signal', (options) => phone.poll(pending, options), GIVEN_UP, aborted),
  entry('wait: signal', (options) => phone.wait(pending, options), { timeout: 1000, ...GIVEN_UP }, aborted),
  entry('states: signal', (options) => phone.states(pending, options).next(), GIVEN_UP, aborted),
  entry('finishPing: signal', (options) => phone.finishPing('{}', pending, options), GIVEN_UP, aborted),
  entry('finishRedirect: signal', (options) => phone.finishRedirect('/callback', pending, options), GIVEN_UP, aborted),
  entry('ManualClock', (options) => new ManualClock(0, options), { runsThroughSleeps: true }, async (call) => assert.ok(await call())),
]

function claimOf(name) {
  return { clientId: 'aud', authReqId: 'auth_req_id' }[name] ?? name
}

function refuses(text) {
  return async (call) => assert.match(String((await outcome(call)).error), text)
}

for (const [shape, made] of Object.entries(SHAPES)) {
  test(`what it says is heard: ${shape}`, async () => {
    for (const { name, call, given, heard } of ENTRIES) {
      await heard(() => call(made(given))).catch((error) => assert.fail(`${name}: ${error.message}`))
    }
  })
}

test('each known name is read once', async () => {
  for (const { name, call, given } of ENTRIES) {
    const read = []
    await outcome(() => call(new Proxy({ ...given }, { get: (target, member) => (read.push(member), target[member]) })))
    for (const member of Object.keys(given)) assert.equal(read.filter((one) => one === member).length, 1, `${name}: ${member}`)
  }
})

const NOT_OPTIONS = [
  new Map([['nonce', 'right']]),
  new Set(['nonce']),
  ['nonce', 'right'],
  'nonce',
  7,
  true,
  () => {},
  null,
  Symbol('nonce'),
  Promise.resolve({ nonce: 'right' }),
  new URLSearchParams('nonce=right'),
  new Headers({ nonce: 'right' }),
  new Date(),
  /nonce/,
  new Error('nonce'),
  Buffer.from('nonce'),
  new String('nonce'),
]

test('what is no options object is refused as that', async () => {
  for (const { name, call, what } of ENTRIES) {
    for (const bad of NOT_OPTIONS) {
      const { error } = await outcome(() => call(bad))
      const label = `${name}, ${Object.prototype.toString.call(bad)}: ${error}`
      assert.ok(error instanceof TypeError, label)
      assert.match(error.message, new RegExp(`^${what} must be an (object|array)|${what} is null`), label)
    }
  }
  const { error } = await outcome(() => shop.verifyIdToken(jwt, Promise.resolve({ nonce: 'right' })))
  assert.match(error.message, /await it/)
})

test('unknown names are refused by name, own or inherited, and methods of a class are none', async () => {
  class Config {
    get nonceText() {
      return 'right'
    }
  }
  const strange = [{ nonceText: 1 }, Object.create({ nonceText: 1 }), new Config(), { nonceText: () => {} }, { nonceText: undefined }]
  for (const { name, call } of ENTRIES) {
    for (const bad of strange) {
      const { error } = await outcome(() => call(bad))
      assert.ok(error instanceof TypeError && /unknown option nonceText/.test(error.message), `${name}: ${error}`)
    }
  }
})

test('null is refused by name, and undefined is the same as nothing', async () => {
  for (const { name, call, given } of ENTRIES) {
    for (const member of Object.keys(given)) {
      const { error } = await outcome(() => call({ ...given, [member]: null }))
      assert.ok(error instanceof TypeError && error.message.includes(member), `${name}: ${error}`)
    }
  }
  assert.equal((await verifier.verify(jwt, { msn: MSN, nonce: 'right', acr: undefined, clientId: undefined })).msn, MSN)
  assert.ok(await shop.headers({ signal: undefined }))
})

test('a text that is none is refused by its field, and nothing is sent in its place', async () => {
  const half = 'a\ud83d'
  const wanted = [
    [() => verifier.verify(jwt, { msn: MSN, nonce: half }), 'nonce'],
    [() => verifier.verify(jwt, { msn: MSN, clientId: half }), 'client_id'],
    [() => verifier.verifyCached(jwt, { msn: MSN, accessToken: half }), 'access_token'],
    [() => shop.verifyIdToken(jwt, { acr: half }), 'acr'],
    [() => shop.verifyIdTokenCached(jwt, { authReqId: half }), 'auth_req_id'],
    [() => shop.verifyIdToken(jwt, { msn: half }), 'msn'],
    [() => all.merchant(half), 'msn'],
    [() => shop.login(`https://shop.example/${half}`), 'redirect_uri'],
    [() => login.start(['openid', half]), 'scopes'],
    [() => login.start(['openid'], { acrValues: half }), 'acr_values'],
    [() => phone.start({ loginHint: half, scopes: ['openid'] }), 'login_hint'],
    [() => phone.start({ loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'], bindingMessage: half }), 'binding_message'],
    [() => phone.userExists(half), 'msisdn'],
    [() => new PartnerKeys({ ...raw, clientSecret: half }), 'client_secret'],
    [() => new SpecializedKeys({ clientId: 'a', clientSecret: 'b', scope: half }), 'scope'],
    [() => new Partner({ ...settled, environment: half }), 'environment'],
    [() => new Partner({ ...settled, trustedOrigins: [half] }), 'trusted_origin'],
    [() => new Partner({ ...settled, system: { name: half, version: '1' } }), 'system_name'],
    [() => systemHeaders({ name: 'a', version: '1', pluginName: half, pluginVersion: '1' }), 'plugin_name'],
    [() => Partner.fromEnv({ variables: { ...variables, VIPPS_CLIENT_SECRET: half } }), 'VIPPS_CLIENT_SECRET'],
    [() => LoginRequest.fromJSON(`{"state":"${half}"}`), 'request'],
    [() => PendingLogin.fromJSON(`{"msn":"${half}"}`), 'pending'],
  ]
  const before = (await vipps.requests()).length
  for (const [call, field] of wanted) {
    const { error } = await outcome(call)
    assert.ok(error instanceof VippsAuthError, `${call}: ${error}`)
    assert.deepEqual([error.code, error.field], ['invalid_config', field], String(call))
    assert.ok(error.message.isWellFormed?.() ?? true)
  }
  assert.equal((await vipps.requests()).length, before)
  // What comes from whoever logs in is judged for what it is.
  await assert.rejects(shop.verifyIdToken(half), { code: 'invalid_id_token', claim: 'form' })
  await assert.rejects(login.finish(`${CALLBACK}?code=${half}&state=${half}`, request), { code: 'login_failed' })
})

test('a token is checked against the login request that it must answer', async () => {
  await assert.rejects(shop.verifyIdToken(jwt, request), { code: 'invalid_id_token', claim: 'nonce' })
  assert.throws(() => shop.verifyIdTokenCached(jwt, request), { claim: 'nonce' })
  await assert.rejects(verifier.verify(jwt, request), { claim: 'nonce' })
  assert.throws(() => verifier.verifyCached(jwt, request), { claim: 'nonce' })
  const answer = await vipps.mintIdToken(MSN, { nonce: request.nonce })
  assert.equal((await shop.verifyIdToken(answer, request)).msn, MSN)
  assert.equal(verifier.verifyCached(answer, request).msn, MSN)
  await assert.rejects(all.merchant('654321').verifyIdToken(answer, request), { code: 'invalid_config', field: 'msn' })
  const sure = await login.start(['openid'], { acrValues: 'urn:vipps:acr:app_auth' })
  await assert.rejects(shop.verifyIdToken(await vipps.mintIdToken(MSN, { nonce: sure.nonce }), sure), { claim: 'acr' })
  await assert.rejects(shop.verifyIdToken(jwt, request.toJSON()), TypeError)
})

test('what was kept of a login is read whole, also from an object that computes it', async () => {
  const sure = await login.start(['openid'], { acrValues: 'urn:vipps:acr:app_auth' })
  const kept = sure.toJSON()
  const shapes = ['inherited', 'own getters', 'own, not enumerable', 'getters of a class', 'getters of a base class', 'without a prototype', 'of another realm']
  for (const shape of shapes) assert.equal(LoginRequest.fromJSON(SHAPES[shape](kept)).acrValues, sure.acrValues, shape)
  const { acr_values, ...rest } = kept
  assert.ok(acr_values !== undefined, 'the name of the member')
  assert.equal(LoginRequest.fromJSON(Object.assign(Object.create({ acr_values }), rest)).acrValues, acr_values)
  for (const bad of [new Map(Object.entries(kept)), Object.entries(kept), Promise.resolve(kept)]) assert.throws(() => LoginRequest.fromJSON(bad), TypeError)
})

test('variables may come from anywhere, and each is read once', async () => {
  for (const [shape, made] of Object.entries(SHAPES)) {
    const one = Partner.fromEnv({ variables: made(variables), onEvent: () => {} })
    assert.equal(one.environment.baseUrl, vipps.baseUrl, shape)
    assert.ok(PartnerKeys.fromEnv(made(variables)) instanceof PartnerKeys, shape)
    const [unit] = [SalesUnitKeys.fromEnv(made({ ...variables, VIPPS_MSN: MSN }))]
    assert.equal(unit.msn, MSN, shape)
  }
  for (const bad of [new Map(Object.entries(variables)), Object.entries(variables), 'x', null]) {
    assert.throws(() => Partner.fromEnv({ variables: bad }), TypeError)
    assert.throws(() => PartnerKeys.fromEnv(bad), TypeError)
  }
  assert.throws(() => PartnerKeys.fromEnv({ ...variables, VIPPS_CLIENT_SECRET: 7 }), { name: 'TypeError', message: /VIPPS_CLIENT_SECRET/ })
  assert.throws(() => PartnerKeys.fromEnv({ ...variables, get VIPPS_CLIENT_SECRET() { throw new Error('the store is closed') } }), /the store is closed/)
})

// Starting, connecting, what is given and taken.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'

import { Emulator, EmulatorError } from 'vipps-emulator'
import { Partner, PartnerKeys, SalesUnitKeys, SpecializedKeys } from 'vipps-partner-auth'

import { KARI, MSN, PAYMENT, SYSTEM, TOKEN, emulator, listens, token } from './support.mjs'

const refuses = (expected) => (error) => {
  assert.ok(error instanceof EmulatorError, error.stack)
  for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, name)
  return true
}

test('options are those of the description, in this language', async (t) => {
  const partnerKeys = { clientId: '11111111-2222-4333-8444-555555555555', clientSecret: 's+/=', subscriptionKey: 'a'.repeat(32) }
  const vipps = await emulator(t, { mode: 'test', merchants: [MSN, '0123'], partnerKeys, publicUrl: 'https://api.vipps.no', specializedKeys: { scopes: ['a:b'] } })
  assert.deepEqual([vipps.baseUrl, vipps.pageUrl], ['https://api.vipps.no', 'https://api.vipps.no/'])
  const { secondSubscriptionKey, ...rest } = { ...(await vipps.partnerKeys()) }
  assert.deepEqual(rest, partnerKeys)
  assert.match(secondSubscriptionKey, /^[0-9a-f]{32}$/, 'what is left out is invented')
  assert.deepEqual((await vipps.merchants()).map(({ msn }) => msn), ['0123', MSN])
  assert.deepEqual((await vipps.specializedKeys()).scopes, ['a:b'])
  assert.equal((await vipps.info()).mode, 'test')
})

test('options that can not be are refused by name', async () => {
  await assert.rejects(Emulator.start({ port: 'x' }), refuses({ code: 'invalid_input', operation: 'start', member: 'port' }))
  await assert.rejects(Emulator.start({ prot: 1 }), refuses({ member: 'prot' }))
  await assert.rejects(Emulator.start({ partnerKeys: { clientSecret: 'a b' } }), refuses({ member: 'partner_keys.client_secret' }))
  await assert.rejects(Emulator.start(new Map([['port', 1]])), TypeError)
  await assert.rejects(Emulator.start({ port: NaN }), RangeError)
})

test('a port that is taken, and a program that is not there', async (t) => {
  const vipps = await emulator(t)
  const port = Number(new URL(vipps.baseUrl).port)
  await assert.rejects(Emulator.start({ port }), /did not start: .*can't listen/)
  process.env.VIPPS_EMULATOR = join(tmpdir(), 'no-such-program')
  t.after(() => delete process.env.VIPPS_EMULATOR)
  await assert.rejects(Emulator.start(), /did not start: .*ENOENT/)
})

test('a configuration file, with options over it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vipps-emulator-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const config = join(folder, 'setup.toml')
  writeFileSync(config, 'mode = "test"\nmerchants = ["234567"]\n\n[fail_next]\nendpoint = "standard_token"\nstatus = 503\n')
  const vipps = await Emulator.start({ merchants: [MSN] }, { config })
  t.after(() => vipps.stop())
  assert.deepEqual((await vipps.merchants()).map(({ msn }) => msn), [MSN])
  assert.deepEqual([(await vipps.info()).mode, (await token(vipps, await vipps.partnerKeys())).status], ['test', 503])
  await assert.rejects(Emulator.start({}, { config: join(folder, 'none.toml') }), /did not start: .*none\.toml/)
})

test('another one can be used too, and goes on running', async (t) => {
  const vipps = await emulator(t)
  for (const url of [vipps.baseUrl, new URL(vipps.pageUrl)]) {
    const other = await Emulator.connect(url)
    assert.deepEqual([other.baseUrl, other.pageUrl], [vipps.baseUrl, vipps.pageUrl])
    await other.addMerchant('234567', { name: 'Bergen Books' })
    await other.stop()
  }
  assert.deepEqual((await vipps.merchants()).map(({ name }) => name), [`Merchant ${MSN}`, 'Bergen Books'])
})

test('what is no emulator is told', async (t) => {
  const server = createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1')
  t.after(() => (server.close(), server.closeAllConnections()))
  await once(server, 'listening')
  const { port } = server.address()
  await assert.rejects(Emulator.connect(`http://127.0.0.1:${port}`), /is no vipps-emulator/)
  await assert.rejects(Emulator.connect('http://127.0.0.1:1'), { code: 'ECONNREFUSED' })
  await assert.rejects(Emulator.connect('ftp://127.0.0.1:1'), TypeError)
})

test('it ends when told to, also by a block', async () => {
  const vipps = await Emulator.start()
  await vipps.stop()
  await vipps.stop()
  assert.equal(await listens(vipps.baseUrl), false)
  await assert.rejects(vipps.now(), /stopped/)
  const other = await Emulator.start()
  await other[Symbol.asyncDispose]()
  assert.equal(await listens(other.baseUrl), false)
})

test('keys can be read, shown and given to the library', async (t) => {
  const vipps = await emulator(t)
  const kinds = [
    [await vipps.partnerKeys(), PartnerKeys],
    [await vipps.salesUnitKeys(MSN), SalesUnitKeys],
    [await vipps.addMerchant('234567'), SalesUnitKeys],
    [await vipps.specializedKeys(), SpecializedKeys],
  ]
  for (const [keys, Kind] of kinds) {
    assert.ok(keys instanceof Kind)
    assert.ok(inspect(keys).startsWith(`${Kind.name} {`) && inspect(keys).includes(keys.clientSecret))
    const partner = new Partner({ keys, system: SYSTEM, environment: vipps.baseUrl })
    assert.ok((await partner.headers()).authorization)
  }
  assert.equal((await vipps.salesUnitKeys('234567')).msn, '234567')
  assert.deepEqual({ ...(await vipps.partnerKeys()) }, { ...(await vipps.partnerKeys()) })
  assert.equal((await token(vipps, await vipps.partnerKeys())).status, 200)
})

test('keys are as they are now', async (t) => {
  const vipps = await emulator(t)
  const before = await vipps.partnerKeys()
  await vipps.rejectSubscriptionKey('primary')
  const after = await vipps.partnerKeys()
  assert.notEqual(after.subscriptionKey, before.subscriptionKey)
  assert.equal(after.secondSubscriptionKey, before.secondSubscriptionKey)
})

test('the environment is for a process of its own', async (t) => {
  const vipps = await emulator(t)
  const variables = await vipps.environment()
  assert.equal(variables.VIPPS_ENVIRONMENT, vipps.baseUrl)
  assert.ok((await Partner.fromEnv({ variables }).headers()).authorization)
  assert.equal((await vipps.environment(MSN)).VIPPS_MSN, MSN)
})

test('moments are dates, spans are milliseconds', async (t) => {
  const vipps = await emulator(t)
  const noon = new Date('2026-01-15T12:00:00.250Z')
  assert.deepEqual(await vipps.setTime(noon), { now: noon, running: false })
  assert.deepEqual((await vipps.advance(1_500)).now, new Date(noon.getTime() + 1_500))
  assert.deepEqual((await vipps.setTime(noon.getTime())).now, noon)
  assert.deepEqual((await vipps.setTime(runInNewContext('new Date(0)'))).now, new Date(0))
  await fetch(vipps.baseUrl + PAYMENT)
  assert.deepEqual((await vipps.requests())[0].at, new Date(0))
  await vipps.tokenLifetime('standard', 90_000)
  assert.equal((await (await token(vipps, await vipps.partnerKeys())).json()).expires_in, '90')
  const [, payload] = (await vipps.mintIdToken(MSN, { lifetime: 90_000 })).split('.')
  const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url'))
  assert.equal(exp - iat, 90)
  assert.equal((await vipps.realTime()).running, true)
})

test('what is not there is not there', async (t) => {
  const vipps = await emulator(t)
  await vipps.failNext('standard_token', { kind: 'drop_after_reading' })
  await token(vipps, await vipps.partnerKeys()).catch(() => {})
  const [request] = await vipps.requests()
  assert.ok(!('status' in request) && !('query' in request) && !('bodyBase64' in request))
  assert.deepEqual(Object.keys(request).slice(0, 4), ['id', 'at', 'method', 'path'], 'in the order in which one reads them')
})

test('names within claims and headers stay as they are', async (t) => {
  const vipps = await emulator(t)
  await vipps.addUser('4798765432', { givenName: 'Ola', addresses: [{ streetAddress: 'Gata 1' }], moreClaims: { some_claim: { inner_name: 1 } } })
  const ola = (await vipps.users()).find(({ msisdn }) => msisdn === '4798765432')
  assert.deepEqual(ola.moreClaims, { some_claim: { inner_name: 1 } })
  assert.deepEqual([ola.givenName, ola.addresses[0].streetAddress], ['Ola', 'Gata 1'])
  const [, payload] = (await vipps.mintIdToken(MSN, { claims: { own_claim: [{ a_b: 1 }] }, authReqId: { auth_req_id: 'x' } })).split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url'))
  assert.deepEqual([claims.own_claim, claims.auth_req_id], [[{ a_b: 1 }], 'x'])
  await vipps.script('/own', [{ status: 200, headers: { 'x-own_header': 'a' }, body: '{}' }])
  assert.equal((await fetch(`${vipps.baseUrl}/own`)).headers.get('x-own_header'), 'a')
})

test('what a control does not take is refused by name, and nothing of it is applied', async (t) => {
  const vipps = await emulator(t)
  const wrong = [
    [() => vipps.failNext('token', { status: 500 }), { operation: 'fail_next', member: 'endpoint' }],
    [() => vipps.failNext('jwks', {}), { operation: 'fail_next' }],
    [() => vipps.failNext('jwks', { status: 500, colour: 'red' }), { member: 'colour' }],
    [() => vipps.failNext('jwks', { status: 500, times: 1.9 }), { member: 'times' }],
    [() => vipps.failNext('jwks', { status: 500, times: -1 }), { member: 'times' }],
    [() => vipps.backchannelLimit(-1), { member: 'logins' }],
    [() => vipps.numbers('roman'), { member: 'numbers' }],
    [() => vipps.script('/x', [{ status: 42 }]), { member: 'replies[0].status' }],
    [() => vipps.registerRedirectUri('999999', 'https://shop.example/'), { code: 'not_found', member: 'msn' }],
    [() => vipps.salesUnitKeys('999999'), { code: 'not_found', member: 'msn' }],
    [() => vipps.approve('nothing', KARI), { code: 'not_found' }],
    [() => vipps.addMerchant('x'), { member: 'msn' }],
    [() => vipps.addMerchant(234567), { member: 'msn' }],
    [() => vipps.addMerchant('234567', { loginAuthMethod: 'none' }), { member: 'login_auth_method' }],
    [() => vipps.mintIdToken(MSN, { signedBy: 'me' }), { member: 'signed_by' }],
    [() => vipps.advance('1'), { member: 'seconds' }],
    [() => vipps.advance(), { member: 'seconds' }],
    [() => vipps.setLatency('jwks', -1), { member: 'seconds' }],
    [() => vipps.count('\ud800'), { operation: 'count' }],
  ]
  for (const [call, expected] of wrong) await assert.rejects(call, refuses(expected), String(call))
  const never = [() => vipps.advance(NaN), () => vipps.failNext('jwks', { delay: Infinity }), () => vipps.setTime(new Date(NaN))]
  for (const call of never) await assert.rejects(call, RangeError, String(call))
  const types = [() => vipps.failNext('jwks', new Map([['status', 503]])), () => vipps.failNext('jwks', [1]), () => vipps.setTime('now'), () => vipps.count(() => {}), () => vipps.addMerchant('234567', Promise.resolve({}))]
  for (const call of types) await assert.rejects(call, TypeError, String(call))
  assert.deepEqual((await vipps.merchants()).map(({ msn }) => msn), [MSN])
  assert.equal((await fetch(`${vipps.baseUrl}/access-management-1.0/access/.well-known/jwks.json`)).status, 200)
})

test('options may be of any kind that has names', async (t) => {
  const vipps = await emulator(t)
  class Failure {
    get status() {
      return 503
    }
  }
  for (const options of [new Failure(), Object.create({ status: 503 }), Object.assign(Object.create(null), { status: 503 }), runInNewContext('({ status: 503 })')]) {
    await vipps.failNext('standard_token', options)
    assert.equal((await token(vipps, await vipps.partnerKeys())).status, 503)
  }
  await vipps.failNext('standard_token', { status: 503, shape: undefined, error: null })
  assert.equal((await token(vipps, await vipps.partnerKeys())).status, 503)
})

test('controls are carried out in the order in which they are called', async (t) => {
  const vipps = await emulator(t)
  const times = []
  await Promise.all(Array.from({ length: 50 }, (_, at) => vipps.setTime(at * 1000).then(({ now }) => times.push(now.getTime()))))
  assert.deepEqual(times, Array.from({ length: 50 }, (_, at) => at * 1000))
})

test('it shows where it is', async (t) => {
  const vipps = await emulator(t)
  assert.equal(inspect(vipps), `Emulator(baseUrl ${vipps.baseUrl})`)
  assert.throws(() => new Emulator(), Error)
})

test('a clock that was moved alone is told, once', async (t) => {
  const vipps = await emulator(t)
  const told = []
  const listener = (warning) => told.push(warning)
  process.on('warning', listener)
  t.after(() => process.off('warning', listener))
  const shop = new Partner({ keys: await vipps.partnerKeys(), system: SYSTEM, environment: vipps.baseUrl }).merchant(MSN)
  await shop.headers()
  await vipps.advance(25 * 3_600_000)
  await shop.fetch(vipps.baseUrl + PAYMENT)
  for (let i = 0; i < 2; i += 1) assert.match((await vipps.now()).warning, /move the clock/)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(told.map(({ name }) => name), ['VippsEmulatorWarning'])
})

test('the log, people and logins', async (t) => {
  const vipps = await emulator(t)
  await token(vipps, await vipps.partnerKeys())
  const [first] = await vipps.requests()
  assert.deepEqual([first.method, first.path, first.status], ['POST', TOKEN, 200])
  assert.deepEqual(await vipps.requests(first.id), [])
  assert.equal(await vipps.count(TOKEN), 1)
  await vipps.clearRequests()
  assert.deepEqual([await vipps.count(TOKEN), await vipps.requests()], [0, []])
})

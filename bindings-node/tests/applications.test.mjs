// The applications in `examples/node`, each as its own page tells to run it, with the emulator as Vipps.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Emulator } from 'vipps-emulator'
import { Partner } from 'vipps-partner-auth'

import { NotConfirmed, confirm, hintOf } from '../../examples/node/caller-desk.mjs'
import { Report, askAll } from '../../examples/node/nightly-job.mjs'
import { freePort, redis } from './fleet/redis.mjs'
import { KARI, MSN } from './support.mjs'

const EXAMPLES = new URL('../../examples/', import.meta.url)
const TOKEN = '/accesstoken/get'

/** An emulator and variables as the examples are told to be started with, but for the port. */
async function service(t) {
  const vipps = await Emulator.start({}, { config: fileURLToPath(new URL('emulator.toml', EXAMPLES)) })
  t.after(() => vipps.stop())
  const lines = readFileSync(new URL('emulator.env', EXAMPLES), 'utf8').trim().split('\n')
  const told = Object.fromEntries(lines.map((line) => line.split(/=(.*)/).slice(0, 2)))
  return { vipps, variables: { ...told, VIPPS_ENVIRONMENT: vipps.baseUrl } }
}

/** A program of the examples; `lines` are what it prints, as it prints them. */
function start(t, variables, ...command) {
  const cwd = fileURLToPath(new URL('node', EXAMPLES))
  const child = spawn(process.execPath, command, { cwd, env: { ...process.env, ...variables } })
  t.after(() => child.kill())
  const program = { child, printed: '', ended: once(child, 'close').then(([status]) => status) }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (program.printed += chunk))
  program.lines = createInterface({ input: child.stdout })
  return program
}

function assertNoSecret(printed, variables) {
  for (const name of ['VIPPS_CLIENT_SECRET', 'VIPPS_SUBSCRIPTION_KEY', 'VIPPS_SECOND_SUBSCRIPTION_KEY']) {
    assert.ok(!printed.includes(variables[name]), name)
  }
  assert.doesNotMatch(printed, /eyJ|code=|Bearer/)
}

// The caller-verification desk.

async function desk(t) {
  const { vipps, variables } = await service(t)
  return { vipps, variables, desk: Partner.fromEnv({ variables }).merchant(MSN).backchannel() }
}

const isNotConfirmed = (why) => (error) => error instanceof NotConfirmed && why.test(error.message)

test('desk: a caller confirms', async (t) => {
  const { vipps, variables } = await service(t)
  const program = start(t, variables, 'caller-desk.mjs', '+47 912 34 567')
  const [told] = await once(program.lines, 'line')
  const [login] = await vipps.logins()
  assert.ok(login.bindingMessage.length > 0 && told.includes(login.bindingMessage), told)
  await vipps.approve(login.id, KARI)
  assert.equal(await program.ended, 0, program.printed)
  assert.equal(program.printed, `${told}\nCONFIRMED: Kari Fixture, phone number ${KARI}.\n`)
  assertNoSecret(program.printed, variables)
  assert.equal(await vipps.count(TOKEN), 1)
})

const DECISIONS = {
  declines: [(vipps, id) => vipps.deny(id), /^the caller declined$/],
  'chooses the wrong number': [(vipps, id) => vipps.deny(id, 'wrong_challenge'), /^the caller chose the wrong number in the app$/],
  'meets something else': [(vipps, id) => vipps.deny(id, 'login_required'), /^the login failed \(login_required\)$/],
  'does not answer': [(vipps) => vipps.advance(121_000), /^the caller did not answer in time$/],
}

for (const [what, [decide, why]] of Object.entries(DECISIONS)) {
  test(`desk: a caller who ${what}`, async (t) => {
    const { vipps, desk: phone } = await desk(t)
    const decided = async () => decide(vipps, (await vipps.logins())[0].id)
    await assert.rejects(confirm(phone, await hintOf(phone, '0047 91 23 45 67'), decided), isNotConfirmed(why))
  })
}

test('desk: a number of nobody is not rung', async (t) => {
  const { vipps, variables } = await service(t)
  const program = start(t, variables, 'caller-desk.mjs', '+47 900 00 000')
  assert.equal(await program.ended, 1)
  assert.equal(program.printed, "NOT CONFIRMED: this number is not a Vipps user's.\n")
  assert.deepEqual(await vipps.logins(), [])
})

test('desk: where Vipps does not tell who is a user, the login does', async (t) => {
  const { vipps, desk: phone } = await desk(t)
  await vipps.script('/vipps-login-ciba/api/v1/user-exists', [{ status: 404 }])
  const hint = await hintOf(phone, '4790000000')
  await assert.rejects(confirm(phone, hint, assert.fail), isNotConfirmed(/^nobody with an active Vipps app has this number$/))
})

test('desk: too many logins for one person', async (t) => {
  const { desk: phone } = await desk(t)
  for (let n = 0; n < 3; n++) await phone.start({ loginHint: `urn:msisdn:${KARI}`, scopes: ['openid'] })
  await assert.rejects(confirm(phone, `urn:msisdn:${KARI}`, assert.fail), isNotConfirmed(/^too many logins/))
})

test('desk: a customer token is the hint as it stands', async (t) => {
  const { vipps, variables } = await service(t)
  await start(t, variables, 'caller-desk.mjs', '--qr', 'token-of-a-qr-code').ended
  const sent = (await vipps.requests()).filter(({ path }) => path.endsWith('/backchannel/authentication'))
  assert.equal(sent.length, 1)
  assert.match(sent[0].body, /login_hint=urn%3Acustomer-token%3Atoken-of-a-qr-code/)
  assert.equal(await vipps.count('/vipps-login-ciba/api/v1/user-exists'), 0)
})

test('desk: what can not be told now', async (t) => {
  const { vipps, variables } = await service(t)
  const asked = async (...command) => {
    const program = start(t, variables, 'caller-desk.mjs', ...command)
    assert.equal(await program.ended, 2, program.printed)
    assertNoSecret(program.printed, variables)
    return program.printed
  }
  assert.match(await asked(), /^usage: /)
  assert.match(await asked('12'), /^Can't tell now: msisdn /)
  for (const which of ['primary', 'secondary']) await vipps.rejectSubscriptionKey(which)
  assert.match(await asked(KARI), /^Can't tell now: /m)
})

// The nightly job.

async function thousand(vipps) {
  const msns = Array.from({ length: 1000 }, (_, at) => String(100_001 + at))
  await Promise.all(msns.map((msn) => vipps.addMerchant(msn)))
  return msns.map((msn) => `${msn},order-${msn}\n`).join('')
}

function job(t, variables, payments) {
  const program = start(t, variables, 'nightly-job.mjs', '-')
  program.child.stdin.end(payments)
  return program
}

test('job: a night costs one token request', async (t) => {
  const { vipps, variables } = await service(t)
  const payments = await thousand(vipps)
  await vipps.disconnectMerchant('100500')
  await vipps.deactivateMerchant('100501')
  const headers = { 'content-type': 'application/json' }
  await vipps.script('/epayment/v1/payments/order-100001', [{ status: 200, headers, body: '{"state": "AUTHORIZED"}' }])
  await vipps.script('/epayment/v1/payments/order-100002', [{ status: 403, headers, body: '{}' }])
  await vipps.script('/epayment/v1/payments/order-100003', [{ status: 500 }])
  const program = job(t, variables, `${payments}100000,order-1\nx,order-2\n`)
  assert.equal(await program.ended, 1, program.printed)
  const [first, answered, notConnected, failed, warnings, ...rest] = program.printed.trim().split('\n')
  assert.match(first, /^1002 payments in [\d.]+ s, token requests: 1, tokens from Redis: 0$/)
  assert.equal(answered, 'answered: 996 (AUTHORIZED 1, state not told 995)')
  assert.equal(notConnected, 'not connected: 100000, 100500, 100501')
  assert.match(failed, /^failed: 100002 \(status 403\); 100003 \(status 500\); x \(msn .*\)$/)
  assert.match(warnings, /^warnings: /)
  assert.deepEqual(rest, [])
  assert.equal(await vipps.count(TOKEN), 1)
  assertNoSecret(program.printed, variables)
})

test('job: never more calls at a time than asked for', async (t) => {
  const { variables } = await service(t)
  const partner = Partner.fromEnv({ variables })
  const atOnce = { now: 0, most: 0 }
  const fetched = globalThis.fetch
  globalThis.fetch = async (...call) => {
    atOnce.most = Math.max(atOnce.most, ++atOnce.now)
    try {
      return await fetched(...call)
    } finally {
      atOnce.now--
    }
  }
  process.env.JOB_CONCURRENCY = '3'
  t.after(() => {
    globalThis.fetch = fetched
    delete process.env.JOB_CONCURRENCY
  })
  const report = new Report()
  await askAll(partner, Array.from({ length: 30 }, (_, at) => [MSN, `order-${at}`]), report)
  assert.deepEqual(atOnce, { now: 0, most: 3 })
  assert.equal(report.states.get('state not told'), 30)
})

test('job: a fleet shares its token', async (t) => {
  const { vipps, variables } = await service(t)
  const shared = { ...variables, VIPPS_REDIS_URL: await redis(t) }
  for (const fromRedis of [0, 1]) {
    const program = job(t, shared, `${MSN},order-1\n`)
    assert.equal(await program.ended, 0, program.printed)
    assert.ok(program.printed.includes(`token requests: ${1 - fromRedis}, tokens from Redis: ${fromRedis}`), program.printed)
  }
  assert.equal(await vipps.count(TOKEN), 1)
})

test('job: keys that are refused end it at once', async (t) => {
  const { vipps, variables } = await service(t)
  const program = job(t, { ...variables, VIPPS_CLIENT_SECRET: 'another' }, await thousand(vipps))
  assert.equal(await program.ended, 2)
  assert.match(program.printed, /^no payment could be asked about: /)
  assert.equal(await vipps.count(TOKEN), (await vipps.requests()).length)
})

// The shop.

/** A shop that runs; `visit` is one browser, with its cookies. */
async function shop(t) {
  const { vipps, variables } = await service(t)
  const port = await freePort()
  const own = `http://localhost:${port}`
  await vipps.registerRedirectUri(MSN, `${own}/callback`)
  const program = start(t, { ...variables, SHOP_CALLBACK: `${own}/callback`, PORT: String(port) }, 'shop-login.mjs')
  await once(program.lines, 'line')
  t.after(() => assertNoSecret(program.printed, variables))
  return { vipps, own }
}

class Browser {
  cookies = new Map()

  /** Follows redirects as far as `until`. */
  async visit(url, { method = 'GET', until = () => false } = {}) {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(url, { method, redirect: 'manual', headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^(\w+)=([^;]*)/.exec(line)
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) return { url, status: answer.status, text: await answer.text() }
    const next = new URL(location, url).href
    return until(next) ? { url: next } : this.visit(next, { until })
  }
}

test('shop: a person logs in and out', async (t) => {
  const { vipps, own } = await shop(t)
  await vipps.autoApprove(KARI)
  const browser = new Browser()
  assert.match((await browser.visit(`${own}/`)).text, /Log in with Vipps/)
  assert.equal((await browser.visit(`${own}/me`)).url, `${own}/`)
  const came = await browser.visit(`${own}/login`)
  assert.deepEqual([came.url, came.status], [`${own}/me`, 200])
  assert.match(came.text, new RegExp(`<h1>Kari Fixture</h1>.*of sales unit ${MSN}`))
  assert.match((await browser.visit(`${own}/`)).text, /Welcome, Kari Fixture/)
  const before = new Map(browser.cookies)
  assert.deepEqual([...before.keys()], ['session'])
  assert.match((await browser.visit(`${own}/logout`, { method: 'POST' })).text, /Log in with Vipps/)
  assert.equal(browser.cookies.size, 0)
  browser.cookies = before
  assert.equal((await browser.visit(`${own}/me`)).url, `${own}/`, 'what was logged out stays logged out')
})

test("shop: cookies are the server's alone", async (t) => {
  const { own } = await shop(t)
  const cookie = (await fetch(`${own}/login`, { redirect: 'manual' })).headers.get('set-cookie')
  assert.match(cookie, /HttpOnly/)
  assert.match(cookie, /SameSite=Lax/)
})

test('shop: a person who cancels', async (t) => {
  const { vipps, own } = await shop(t)
  await vipps.autoDeny()
  const page = await new Browser().visit(`${own}/login`)
  assert.equal(page.status, 403)
  assert.match(page.text, /You cancelled the login/)
})

test('shop: a callback that answers another login', async (t) => {
  const { vipps, own } = await shop(t)
  await vipps.autoApprove(KARI)
  const browser = new Browser()
  const leave = async () => (await browser.visit(`${own}/login`, { until: (url) => url.startsWith(`${own}/callback`) })).url
  const [older, newer] = [await leave(), await leave()]
  const askedAgain = ({ status, text }) => assert.ok(status === 400 && text.includes('Please start again'), text)
  askedAgain(await browser.visit(older))
  askedAgain(await browser.visit(newer))
  assert.ok(!browser.cookies.has('session'))
  askedAgain(await new Browser().visit(newer))
})

for (const claims of [{ msn: '654321' }, { iss: 'https://elsewhere.example/' }]) {
  test(`shop: an ID token with another ${Object.keys(claims)[0]}`, async (t) => {
    const { vipps, own } = await shop(t)
    await vipps.autoApprove(KARI)
    await vipps.bendNextIdToken({ claims })
    const browser = new Browser()
    const page = await browser.visit(`${own}/login`)
    assert.equal(page.status, 403)
    assert.match(page.text, /could not be verified/)
    assert.ok(!browser.cookies.has('session'))
  })
}

test('shop: Vipps is away', async (t) => {
  const { vipps, own } = await shop(t)
  await vipps.autoApprove(KARI)
  const browser = new Browser()
  const { url } = await browser.visit(`${own}/login`, { until: (url) => url.startsWith(`${own}/callback`) })
  await vipps.stop()
  const page = await browser.visit(url)
  assert.equal(page.status, 503)
  assert.match(page.text, /be reached at the moment/)
})

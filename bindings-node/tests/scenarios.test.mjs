// The scenarios of tests/vectors/adapter.json, with every client there is an adapter for.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'

import { Partner, PartnerKeys, VippsAuthError } from 'vipps-partner-auth'

import { causes, CLIENTS } from './scenarios/clients.mjs'
import { SYSTEM, partner, started, until } from './support.mjs'

const folder = new URL('../../tests/vectors/', import.meta.url)
const read = (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
const [{ file, cases: listed }] = read('index.json').scenarios
const { cases } = read(file)

// One for all, since its keys take long to make; each scenario finds it as if it were new.
const vipps = await started({ merchants: ['123456', '654321'] })
test.after(() => vipps.stop())

for (const [name, client] of Object.entries(CLIENTS)) {
  test(name, async (t) => {
    let executed = 0
    for (const scenario of cases) {
      await t.test(`${scenario.id}: ${scenario.comment}`, (t) => run(t, scenario, client))
      executed += 1
    }
    assert.equal(executed, listed)
  })
}

test('a wrong expectation is noticed', async (t) => {
  const scenario = structuredClone(cases.find(({ id }) => id === 'adapter-401-text'))
  for (const outcome of scenario.outcomes) outcome.token_requests = 1
  await assert.rejects(run(t, scenario, CLIENTS.fetch), assert.AssertionError)
  scenario.outcomes = [{ results: [{ status: 200 }], requests: [] }]
  await assert.rejects(run(t, scenario, CLIENTS.fetch), assert.AssertionError)
  scenario.steps = [{ do: 'brew' }]
  await assert.rejects(run(t, scenario, CLIENTS.fetch), /unknown step brew/)
})

async function run(t, scenario, client) {
  const stage = await Stage.build(t, scenario, client)
  for (const step of scenario.steps) await stage.play(step)
  await stage.compare(scenario.outcomes, client.outcomes?.[scenario.id])
}

const TOKEN_PATHS = ['/accesstoken/get', '/miami/v1/token']
const OURS = [
  'authorization',
  'ocp-apim-subscription-key',
  'merchant-serial-number',
  'vipps-system-name',
  'vipps-system-version',
  'vipps-system-plugin-name',
  'vipps-system-plugin-version',
]

/** One scenario's emulator, other host, partner and client, and what happened so far. */
class Stage {
  results = []
  events = []

  static async build(t, { merchants = ['123456'], keys, caller, hooks = [] }, client) {
    const stage = new Stage()
    stage.client = client
    stage.vipps = vipps
    t.after(() => (vipps.clearFailures(), vipps.releaseHung(), vipps.wrongEnvironment(false)))
    await vipps.clearRequests()
    stage.elsewhere = await Elsewhere.start(t)
    const settings = { deadline: 60_000, requestTimeout: 60_000, onEvent: (event) => stage.events.push(event) }
    stage.partner = partner(stage.vipps, { ...settings, keys: keys === 'specialized' ? await stage.vipps.specializedKeys() : await stage.vipps.partnerKeys() })
    const shops = Object.fromEntries(merchants.map((msn) => [msn, stage.partner.merchant(msn)]))
    stage.first = shops[merchants[0]]
    stage.send = client.make({ caller: caller === 'partner' ? stage.partner : stage.first, shops, hooks, t })
    return stage
  }

  filled(value) {
    const text = JSON.stringify(value).replaceAll('{base_url}', this.vipps.baseUrl).replaceAll('{other_url}', this.elsewhere.url)
    return JSON.parse(text)
  }

  async play(step) {
    const { do: what, ...given } = this.filled(step)
    switch (what) {
      case 'headers':
        return void (await this.first.headers())
      case 'revoke_tokens':
        return await this.vipps.revokeTokens()
      case 'release_hung':
        return await this.vipps.releaseHung()
      case 'wrong_environment':
        return await this.vipps.wrongEnvironment(true)
      case 'fail_next':
        return await this.vipps.failNext(given.endpoint, { times: given.times, ...camel(given.failure) })
      case 'script':
        return await this.vipps.script(given.path, given.replies)
      case 'script_elsewhere':
        return void this.elsewhere.scripted.push(...given.replies)
      case 'arrived':
        return await until(async () => (await this.vipps.count(given.path)) >= given.times)
      case 'call':
        return void this.results.push(await this.call(given))
      case 'covers':
        return assert.equal(knowing(given).covers(given.url), given.covers, given.url)
      case 'may_follow':
        return assert.equal(knowing(given).mayFollow(given.from, given.to), given.may_follow, `${given.from} to ${given.to}`)
    }
    throw new Error(`unknown step ${what}`)
  }

  async call(call) {
    const controller = new AbortController()
    const before = await this.tokenRequests()
    if (call.abort === 'before') controller.abort()
    const sending = this.send(call, call.url ?? this.vipps.baseUrl + call.path, call.abort && controller.signal)
    if (call.abort === 'token_request') {
      await until(async () => (await this.tokenRequests()) > before)
      controller.abort()
    }
    return await sending.then(
      (answer) => answer,
      (error) => ({ error }),
    )
  }

  async tokenRequests() {
    const counts = await Promise.all(TOKEN_PATHS.map((path) => this.vipps.count(path)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async compare(outcomes, wanted) {
    const seen = { requests: await this.vipps.requests(), tokenRequests: await this.tokenRequests() }
    const known = new Set(['name', 'results', 'token_requests', 'requests', 'elsewhere', 'events'])
    for (const name of outcomes.flatMap(Object.keys)) assert.ok(known.has(name), `unknown member ${name}`)
    const possible = outcomes.filter(({ name }) => wanted === undefined || name === wanted)
    const failures = possible.map((outcome) => this.failure(this.filled(outcome), seen))
    assert.ok(possible.length > 0, `there is no outcome ${wanted}`)
    if (!failures.includes(undefined)) throw failures[0]
    for (const { headers } of this.elsewhere.seen) for (const name of OURS.slice(1)) assert.equal(headers[name], undefined, name)
  }

  failure(outcome, seen) {
    try {
      this.holds(outcome, seen)
    } catch (error) {
      return error
    }
    return undefined
  }

  holds({ results, token_requests, requests, elsewhere, events = [] }, seen) {
    assert.equal(this.results.length, results.length)
    results.forEach((result, at) => this.compareResult(this.results[at], result))
    if (token_requests !== undefined) assert.equal(seen.tokenRequests, token_requests, 'token requests')
    if (requests !== undefined) compareRequests(seen.requests, requests)
    if (elsewhere !== undefined) compareElsewhere(this.elsewhere.seen, elsewhere)
    for (const { name, details, times } of events) {
      const told = this.events.filter((event) => event.name === name)
      assert.equal(told.length, times, name)
      if (details !== undefined) for (const one of told) assert.deepEqual(one.details, details)
    }
  }

  compareResult({ error, status, headers, body }, result) {
    if (result.error === undefined) {
      if (error !== undefined) throw new assert.AssertionError({ message: `failed: ${error.stack}`, actual: error, expected: result })
      assert.equal(status, result.status)
      if (result.body !== undefined) assert.equal(body, result.body)
      for (const [name, value] of Object.entries(result.headers ?? {})) assert.equal(headers.get(name), value)
      return
    }
    assert.ok(error !== undefined, `status ${status} and no error`)
    assert.equal(this.client.family(error), result.error.family, error.stack)
    if (result.error.cause === undefined) return
    const ours = [...causes(error)].find((cause) => cause instanceof VippsAuthError)
    assert.ok(ours !== undefined && ours !== error, `no error of ours is the cause: ${error.stack}`)
    for (const [name, value] of Object.entries(result.error.cause)) assert.equal(ours[name], value)
  }
}

function compareRequests(seen, expected) {
  const calls = seen.filter(({ path }) => !TOKEN_PATHS.includes(path))
  const shown = calls.map(({ method, path, query, status }) => ({ method, path: query === undefined ? path : `${path}?${query}`, status }))
  assert.deepEqual(shown, expected.map(({ method, path, status }) => ({ method, path, status })))
  const tokens = new Map()
  calls.forEach((call, at) => compareCall(call, expected[at], tokens))
  for (const [at, { method, path, status, body }] of calls.entries()) {
    const next = calls[at + 1]
    if (status === 401 && next?.method === method && next.path === path) assert.equal(next.body, body, 'the tries of one call')
  }
}

function compareCall(call, { ours, token, headers = {}, absent = [], body, body_json }, tokens) {
  const values = (name) => call.headers.filter((header) => header.name === name).map(({ value }) => value)
  for (const [name, value] of Object.entries(headers)) assert.deepEqual(values(name), [value], name)
  for (const name of absent) assert.deepEqual(values(name), [], name)
  if (ours !== undefined) compareOurs(values, ours, headers)
  if (token !== undefined) compareToken(values('authorization')[0], token, tokens)
  if (body !== undefined) assert.equal(call.body, body)
  if (body_json !== undefined) assert.deepEqual(JSON.parse(call.body), body_json)
}

function compareOurs(values, ours, given) {
  for (const name of OURS) {
    const isThere = ours !== null && !(ours === 'partner' && name === 'merchant-serial-number') && !(SYSTEM.pluginName === undefined && name.includes('plugin'))
    if (name in given) continue
    if (isThere) assert.equal(values(name).length, 1, name)
    else if (ours === null) assert.deepEqual(values(name), [], name)
  }
  if (ours === null) return
  assert.match(values('authorization')[0], /^Bearer /)
  assert.deepEqual(values('merchant-serial-number'), ours === 'partner' ? [] : [ours])
}

function compareToken(sent, number, tokens) {
  if (!tokens.has(number)) {
    assert.ok(![...tokens.values()].includes(sent), 'another token')
    tokens.set(number, sent)
  }
  assert.equal(sent, tokens.get(number), `token ${number}`)
}

function compareElsewhere(seen, expected) {
  const shown = seen.map(({ method, path }) => ({ method, path }))
  assert.deepEqual(shown, expected.map(({ method, path }) => ({ method, path })))
  expected.forEach(({ headers = {}, absent = [] }, at) => {
    for (const [name, value] of Object.entries(headers)) assert.equal(seen[at].headers[name], value)
    for (const name of absent) assert.equal(seen[at].headers[name], undefined, name)
  })
}

/** The other host: 200 to all, unless it was told otherwise. */
class Elsewhere {
  seen = []
  scripted = []

  static async start(t) {
    const other = new Elsewhere()
    const server = createServer((request, response) => {
      other.seen.push({ method: request.method, path: request.url, headers: request.headers })
      const { status = 200, headers = {}, body = '{}' } = other.scripted.shift() ?? {}
      request.resume()
      response.writeHead(status, headers).end(body)
    }).listen(0, '127.0.0.1')
    t.after(() => (server.close(), server.closeAllConnections()))
    await once(server, 'listening')
    other.url = `http://localhost:${server.address().port}`
    return other
  }
}

function knowing({ environment, trusted_origins }) {
  const keys = new PartnerKeys({ clientId: '11111111-2222-4333-8444-555555555555', clientSecret: 's', subscriptionKey: 'k' })
  return new Partner({ keys, system: SYSTEM, environment, trustedOrigins: trusted_origins })
}

function camel(object) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]))
}

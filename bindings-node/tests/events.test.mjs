// Handlers of events: whatever one does harms nobody, and warnings are seen where there is none.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { MSN, partner, shop, until } from './support.mjs'

function run(what, ...options) {
  const child = spawn(process.execPath, [...options, fileURLToPath(new URL('events/program.mjs', import.meta.url)), what])
  const printed = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (printed.out += chunk))
  child.stderr.on('data', (chunk) => (printed.err += chunk))
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...printed })))
}

/** How often a path was called, while this thread stands still. */
function counted(baseUrl, path) {
  const program = `fetch('${baseUrl}/emulator/control/count', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"path":"${path}"}' })
    .then((reply) => reply.json()).then(({ count }) => console.log(count))`
  return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })
}

const times = (text, part) => text.split(part).length - 1

for (const what of ['throws', 'throws nothing', 'throws what can not be shown', 'rejects', 'rejects later', 'a thenable that throws']) {
  test(`a handler that ${what}: the process goes on, and it is told once`, async () => {
    const { status, out, err } = await run(what)
    assert.equal(status, 0, err)
    assert.equal(JSON.parse(out).tokens, 3)
    assert.equal(times(err, 'VIPPS_AUTH_ON_EVENT'), 1, err)
    if (!what.includes('nothing') && !what.includes('can not')) assert.match(err, /a bug in the handler/)
  })
}

test('a handler that changes what it is given changes nothing for others', async () => {
  const { status, err } = await run('changes')
  assert.equal(status, 0, err)
  assert.match(err, /VIPPS_AUTH_ON_EVENT/)
})

test('a handler that never ends holds nobody up', async () => {
  const { status, out, err } = await run('never ends')
  assert.deepEqual([status, err], [0, ''])
  assert.equal(JSON.parse(out).tokens, 3)
})

test('a handler may call the library', async () => {
  const { status, out, err } = await run('calls back')
  assert.deepEqual([status, err], [0, ''])
  const { heard } = JSON.parse(out)
  assert.ok(heard.some(([name]) => name === 'token_fetched'))
  for (const [, , headers] of heard) assert.ok(headers > 0)
})

test('without a handler each kind of warning is seen once, and can be silenced', async () => {
  const { status, err } = await run('none')
  assert.equal(status, 0)
  assert.equal(times(err, '[VIPPS_AUTH_HEADERS_WITHHELD] VippsAuthWarning: vipps-partner-auth: headers_withheld origin=`http://127.0.0.1:1`'), 1, err)
  assert.equal(times(err, 'VIPPS_AUTH_HEADERS_WITHHELD'), 1, 'the second within the hour is left out')
  assert.ok(!err.includes('token_fetched'), 'ordinary events are none')
  for (const quiet of ['deaf', 'subscribed']) assert.deepEqual((await run(quiet)).err, '', quiet)
  for (const name of ['VippsAuthWarning', 'VIPPS_AUTH_HEADERS_WITHHELD']) assert.equal((await run('none', `--disable-warning=${name}`)).err, '', name)
  assert.equal((await run('none', '--no-warnings')).err, '')
})

test('events that a busy thread has no room for are counted and told, in order', async (t) => {
  const heard = []
  const { vipps, shop: handle } = await shop(t, { onEvent: (event) => heard.push(event) })
  const phone = handle.backchannel()
  await handle.headers()
  await until(() => heard.length > 0)
  heard.length = 0
  const CALLS = 1500
  // Each tells of a country that Vipps is not known in.
  const calls = Array.from({ length: CALLS }, () => phone.userExists('9990000000').catch(() => {}))
  // This thread does nothing else until all were sent.
  while (Number(counted(vipps.baseUrl, '/vipps-login-ciba/api/v1/user-exists')) < CALLS);
  await Promise.all(calls)
  await phone.userExists('9990000000').catch(() => {})
  const dropped = () => heard.filter(({ name }) => name === 'events_dropped').reduce((sum, { details }) => sum + Number(details.count), 0)
  await until(() => heard.filter(({ name }) => name === 'unusual_country_code').length + dropped() > CALLS)
  assert.ok(dropped() > 0, 'the queue has an end')
  assert.equal(heard.filter(({ name }) => name === 'unusual_country_code').length + dropped(), CALLS + 1)
  assert.ok(heard.every(({ isWarning }) => isWarning))
})

test('a call to another host is told once for each', async (t) => {
  const heard = []
  const { vipps } = await shop(t)
  const all = partner(vipps, { onEvent: (event) => heard.push(event) })
  for (const path of ['/a', '/b']) await all.merchant(MSN).fetch(`http://127.0.0.1:1${path}?token=secret`).catch(() => {})
  await all.fetch('http://127.0.0.1:2/').catch(() => {})
  await all.fetch(`${vipps.baseUrl}/accesstoken/get`, { method: 'POST' })
  await until(() => heard.length >= 2)
  assert.deepEqual(heard, [
    { name: 'headers_withheld', isWarning: true, details: { origin: 'http://127.0.0.1:1' } },
    { name: 'headers_withheld', isWarning: true, details: { origin: 'http://127.0.0.1:2' } },
  ])
  for (let port = 3; port < 300; port += 1) await all.fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() }).catch(() => {})
  await until(() => heard.length >= 100)
  await all.headers()
  assert.equal(heard.filter(({ name }) => name === 'headers_withheld').length, 100, 'a client may call the whole world')
})

// Keys that change while the process runs.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Emulator } from 'vipps-emulator'
import { Partner, PartnerKeys } from 'vipps-partner-auth'

import { until } from './support.mjs'

const vipps = await Emulator.start()
test.after(() => vipps.stop())
const partnerKeys = await vipps.partnerKeys()
const specializedKeys = await vipps.specializedKeys()

const wrong = () => new PartnerKeys({ clientId: '11111111-2222-4333-8444-555555555555', clientSecret: 'wrong', subscriptionKey: 'wrong' })
const partnerOf = (keys, more) => new Partner({ keys, system: { name: 'acme', version: '1' }, environment: vipps.baseUrl, onEvent() {}, ...more })

test('keys and token change at one moment, or nothing does', async () => {
  const partner = partnerOf(partnerKeys)
  const shop = partner.merchant('123456')
  const before = await shop.headers()
  await assert.rejects(partner.replaceKeys(wrong()), { code: 'credentials_rejected' })
  assert.deepEqual(await shop.headers(), before)
  assert.equal(await partner.replaceKeys(partnerKeys), undefined)
  assert.deepEqual(await shop.headers(), before)
})

test('keys that were refused are replaced', async () => {
  const partner = partnerOf(wrong())
  await assert.rejects(partner.headers(), { code: 'credentials_rejected' })
  await partner.replaceKeys(partnerKeys)
  assert.equal((await partner.merchant('123456').headers())['merchant-serial-number'], '123456')
})

test('the client id is no secret, and all else is', () => {
  const keys = wrong()
  assert.equal(keys.clientId, '11111111-2222-4333-8444-555555555555')
  assert.deepEqual([Object.keys(keys), JSON.stringify(keys)], [[], '{}'])
})

test('keys for another purpose are refused', async () => {
  const partner = partnerOf(wrong())
  await assert.rejects(partner.replaceKeys(specializedKeys), { code: 'invalid_config', field: 'keys' })
  await assert.rejects(partner.replaceKeys('secret'), TypeError)
  await assert.rejects(partner.replaceKeys(partnerKeys, { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

for (const [how, keySource] of [
  ['a function', () => partnerKeys],
  ['an async function', async () => partnerKeys],
]) {
  test(`a source that is ${how} is asked when Vipps refuses the keys`, async () => {
    let asked = 0
    const source = () => (asked++, keySource())
    const told = []
    const partner = partnerOf(wrong(), { keySource: source, onEvent: ({ name }) => told.push(name) })
    await partner.headers()
    await partner.headers()
    assert.equal(asked, 1)
    // An event keeps no process alive.
    await until(() => told.includes('keys_replaced'))
  })
}

for (const [how, keySource] of [
  ['throws', () => { throw new Error('no vault') }],
  ['rejects', async () => { throw new Error('no vault') }],
  ['brings no keys', () => 'secret'],
]) {
  test(`a source that ${how} changes nothing`, async () => {
    const warned = new Promise((resolve) => process.once('warning', resolve))
    await assert.rejects(partnerOf(wrong(), { keySource }).headers(), { code: 'credentials_rejected' })
    assert.match((await warned).message, /keySource failed/)
  })
}

test('a source must be a function', () => {
  assert.throws(() => partnerOf(wrong(), { keySource: 'vault' }), TypeError)
})

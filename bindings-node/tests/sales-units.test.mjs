// Sales units and the check of a merchant, over the emulator; and the first 403 of a merchant that had worked.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Partner, PspKeys } from 'vipps-partner-auth'

import { SYSTEM, emulator, until } from './support.mjs'

const MSN = '123456'

async function scene(t) {
  const vipps = await emulator(t)
  await vipps.addMerchant(MSN)
  const told = []
  const onEvent = ({ name, details }) => {
    if (name.startsWith('merchant_')) told.push({ name, msn: details.msn })
  }
  const partner = new Partner({ keys: await vipps.partnerKeys(), system: SYSTEM, environment: vipps.baseUrl, onEvent })
  const events = async (count) => {
    await until(() => told.length >= count)
    return told
  }
  return { vipps, partner, events }
}

test('the list, and what differs from the one before', async (t) => {
  const { vipps, partner, events } = await scene(t)
  await vipps.addMerchant('234567')
  const units = await partner.salesUnits()
  assert.deepEqual(units.map(({ msn }) => msn), [MSN, '234567'])
  assert.deepEqual(units[0].flags, { active: true })
  assert.equal(units[0].members.msn, Number(MSN))
  await vipps.disconnectMerchant('234567')
  assert.equal((await partner.salesUnits()).length, 1)
  assert.deepEqual(await events(1), [{ name: 'merchant_gone', msn: '234567' }])
  const { connected, gone } = await partner.salesUnitChanges([MSN, '999999'])
  assert.deepEqual([connected, gone], [[], ['999999']])
  const { scheme, id } = units[0].members.businessIdentifier
  assert.deepEqual(await partner.salesUnitsOf(scheme, id), [units[0]])
  await assert.rejects(partner.salesUnitsOf('NO:ORG', '987 654 321'), { code: 'invalid_config', field: 'id' })
  await assert.rejects(partner.salesUnit('12 345'), { code: 'invalid_config', field: 'msn' })
})

test('one sales unit, and its check', async (t) => {
  const { vipps, partner } = await scene(t)
  assert.equal((await partner.salesUnit(MSN)).state, 'connected')
  assert.deepEqual(await partner.salesUnit('999999'), { msn: '999999', state: 'not_connected' })
  const check = await partner.check(MSN)
  assert.deepEqual([check.isGood, check.login.outcome, check.salesUnit.state], [true, 'good', 'connected'])
  await vipps.disconnectMerchant(MSN)
  const { isGood, connected, login } = await partner.check(MSN)
  assert.deepEqual([isGood, connected.outcome, login.outcome, login.code], [false, 'bad', 'bad', 'forbidden'])
})

test('the first 403 of a merchant that had worked is told', async (t) => {
  const { vipps, partner, events } = await scene(t)
  const shop = partner.merchant(MSN)
  const status = async () => (await shop.fetch(`${vipps.baseUrl}/epayment/v1/payments`)).status
  assert.equal(await status(), 200)
  await vipps.disconnectMerchant(MSN)
  assert.deepEqual([await status(), await status()], [403, 403])
  shop.answered(200)
  shop.answered(403, 'text/html')
  shop.answered(403, 'application/json')
  partner.answered(403, 'application/json')
  const told = { name: 'merchant_forbidden', msn: MSN }
  assert.deepEqual(await events(2), [told, told])
})

test('psp keys', async (t) => {
  const { vipps } = await scene(t)
  const keys = new PspKeys({ clientId: 'id', clientSecret: 'secret', subscriptionKey: 'key', pspId: 'psp-42' })
  assert.equal(keys.pspId, 'psp-42')
  const partner = new Partner({ keys, system: SYSTEM, environment: vipps.baseUrl })
  await assert.rejects(partner.salesUnits(), { field: 'keys' })
  assert.throws(() => partner.merchant(MSN).login('https://shop.example/callback'), { field: 'keys' })
})

import { useVipps, vippsTest } from 'vipps-emulator/vitest'
import { describe, expect, test as plain } from 'vitest'

const test = vippsTest({ merchants: ['123456'] })
const used = []

describe('a fixture', () => {
  test('a token a day later', async ({ vipps }) => {
    used.push(vipps.baseUrl)
    const shop = vipps.merchant()
    const first = (await shop.headers()).authorization
    await vipps.advance(86_400_000)
    expect((await shop.headers()).authorization).not.toBe(first)
    expect(await vipps.emulator.count('/accesstoken/get')).toBe(2)
  })

  test('the next test has an emulator of its own', async ({ vipps }) => {
    expect(used).not.toContain(vipps.baseUrl)
    expect(await vipps.emulator.requests()).toEqual([])
    await expect(vipps.emulator.fields('nine')).rejects.toMatchObject({ code: 'invalid_input', member: 'fields' })
  })

  plain('a test that asks for none has none', () => {})
})

describe('hooks', () => {
  const vipps = useVipps({ merchants: ['123456'] }, { scope: 'file' })
  let before

  plain('one for all', async () => {
    before = vipps.baseUrl
    expect((await vipps.merchant().fetch(`${vipps.baseUrl}/epayment/v1/payments/acme-1`)).status).toBe(200)
  })

  plain('and this is the same', () => expect(vipps.baseUrl).toBe(before))
})

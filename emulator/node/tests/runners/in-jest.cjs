const { useVipps } = require('vipps-emulator/jest')
const { PartnerKeys } = require('vipps-partner-auth')

describe('one for each test', () => {
  const vipps = useVipps({ merchants: ['123456'] })
  const used = []

  test('a token a day later', async () => {
    used.push(vipps.baseUrl)
    const shop = vipps.merchant()
    const first = (await shop.headers()).authorization
    await vipps.advance(86_400_000)
    expect((await shop.headers()).authorization).not.toBe(first)
  })

  test('keys are those of the library that the test has', async () => {
    expect(used).not.toContain(vipps.baseUrl)
    expect(await vipps.emulator.partnerKeys()).toBeInstanceOf(PartnerKeys)
  })

  test('time goes on under fake timers', async () => {
    jest.useFakeTimers()
    await vipps.emulator.failNext('standard_token', { status: 503 })
    expect(Object.keys(await vipps.merchant().headers()).length).toBeGreaterThan(4)
    jest.useRealTimers()
  })
})

test('before and after there is none', () => {
  let thrown
  try {
    require('vipps-emulator').hooked({ beforeEach() {}, afterEach() {} }).baseUrl
  } catch (error) {
    thrown = error
  }
  expect(thrown.message).toMatch(/while a test runs/)
})

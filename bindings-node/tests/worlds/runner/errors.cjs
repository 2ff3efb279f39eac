// What Jest and Vitest run. Each has another way to keep test files apart, and so other realms.

const { Emulator } = require('vipps-emulator')
const { IdTokenVerifier, ManualClock, Partner, PartnerKeys, VippsAuthError, msn } = require('vipps-partner-auth')

const SYSTEM = { name: 'acme', version: '1' }

module.exports = ({ test, expect }) => {
  test('errors are ours, from async calls', async () => {
    const keys = new PartnerKeys({ clientId: 'i', clientSecret: 's', subscriptionKey: 'k' })
    const options = { keys, system: SYSTEM, environment: 'http://127.0.0.1:1', deadline: 300, onEvent() {} }
    const partner = new Partner(options)
    const error = await partner.merchant('123456').headers().catch((error) => error)
    expect(error).toBeInstanceOf(VippsAuthError)
    expect([error.code, error.retryable]).toEqual(['unavailable', true])
    const thrown = await partner.merchant('123456').fetch('http://127.0.0.1:1/x').catch((error) => error)
    expect(thrown.name).toBe('TypeError')
    expect(thrown.cause).toBeInstanceOf(VippsAuthError)
  })

  test('errors are ours, from others', () => {
    for (const call of [() => msn('x'), () => new IdTokenVerifier({ jwks: { keys: [] } }), () => new PartnerKeys({ clientId: '', clientSecret: '', subscriptionKey: '' })]) {
      let thrown
      try {
        call()
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(VippsAuthError)
      expect(thrown.code).toBe('invalid_config')
    }
    expect(() => msn(7)).toThrow(TypeError)
  })

  test('values of this realm are taken', async () => {
    const vipps = await Emulator.start({ merchants: ['123456'] })
    try {
      const clock = new ManualClock(new Date())
      const jwt = await vipps.mintIdToken('123456', { nonce: 'right' })
      const verifier = new IdTokenVerifier({ environment: vipps.baseUrl, jwks: await vipps.jwks() })
      expect((await verifier.verify(jwt, { msn: '123456', nonce: 'right' })).msn).toBe('123456')
      await expect(verifier.verify(jwt, { msn: '123456', nonce: 'other' })).rejects.toMatchObject({ code: 'invalid_id_token', claim: 'nonce' })
      expect(() => new IdTokenVerifier({ caPem: new Uint8Array([120]) })).toThrow(VippsAuthError)
      const partner = new Partner({ keys: await vipps.partnerKeys(), system: SYSTEM, environment: vipps.baseUrl, clock, onEvent() {} })
      const shop = partner.merchant('123456')
      expect(Object.keys(await shop.headers({ signal: new AbortController().signal })).length).toBeGreaterThan(4)
      const controller = new AbortController()
      controller.abort(new Error('given up'))
      await expect(shop.headers({ signal: controller.signal })).rejects.toThrow('given up')
      const response = await shop.fetch(new Request(`${vipps.baseUrl}/epayment/v1/payments/acme-1`, { method: 'POST', body: new Uint8Array([123, 125]) }))
      expect(response.status).toBe(200)
      expect(() => new Partner(new Map())).toThrow(TypeError)
    } finally {
      await vipps.stop()
    }
  })
}

// What TypeScript says about correct and about wrong use. Compiled and never run.

import { Emulator, EmulatorError, TestKit, type Endpoint, type RecordedLogin, type RecordedRequest } from 'vipps-emulator'
import { Partner, type PartnerKeys } from 'vipps-partner-auth'

await using vipps = await Emulator.start({ merchants: ['123456'], mode: 'test', partnerKeys: { clientId: 'a' } })
const keys: PartnerKeys = await vipps.partnerKeys()
const secret: string = (await vipps.partnerKeys()).clientSecret
new Partner({ keys: await vipps.salesUnitKeys('123456'), system: { name: 'acme', version: '1' }, environment: vipps.baseUrl })
const endpoint: Endpoint = 'jwks'
await vipps.failNext(endpoint, { status: 503, shape: 'apim', times: 2 })
await vipps.failNext('standard_token', { kind: 'hang' })
const [request]: RecordedRequest[] = await vipps.requests()
const moment: Date | undefined = request?.at
const { now }: { now: Date } = await vipps.advance(1_000)
const logins: RecordedLogin[] = await vipps.logins()
const next: string | undefined = await vipps.approve('id')
const set: { keys: { [name: string]: unknown }[] } = await vipps.jwks()
await vipps.setTime(new Date())
await vipps.wrongEnvironment()
await vipps.wrongEnvironment(false)
console.log(keys, secret, moment, now, logins, next, set)
await using kit = await TestKit.start({ merchants: ['123456'] })
console.log(await kit.merchant().headers(), kit.clock.now(), await kit.emulator.count('/'))
const other = await Emulator.connect('http://127.0.0.1:8585')
await other.addUser('4798765432', { givenName: 'Ola', addresses: [{ kind: 'work' }] }).catch((error: unknown) => {
  if (error instanceof EmulatorError && error.code === 'invalid_input') console.log(error.member, error.rule)
})

// @ts-expect-error no such endpoint
await vipps.failNext('token', { status: 503 })
// @ts-expect-error no such member
await vipps.failNext('jwks', { statuss: 503 })
// @ts-expect-error an MSN is a text
await vipps.addMerchant(123456)
// @ts-expect-error no such mode
await Emulator.start({ mode: 'staging' })
// @ts-expect-error only start and connect make one
new Emulator()
// @ts-expect-error what is internal can't be seen
await vipps.run('now', {}, {})

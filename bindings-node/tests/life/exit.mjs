// Ends in one of several ways while a fetch is in flight.

import { Emulator } from 'vipps-emulator'
import { Partner } from 'vipps-partner-auth'

const [way] = process.argv.slice(2)
const vipps = await Emulator.start({ merchants: ['123456'] })
const partner = new Partner({ keys: await vipps.partnerKeys(), system: { name: 'acme', version: '3.1.2' }, environment: vipps.baseUrl })
const shop = partner.merchant('123456')

if (way === 'idle') {
  await shop.headers()
  console.log('nothing left to do')
} else {
  await vipps.failNext('standard_token', { times: 100, kind: 'hang' })
  const waiting = shop.headers()
  while ((await vipps.count('/accesstoken/get')) === 0) await new Promise((resolve) => setImmediate(resolve))
  if (way === 'exit') process.exit(0)
  if (way === 'throw') setImmediate(() => { throw new Error('on purpose') })
  if (way === 'signal') process.kill(process.pid, 'SIGTERM')
  await waiting
}

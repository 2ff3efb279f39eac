// A process with a handler of events as the first argument says. Prints what it heard, as JSON.

import { subscribe } from 'node:diagnostics_channel'

import { Emulator } from 'vipps-emulator'
import { Partner } from 'vipps-partner-auth'

const heard = []
const vipps = await Emulator.start({ merchants: ['123456'] })
let shop

const HANDLERS = {
  none: undefined,
  deaf: () => {},
  throws() {
    throw new Error('a bug in the handler')
  },
  'throws nothing': () => {
    throw undefined
  },
  'throws what can not be shown': () => {
    throw new Proxy({}, { get() { throw new Error('not to be looked at') } })
  },
  rejects: async () => {
    throw new Error('a bug in the handler')
  },
  'rejects later': () => new Promise((_, reject) => setTimeout(() => reject(new Error('a bug in the handler')), 5)),
  'a thenable that throws': () => ({ then() { throw new Error('a bug in the handler') } }),
  'never ends': () => new Promise(() => {}),
  'calls back': async ({ name }) => {
    heard.push([name, Object.keys(shop.cachedHeaders() ?? {}).length, Object.keys(await shop.headers()).length])
  },
  changes(event) {
    event.name = 'another'
  },
}

const [what] = process.argv.slice(2)
if (what === 'subscribed') subscribe('vipps-partner-auth', () => {})
const settings = { environment: vipps.baseUrl, keys: await vipps.partnerKeys(), system: { name: 'acme', version: '1' } }
const partner = new Partner({ ...settings, onEvent: HANDLERS[what] })
shop = partner.merchant('123456')
for (let round = 0; round < 3; round += 1) {
  await shop.headers()
  // A warning each time: another host gets no headers.
  for (const port of [1, 2]) await shop.fetch(`http://127.0.0.1:${port}/`).catch(() => {})
  partner.invalidate(await partner.accessToken())
}
for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1))
console.log(JSON.stringify({ heard, tokens: partner.stats().tokensFetched }))
await vipps.stop()

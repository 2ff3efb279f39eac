// Memory over many calls, after a start that is not counted. Run with --expose-gc.

import { Emulator } from 'vipps-emulator'
import { Partner } from 'vipps-partner-auth'

const MSN = '123456'
const system = { name: 'acme', version: '3.1.2' }
const vipps = await Emulator.start({ merchants: [MSN] })
const settings = { keys: await vipps.partnerKeys(), system, environment: vipps.baseUrl }
const shop = new Partner(settings).merchant(MSN)
const jwt = await vipps.mintIdToken(MSN)
await shop.headers()
await shop.verifyIdToken(jwt)

const WORK = {
  headers: { times: 1_000_000, call: () => shop.headers() },
  checks: { times: 20_000, call: () => shop.verifyIdToken(jwt) },
  refusals: { times: 20_000, call: () => shop.verifyIdToken(jwt, { nonce: 'another' }).catch(() => {}) },
  promises: { times: 20_000, call: () => shop.shared.native.authorization(MSN) },
  partners: { times: 2_000, call: () => new Partner(settings).merchant(MSN).headers({ signal: AbortSignal.abort() }).catch(() => {}) },
}

async function settled() {
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().rss
}

async function run({ times, call }) {
  for (let i = 0; i < times; i += 1) await call()
  return await settled()
}

const grown = {}
for (const [name, work] of Object.entries(WORK)) {
  // The first runs fill pools and caches.
  await run(work)
  const before = await run(work)
  const after = await run(work)
  grown[name] = after - before
}
await vipps.stop()
console.log(JSON.stringify(grown))

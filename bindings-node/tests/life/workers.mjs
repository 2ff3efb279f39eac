// A hundred worker threads, each terminated with calls in flight, beside a main thread that goes on.

import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

import { Emulator } from 'vipps-emulator'
import { IdTokenVerifier, Partner } from 'vipps-partner-auth'

const MSN = '123456'
const system = { name: 'acme', version: '3.1.2' }

if (isMainThread) await main()
else await inWorker(workerData)

async function main() {
  const vipps = await Emulator.start({ merchants: [MSN] })
  const keys = { ...(await vipps.partnerKeys()) }
  const { PartnerKeys } = await import('vipps-partner-auth')
  const shop = new Partner({ keys: new PartnerKeys(keys), system, environment: vipps.baseUrl }).merchant(MSN)
  await shop.headers()
  // Tokens and keys are slow, so that every call of a worker is under way when it ends.
  for (const endpoint of ['standard_token', 'jwks', 'discovery', 'backchannel']) await vipps.setLatency(endpoint, 20)
  const jwt = await vipps.mintIdToken(MSN)
  for (let round = 0; round < 20; round += 1) {
    const workers = Array.from({ length: 5 }, (_, at) => one({ keys, environment: vipps.baseUrl, jwt, wait: (round * 5 + at) % 40 }))
    await Promise.all([...workers, shop.fetch(`${vipps.baseUrl}/epayment/v1/payments/x`), shop.verifyIdToken(jwt)])
  }
  await vipps.stop()
  console.log('ended 100')
}

/** Starts a worker, and ends it some milliseconds after it said that its calls are under way: before, amid and after the replies. */
function one(data) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: data })
    worker.once('error', reject)
    worker.once('message', () => setTimeout(() => worker.terminate().then(resolve, reject), data.wait))
  })
}

async function inWorker({ keys, environment, jwt }) {
  const { PartnerKeys } = await import('vipps-partner-auth')
  const partner = new Partner({ keys: new PartnerKeys(keys), system, environment, onEvent: () => {} })
  const shop = partner.merchant(MSN)
  const busy = () => [
    shop.headers(),
    partner.accessToken({ signal: AbortSignal.timeout(10) }),
    shop.verifyIdToken(jwt),
    shop.fetch(`${environment}/epayment/v1/payments/x`),
    shop.login('https://shop.example/callback').start(['openid']),
    shop.backchannel().start({ loginHint: 'urn:msisdn:4791234567', scopes: ['openid'] }),
    new IdTokenVerifier({ environment }).verify(jwt, { msn: MSN }),
  ]
  const calls = busy()
  parentPort.postMessage('under way')
  for (;;) await Promise.allSettled([...calls, ...busy()])
}

// One process of a fleet: does what it is told on standard input, a JSON object a line. Ends with its input.
// What is said: ../../../tests/fleet/README.md

import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'

import { Partner, PartnerKeys } from 'vipps-partner-auth'

let partner

const REQUESTS = {
  start({ settings }) {
    const { environment, client_id: clientId, client_secret: clientSecret, subscription_key: subscriptionKey } = settings
    const keys = new PartnerKeys({ clientId, clientSecret, subscriptionKey })
    const shared = { redisUrl: settings.redis_url, redisCaPem: settings.redis_ca_pem }
    partner = new Partner({ keys, system: { name: 'fleet-worker', version: '1' }, environment, ...shared })
    return {}
  },
  async token() {
    const token = await partner.accessToken()
    return { token: createHash('sha256').update(token.secret()).digest('hex').slice(0, 32) }
  },
  stats() {
    const snakes = Object.entries(partner.stats()).map(([name, count]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), count])
    return Object.fromEntries(snakes)
  },
}

async function answer({ do: name, ...rest }) {
  try {
    return await REQUESTS[name](rest)
  } catch ({ code, field = null, detail }) {
    return { error: { code, field, detail } }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))))
}

// One process of a fleet that shares through Memcached: tells its token's hash and how many it took from there.

import { createHash } from 'node:crypto'

import { Partner, PartnerKeys } from 'vipps-partner-auth'

import { cacheAt } from './memcached.mjs'

const [environment, address, keys] = process.argv.slice(2)
const tokenCache = cacheAt(address)
const partner = new Partner({ keys: new PartnerKeys(JSON.parse(keys)), system: { name: 'acme', version: '1' }, environment, tokenCache })
const token = await partner.accessToken()
console.log(createHash('sha256').update(token.secret()).digest('hex'), partner.stats().tokensFromCache)
// What it fetched is shared before it ends.
while (!(await tokenCache.get('the test has seen it'))) await new Promise(setImmediate)
tokenCache.close()

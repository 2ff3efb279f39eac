// What is measured. Every check of a token was first seen to refuse a forged one.

import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'

import { createVerifier } from 'fast-jwt'
import { OAuth2Client } from 'google-auth-library'
import { createLocalJWKSet, importJWK, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { Emulator } from 'vipps-emulator'
import { IdTokenVerifier, Partner } from 'vipps-partner-auth'

import { TOKENS, openidCheck, sdkCall } from './peers.mjs'
import { shuffled } from './rounds.mjs'

const MSN = '123456'
const SYSTEM = { name: 'acme', version: '3.1.2', pluginName: 'acme-webshop', pluginVersion: '4.5.6' }

/** Row 3: the full check of one ID token; all but ours and openid-client's check signature, times and issuer only. */
export async function checks(vipps) {
  const claims = { email: 'kari@example.test', padding: 'x'.repeat(60) }
  const jwt = await vipps.mintIdToken(MSN, { nonce: 'n-0S6_WzA2Mj', claims })
  const forged = await vipps.mintIdToken(MSN, { nonce: 'n-0S6_WzA2Mj', claims, signedBy: 'forger' })
  const jwks = await vipps.jwks()
  jwks.keys.push({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }), kid: 'other', alg: 'RS256', use: 'sig' })
  const { kid } = JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'))
  const jwk = jwks.keys.find((key) => key.kid === kid)
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const pem = key.export({ type: 'spki', format: 'pem' })
  const [imported, keySet] = [await importJWK(jwk, 'RS256'), createLocalJWKSet(jwks)]
  const verifier = new IdTokenVerifier({ environment: vipps.baseUrl, jwks })
  const expect = { msn: MSN, nonce: 'n-0S6_WzA2Mj' }
  const fast = createVerifier({ key: pem, algorithms: ['RS256'], cache: false })
  const issuer = `${vipps.baseUrl}/access-management-1.0/access/`
  const audience = [JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')).aud].flat()[0]
  const google = new OAuth2Client()
  const bare = (token) => {
    const end = token.lastIndexOf('.')
    return verify('RSA-SHA256', Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'))
  }
  const cases = {
    'bare crypto.verify, signature alone': bare,
    'vipps-partner-auth, verifyCached': (token) => verifier.verifyCached(token, expect),
    'vipps-partner-auth, await verify': (token) => verifier.verify(token, expect),
    'fast-jwt, no cache': (token) => fast(token),
    'jsonwebtoken, KeyObject': (token) => jsonwebtoken.verify(token, key, { algorithms: ['RS256'], issuer }),
    'jose, key': (token) => jwtVerify(token, imported, { algorithms: ['RS256'], issuer }),
    'jose, key set': (token) => jwtVerify(token, keySet, { algorithms: ['RS256'], issuer }),
    'openid-client': openidCheck({ issuer, audience, jwks, nonce: expect.nonce }),
    'google-auth-library': (token) => google.verifySignedJwtWithCertsAsync(token, { [kid]: pem }, undefined, [issuer]),
  }
  for (const [name, check] of Object.entries(cases)) await refuses(name, check, jwt, forged)
  return { bytes: jwt.length, cases: Object.fromEntries(Object.entries(cases).map(([name, check]) => [name, () => check(jwt)])) }
}

async function refuses(name, check, good, forged) {
  assert.ok(await check(good), name)
  const accepted = await Promise.resolve().then(() => check(forged)).catch(() => false)
  assert.equal(accepted, false, `${name} takes a forged token`)
}

/** Rows 5 and 6: headers while the token is fresh, for one of ten thousand merchants. */
export async function headers(vipps) {
  const partner = new Partner({ keys: await vipps.partnerKeys(), system: SYSTEM, environment: vipps.baseUrl })
  const shops = Array.from({ length: 10_000 }, (_, at) => partner.merchant(String(100_000 + at)))
  for (const shop of shops) await shop.headers()
  const state = { token: shops[0].cachedHeaders().authorization.slice(7), until: Date.now() + 3_600_000, key: 'k'.repeat(32) }
  let at = 0
  const next = () => shops[(at = (at + 7919) % shops.length)]
  const literal = () => {
    const { msn } = next()
    if (Date.now() >= state.until) return undefined
    return {
      authorization: `Bearer ${state.token}`,
      'ocp-apim-subscription-key': state.key,
      'merchant-serial-number': msn,
      'vipps-system-name': SYSTEM.name,
      'vipps-system-version': SYSTEM.version,
      'vipps-system-plugin-name': SYSTEM.pluginName,
      'vipps-system-plugin-version': SYSTEM.pluginVersion,
    }
  }
  const asynchronous = async () => literal()
  return {
    sync: { 'object literal': literal, 'vipps-partner-auth, cachedHeaders': () => next().cachedHeaders() },
    async: {
      'plain async function': asynchronous,
      'vipps-partner-auth, await headers': () => next().headers(),
      'google-auth-library, getRequestHeaders': await warm('google-auth-library'),
      'msal-node, cached token': await warm('msal-node'),
      "Vipps' own SDK, one call": sdkCall(),
    },
  }
}

/** With the token at hand. */
async function warm(name) {
  const { call } = TOKENS[name](0)
  await call()
  return call
}

const CALLERS = 10_000
const LATENCY = 100

/**
 * Row 7: ten thousand callers and no token, over the work that one caller makes. Beside the language's own way: whoever finds no
 * token waits for one promise, then builds the headers.
 */
export async function coldStart(vipps, rounds) {
  await vipps.setLatency('standard_token', LATENCY)
  const ways = { 'one promise for all': ownLock, 'vipps-partner-auth': () => ours(vipps), ...TOKENS }
  const measured = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of shuffled(Object.keys(ways))) measured[name].push(await oneColdStart(ways[name]))
  }
  await vipps.setLatency('standard_token', 0)
  const each = (name) => (least(measured[name], 'all') - least(measured[name], 'one')) / CALLERS
  return Object.keys(ways).map((name) => ({
    name,
    requests: measured[name][0].requests,
    microseconds: each(name),
    ratio: each(name) / each(Object.keys(ways)[0]),
  }))
}

const least = (starts, which) => Math.min(...starts.map((start) => start[which]))

async function oneColdStart(way) {
  const one = await worked(1, (await way(LATENCY)).call)
  const { endpoint, call } = await way(LATENCY)
  const all = await worked(CALLERS, call)
  return { requests: await endpoint.requests, one, all }
}

async function ours(vipps) {
  const before = await vipps.count('/accesstoken/get')
  const shop = new Partner({ keys: await vipps.partnerKeys(), system: SYSTEM, environment: vipps.baseUrl }).merchant(MSN)
  const endpoint = { get requests() { return vipps.count('/accesstoken/get').then((count) => count - before) } }
  return { endpoint, call: () => shop.headers() }
}

function ownLock(latency) {
  const endpoint = { requests: 0 }
  let [token, flight] = []
  const fetched = async () => {
    endpoint.requests += 1
    await new Promise((resolve) => setTimeout(resolve, latency))
    token = { secret: 'x'.repeat(900), until: Date.now() + 3_600_000 }
  }
  const call = async () => {
    if (token === undefined || Date.now() >= token.until) await (flight ??= fetched())
    return {
      authorization: `Bearer ${token.secret}`,
      'ocp-apim-subscription-key': 'key',
      'merchant-serial-number': MSN,
      'vipps-system-name': SYSTEM.name,
      'vipps-system-version': SYSTEM.version,
      'vipps-system-plugin-name': SYSTEM.pluginName,
      'vipps-system-plugin-version': SYSTEM.pluginVersion,
    }
  }
  return { endpoint, call }
}

/** Microseconds that the processor worked: the time that passes is that of the endpoint. */
async function worked(callers, call) {
  // What others left behind is swept on other threads.
  globalThis.gc?.()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const start = process.cpuUsage()
  await Promise.all(Array.from({ length: callers }, call))
  const { user, system } = process.cpuUsage(start)
  return user + system
}

/** Row 8: the slowest of many calls across a renewal, beside the slowest without one, in microseconds. */
export async function renewal(vipps) {
  await vipps.tokenLifetime('standard', 4_000)
  const shop = new Partner({ keys: await vipps.partnerKeys(), system: SYSTEM, environment: vipps.baseUrl }).merchant(MSN)
  await shop.headers()
  const calls = async (until) => {
    let slowest = 0
    for (let i = 0; until(i); i += 1) {
      const start = process.hrtime.bigint()
      await shop.headers()
      slowest = Math.max(slowest, Number(process.hrtime.bigint() - start) / 1e3)
      if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return slowest
  }
  const without = await calls((i) => i < 50_000)
  const { generation } = shop.partner
  let more = 50_000
  const across = await calls(() => shop.partner.generation === generation || more-- > 0)
  await vipps.tokenLifetime('standard', 86_398_000)
  return { without, across }
}

/** Row 11: what ten thousand merchants cost, in bytes of the process. */
export async function memory(vipps) {
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const partner = new Partner({ keys: await vipps.partnerKeys(), system: SYSTEM, environment: vipps.baseUrl })
  const shops = Array.from({ length: 10_000 }, (_, at) => partner.merchant(String(200_000 + at)))
  for (const shop of shops) await shop.headers()
  globalThis.gc?.()
  return { merchants: shops.length, bytes: process.memoryUsage().rss - before }
}

export const start = () => Emulator.start({ merchants: [MSN] })

// The peers, set up so that each does what it would do in earnest; no request of theirs leaves the process.

import assert from 'node:assert/strict'

import { ConfidentialClientApplication } from '@azure/msal-node'
import { Client } from '@vippsmobilepay/sdk'
import { OAuth2Client } from 'google-auth-library'
import * as openid from 'openid-client'

const TOKEN = { access_token: 'x'.repeat(900), expires_in: 86_398, token_type: 'Bearer' }
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Counts token requests, each of which takes `latency` milliseconds. */
class Endpoint {
  requests = 0

  constructor(latency = 0) {
    this.latency = latency
  }

  async asked() {
    this.requests += 1
    if (this.latency > 0) await sleep(this.latency)
    return TOKEN
  }

  async response() {
    return Response.json(await this.asked())
  }
}

/** Each gives a way to have a token, and the endpoint that counts. */
export const TOKENS = {
  'google-auth-library'(latency) {
    const endpoint = new Endpoint(latency)
    const client = new OAuth2Client()
    client.setCredentials({ access_token: 'expired', expiry_date: 1 })
    client.refreshHandler = async () => ({ access_token: (await endpoint.asked()).access_token, expiry_date: Date.now() + 3_600_000 })
    return { endpoint, call: () => client.getRequestHeaders() }
  },
  'msal-node'(latency) {
    const endpoint = new Endpoint(latency)
    const client = new ConfidentialClientApplication({ auth: msalAuth(), system: { networkClient: msalNetwork(endpoint) } })
    return { endpoint, call: () => client.acquireTokenByClientCredential({ scopes: ['https://example.test/.default'] }) }
  },
  'openid-client'(latency) {
    const endpoint = new Endpoint(latency)
    const config = new openid.Configuration({ issuer: 'https://id.test', token_endpoint: 'https://id.test/token' }, 'id', 'secret')
    config[openid.customFetch] = () => endpoint.response()
    return { endpoint, call: () => openid.clientCredentialsGrant(config) }
  },
  "Vipps' own SDK"(latency) {
    const endpoint = new Endpoint(latency)
    const client = Client({ merchantSerialNumber: '123456', subscriptionKey: 'key', useTestMode: false, retryRequests: false })
    return { endpoint, call: () => withFetch(() => endpoint.response(), () => client.auth.getToken('id', 'secret')) }
  },
}

/** One call of an API by Vipps' own SDK: what it costs to build it and to read an empty reply. */
export function sdkCall() {
  const client = Client({
    merchantSerialNumber: '123456',
    subscriptionKey: 'key',
    useTestMode: false,
    retryRequests: false,
    systemName: 'acme',
    systemVersion: '3.1.2',
    pluginName: 'acme-webshop',
    pluginVersion: '4.5.6',
  })
  return () => withFetch(async () => new Response(null, { status: 204 }), () => client.payment.info(TOKEN.access_token, 'acme-1'))
}

/** The SDK calls the global `fetch` before it first waits. */
function withFetch(replacement, call) {
  const usual = globalThis.fetch
  globalThis.fetch = replacement
  try {
    return call()
  } finally {
    globalThis.fetch = usual
  }
}

/** openid-client's check of an ID token that came by itself. */
export function openidCheck({ issuer, audience, jwks, nonce }) {
  const server = { issuer, jwks_uri: `${issuer}jwks`, id_token_signing_alg_values_supported: ['RS256'] }
  const config = new openid.Configuration(server, audience)
  openid.allowInsecureRequests(config)
  openid.useIdTokenResponseType(config)
  config[openid.customFetch] = async () => Response.json(jwks)
  return (token) => openid.implicitAuthentication(config, new URL(`https://shop.example/callback#id_token=${token}`), nonce)
}

const AUTHORITY = 'https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555'

/** Its metadata is given, so that it asks for nothing but tokens. */
function msalAuth() {
  const host = 'login.microsoftonline.com'
  const authorityMetadata = JSON.stringify({
    issuer: AUTHORITY,
    authorization_endpoint: `${AUTHORITY}/authorize`,
    token_endpoint: `${AUTHORITY}/token`,
    end_session_endpoint: AUTHORITY,
    jwks_uri: AUTHORITY,
  })
  const cloudDiscoveryMetadata = JSON.stringify({
    tenant_discovery_endpoint: AUTHORITY,
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  })
  return { clientId: 'id', clientSecret: 'secret', authority: AUTHORITY, authorityMetadata, cloudDiscoveryMetadata }
}

function msalNetwork(endpoint) {
  const answer = (body) => ({ status: 200, headers: {}, body })
  return {
    sendGetRequestAsync: async () => answer({}),
    sendPostRequestAsync: async () => answer(await endpoint.asked()),
  }
}

/** That the peers are at work: each gets a token by one request. */
export async function rehearsal() {
  for (const [name, build] of Object.entries(TOKENS)) {
    const { endpoint, call } = build(0)
    assert.ok(await call(), name)
    assert.equal(endpoint.requests, 1, name)
  }
}

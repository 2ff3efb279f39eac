// What TypeScript says about correct and about wrong use. Compiled and never run.

import {
  IdTokenVerifier,
  LoginRequest,
  ManualClock,
  Partner,
  PartnerKeys,
  SpecializedKeys,
  VippsAuthError,
  WebhookVerifier,
  type AuthHeaders,
  type Authorization,
  type Caller,
  type IdTokenCheck,
  type VippsAuthEvent,
  type VippsAuthReason,
  type IdTokenClaims,
  type LoginResult,
  type Userinfo,
  type VippsAuthErrorCode,
  type VerifiedWebhook,
} from 'vipps-partner-auth'
import type { IncomingMessage } from 'node:http'
import axios from 'axios'
import { Agent, request as undiciRequest } from 'undici'

declare module 'axios' {
  interface AxiosRequestConfig {
    vipps?: Caller | undefined
  }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

const system = { name: 'acme', version: '3.1.2' }
const partner = new Partner({ keys: PartnerKeys.fromEnv(), system, environment: 'production', deadline: 10_000 })
const shop = partner.merchant('123456')

const headers = await shop.headers({ signal: AbortSignal.timeout(1000) })
same<typeof headers, AuthHeaders>(true)
const cached = shop.cachedHeaders()
same<typeof cached, AuthHeaders | undefined>(true)
const response: Response = await shop.fetch(new Request('https://api.vipps.no/'), { headers })
shop.axios(axios.create())()
new Agent().compose(shop.undici())
await axios.get('https://api.vipps.no/', { vipps: shop })
const perCall = { dispatcher: new Agent().compose(partner.undici()), vipps: shop }
await undiciRequest('https://api.vipps.no/', perCall)

async function adapter(caller: Caller, url: URL): Promise<Authorization | undefined> {
  if (!caller.covers(url) || !caller.mayFollow('https://api.vipps.no/', url)) return undefined
  const { token } = await caller.authorization({ signal: AbortSignal.timeout(1000) })
  return await caller.refused(token)
}
console.log(await adapter(shop, new URL('https://api.vipps.no/')), await adapter(partner, new URL('https://api.vipps.no/')))

new Partner({ keys: PartnerKeys.fromEnv(), system, onEvent: async ({ name, isWarning }: VippsAuthEvent) => console.log(name, isWarning) })
const reason: VippsAuthReason = 'denied'
const check: IdTokenCheck = 'nonce'
console.log(reason, check)

console.log(response.status, [1].concat(partner.generation), partner.stats().tokensFetched)

const login = shop.login('https://shop.example/callback')
const request: LoginRequest = await login.start(['openid'], { market: 'NO' })
const result = await login.finish('/callback?code=1', request.toJSON())
same<typeof result, LoginResult>(true)
const person: Userinfo = await login.userinfo(result)
const name: string | undefined = person.name
console.log(name, person.address?.region)

const phone = shop.backchannel()
const pending = await phone.start({ loginHint: 'urn:msisdn:4791234567', scopes: ['openid'] })
for await (const state of phone.states(pending)) {
  if (state.status === 'complete') console.log(state.result.claims.sub)
  else console.log(state.nextPollIn)
}
const waited = await phone.wait(pending, { timeout: 300_000 })
same<typeof waited, LoginResult | undefined>(true)

const claims: IdTokenClaims = await new IdTokenVerifier({ jwks: { keys: [] } }).verify('a.b.c', { msn: '123456' })
const issued: Date = claims.issuedAt
const acr: string | undefined = claims.claim<string>('acr')
const unknown: unknown = claims.claim('acr')
console.log(acr, unknown, await shop.verifyIdToken('a.b.c', request))
console.log(issued)

new Partner({ keys: PartnerKeys.fromEnv(), system, clock: new ManualClock(new Date()) })

function advice(error: unknown): string {
  if (!(error instanceof VippsAuthError)) return ''
  const code: VippsAuthErrorCode = error.code
  switch (code) {
    case 'invalid_config':
    case 'credentials_rejected':
    case 'forbidden':
    case 'rate_limited':
    case 'unavailable':
    case 'login_failed':
    case 'invalid_id_token':
    case 'invalid_webhook':
    case 'protocol':
    case 'internal':
      return error.hint ?? error.detail
    default:
      return code satisfies never
  }
}
console.log(advice(undefined))

// @ts-expect-error a verifier has to know the merchant
await new IdTokenVerifier().verify('a.b.c', { nonce: 'n-0001' })
// @ts-expect-error only a partner or a merchant calls
await axios.get('https://api.vipps.no/', { vipps: '123456' })
// @ts-expect-error keys are not a plain object
new Partner({ keys: { clientId: 'a', clientSecret: 'b', subscriptionKey: 'c' }, system })
// @ts-expect-error there is no such option
new Partner({ keys: PartnerKeys.fromEnv(), system, connectionTimeout: 1 })
// @ts-expect-error specialised keys have no subscription key
new SpecializedKeys({ clientId: 'a', clientSecret: 'b', subscriptionKey: 'c' })
// @ts-expect-error an msn is a text
partner.merchant(123456)
// @ts-expect-error only the library makes these
new LoginRequest()
// @ts-expect-error no such market
await login.start(['openid'], { market: 'IS' })
// @ts-expect-error what is internal can't be seen
shop.source

async function receive(incoming: IncomingMessage, request: Request, pending: object): Promise<void> {
  const verifier = new WebhookVerifier({ 'webhook-1': ['old', 'new'] }, { publicHost: 'shop.example', tolerance: 60_000 })
  new WebhookVerifier(new Map([['webhook-1', 'secret']]))
  new WebhookVerifier([['webhook-1', 'secret']])
  const webhook: VerifiedWebhook = verifier.verify(incoming.method, incoming.url, incoming.headers, new Uint8Array())
  verifier.verify(request.method, request.url, request.headers, await request.arrayBuffer())
  verifier.verify('POST', '/', [['host', 'shop.example']], await request.text())
  // @ts-expect-error: a body that was parsed
  verifier.verify('POST', '/', {}, { auth_req_id: 'x' })
  const merchant: string | undefined = webhook.ping().msn
  await shop.backchannel().finishWebhook(webhook, pending)
  console.log(merchant, webhook.body.length, verifier.sign('webhook-1', request.url, '{}').authorization)
}
console.log(receive)

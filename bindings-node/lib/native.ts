// The native part: its shape.

import { load } from './load.js'

/** What the native part exports. Errors cross as JSON in the message of a plain `Error`; see errors.ts. */
export interface Native {
  VERSION: string
  APP_AUTH: string
  CancelHandle: new () => NativeCancel
  Keys: {
    partner(keys: PortalKeys): NativeKeys
    salesUnit(keys: PortalKeys, msn: string): NativeKeys
    specialized(clientId: string, clientSecret: string, scope?: string): NativeKeys
    psp(keys: PortalKeys, pspId: string): NativeKeys
    pspFrom(lookup: Lookup): NativeKeys
    partnerFrom(lookup: Lookup): NativeKeys
    salesUnitFrom(lookup: Lookup): NativeKeys
    specializedFrom(lookup: Lookup): NativeKeys
  }
  Partner: {
    new (keys: NativeKeys, system: NativeSystem, settings: NativeSettings): NativePartner
    fromVars(lookup: Lookup, settings: NativeSettings): NativePartner
  }
  IdTokenVerifier: new (settings: NativeSettings, jwks?: string) => NativeVerifier
  LoginRequest: { fromJson(json: string): NativeLoginRequest }
  PendingLogin: { fromJson(json: string): NativePending }
  ManualClock: new (time: number, runsThroughSleeps: boolean) => NativeClock
  doctor(arguments_: string[]): { text: string; exitCode: number }
  msn(text: string): string
  longestToken(): number
  environment(text: string): { baseUrl: string; issuer: string }
  systemHeaders(system: NativeSystem): Record<string, string>
  fitSystemValue(text: string): string
  backchannelPing(body: string): { authReqId: string; msn?: string }
  WebhookVerifier: new (secrets: string[], options: object) => NativeWebhookVerifier
  webhookHeaders(): string[]
  unverifiedConsentRevoked(body: string): { sub: string; issuedAt?: number; expiresAt?: number }
}

/** Looks a named value up; must not throw. */
export type Lookup = (name: string) => string | undefined

export interface PortalKeys {
  clientId: string
  clientSecret: string
  subscriptionKey: string
  secondSubscriptionKey?: string | undefined
}

export interface NativeSystem {
  name: string
  version: string
  pluginName?: string | undefined
  pluginVersion?: string | undefined
}

/** `Settings` as the native part takes them: `values` as JSON, by the names that they have in every language, and objects. */
export interface NativeSettings {
  [name: string]: unknown
}

export interface NativeCancel {
  cancel(): void
}

/** The native part asks for keys; to be answered once. */
export interface NativeKeyQuestion {
  answer(keys: NativeKeys): void
  fail(): void
}

/** The native part sends a request; to be told once what came of it. */
export interface NativeTransportCall {
  readonly method: string
  readonly url: string
  readonly headers: string[][]
  readonly body?: Buffer<ArrayBuffer> | null
  readonly timeout: number
  came(status: number, headers: string[][], body: Uint8Array): void
  failed(error: string, mayHaveBeenSent: boolean): void
}

/** The native part calls a method of the cache; to be answered once. */
export interface NativeCacheCall {
  readonly method: string
  readonly name: string
  readonly value?: Buffer<ArrayBuffer> | null
  readonly ttl?: number | null
  answer(found: Uint8Array | undefined, isAdded: boolean): void
  fail(): void
}

export interface NativeKeys {
  readonly clientId: string
  readonly msn: string | null
  readonly pspId: string | null
}

export interface NativeToken {
  secret(): string
  readonly expiresAt: number
}

/** Finished headers, name and value in turn, and for how many milliseconds they may be served without asking again. */
export interface NativeSnapshot {
  headers: string[]
  freshFor: number
  generation: number
  token: NativeToken
}

export interface NativeStats {
  /** Requests sent to a token endpoint, retries included. */
  tokenRequests: number
  /** Tokens fetched while somebody waited. */
  tokensFetched: number
  /** Tokens renewed in the background. */
  tokensRenewed: number
  /** Fetches that failed while somebody waited. */
  fetchesFailed: number
  /** Renewals that failed. */
  renewalsFailed: number
  /** Tokens taken from the shared cache. */
  tokensFromCache: number
  /** Failures of the shared cache. */
  cacheFailures: number
  /** Key sets loaded. */
  keysRefreshed: number
  /** Loads of the key set that failed. */
  keysRefreshFailed: number
  /** ID tokens with an unknown key for which the key set was not loaded again. */
  unknownKidsSuppressed: number
  /** Refusals by an API for which no other token was fetched, since one had been moments ago. */
  refusalsIgnored: number
  /** Events that the handler was too slow for. */
  eventsDropped: number
}

type Cancel = NativeCancel | undefined

export interface NativePartner {
  cached(msn?: string): NativeSnapshot | null
  authorization(msn?: string): Promise<NativeSnapshot>
  accessToken(cancel: Cancel): Promise<NativeToken>
  doctor(cancel: Cancel, msns: string[], redirectUri: string | undefined, offline: boolean): Promise<{ json: string; text: string }>
  replaceKeys(cancel: Cancel, keys: NativeKeys): Promise<void>
  invalidate(token: NativeToken): boolean
  refused(cancel: Cancel, token: NativeToken, msn?: string): Promise<NativeSnapshot>
  answered(msn: string, status: number, contentType?: string): void
  salesUnits(cancel: Cancel): Promise<string>
  salesUnitsOf(cancel: Cancel, scheme: string, id: string): Promise<string>
  salesUnit(cancel: Cancel, msn: string): Promise<string>
  salesUnitChanges(cancel: Cancel, known: string[]): Promise<string>
  check(cancel: Cancel, msn: string): Promise<string>
  covers(url: string): boolean
  headersWithheld(url: string): void
  mayFollow(from: string, to: string): boolean
  readonly kind: string
  generation(): number
  stats(): NativeStats
  environment(): { baseUrl: string; issuer: string }
  verifyCached(merchant: string, jwt: string, expect: string): string | null
  verify(cancel: Cancel, merchant: string, jwt: string, expect: string): Promise<string>
  login(msn: string, redirectUri: string): NativeLogin
  backchannel(msn: string): NativeBackchannel
}

export interface NativeVerifier {
  verifyCached(jwt: string, expect: string): string | null
  verify(cancel: Cancel, jwt: string, expect: string): Promise<string>
  stats(): NativeStats
}

export interface NativeLogin {
  start(cancel: Cancel, scopes: string[], options: string): Promise<NativeLoginRequest>
  finish(cancel: Cancel, callbackUrl: string, request: NativeLoginRequest): Promise<NativeResult>
  userinfo(cancel: Cancel, result: NativeResult): Promise<string>
}

export interface NativeLoginRequest {
  toJson(): string
  readonly url: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly msn: string
  readonly redirectUri: string
  readonly scopes: string[]
  readonly acrValues: string | null
  code(callbackUrl: string): { code: string; scopes?: string[] }
  resumeUri(appCallbackUri: string, callbackUrl: string): string
}

export interface NativeResult {
  readonly claims: string
  readonly idToken: string
  secret(): string
  readonly expiresAt: number
  readonly scopes: string[]
  readonly askedScopes: string[]
  readonly missingScopes: string[]
}

export interface NativeBackchannel {
  userExists(cancel: Cancel, msisdn: string): Promise<boolean | null>
  start(cancel: Cancel, loginHint: string, scopes: string[], options: string): Promise<NativePending>
  poll(cancel: Cancel, pending: NativePending): Promise<NativeResult | null>
  wait(cancel: Cancel, pending: NativePending, timeout?: number): Promise<NativeResult | null>
  nextState(cancel: Cancel, pending: NativePending): Promise<number | NativeResult>
  nextPollIn(pending: NativePending): number
  finishPing(cancel: Cancel, body: string, pending: NativePending): Promise<NativeResult | null>
  finishRedirect(cancel: Cancel, callbackUrl: string, pending: NativePending): Promise<NativeResult>
  userinfo(cancel: Cancel, result: NativeResult): Promise<string>
}

export interface NativePending {
  toJson(): string
  readonly authReqId: string
  readonly msn: string
  readonly scopes: string[]
  readonly expiresAt: number
  readonly interval: number
  readonly endsByRedirect: boolean
}

export interface NativeWebhookVerifier {
  verify(method: string, path: string, headers: string[], body: Uint8Array): string
  sign(webhookId: string, url: string, body: Uint8Array): Record<string, string>
}

export interface NativeClock {
  advance(milliseconds: number): void
  setWall(time: number): void
  now(): number
}

export const native: Native = load()

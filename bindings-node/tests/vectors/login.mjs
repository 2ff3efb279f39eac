// The ops of Login, in the browser and from a phone number.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

import { LoginRequest, PendingLogin, UnverifiedConsentRevoked, environment } from 'vipps-partner-auth'

import { Call, camel } from './call.mjs'

/** What of the authorize URL is random. */
const RANDOM = ['state', 'nonce', 'code_challenge']

const OPS = {
  authorize_url: 'authorizeUrl',
  login_request: 'loginRequest',
  login_callback: 'loginCallback',
  login_resume_uri: 'loginResumeUri',
  login_finish: 'loginFinish',
  userinfo: 'userinfo',
  consent_revoked: 'consentRevoked',
  user_exists: 'userExists',
  backchannel_start: 'backchannelStart',
  pending_login: 'pendingLogin',
  backchannel_poll: 'backchannelPoll',
  backchannel_wait: 'backchannelWait',
  backchannel_states: 'backchannelStates',
  backchannel_ping: 'backchannelPing',
  backchannel_redirect: 'backchannelRedirect',
}

export class LoginCall extends Call {
  make(op) {
    return Object.hasOwn(OPS, op) ? this[OPS[op]]() : super.make(op)
  }

  async authorizeUrl() {
    const { scopes, options = {} } = this.given
    const { basicEncoding, loginBasicEncoding, backchannelBasicEncoding, loginAuthMethod, ...own } = camel(options)
    const login = this.login(this.clock())
    const [first, second] = [await login.start(scopes, own), await login.start(scopes, own)]
    checkRandomness(first, second)
    const [endpoint, query] = first.url.split('?')
    const fixed = [...new URLSearchParams(query)].filter(([name]) => !RANDOM.includes(name))
    return { endpoint: endpoint.replace(this.baseUrl(), '{base_url}'), query: fixed }
  }

  loginRequest() {
    const request = LoginRequest.fromJSON(this.given.text ?? this.kept(this.given.request))
    const stored = request.toJSON()
    assert.deepEqual(LoginRequest.fromJSON(stored).toJSON(), stored)
    return {
      url: request.url,
      msn: request.msn,
      redirect_uri: request.redirectUri,
      scopes: request.scopes,
      state: request.state,
      nonce: request.nonce,
      code_verifier: request.codeVerifier,
      acr_values: request.acrValues ?? null,
      stored,
    }
  }

  loginCallback() {
    const { code, scopes = null } = this.request().code(this.given.callback_url)
    return { code, scopes }
  }

  loginResumeUri() {
    const { app_callback_uri, callback_url } = this.given
    return { resume_uri: this.request().resumeUri(app_callback_uri, callback_url) }
  }

  async loginFinish() {
    const clock = this.clock()
    return told((await this.finished(clock)).result, clock)
  }

  async userinfo() {
    const clock = this.clock()
    const { ends, result } = await (this.given.pending === undefined ? this.finished(clock) : this.completed(clock))
    clock.advance((this.given.after ?? 0) * 1000)
    return described(await ends.userinfo(result))
  }

  consentRevoked() {
    const { claimedSub, claimedIssuedAt, claimedExpiresAt } = UnverifiedConsentRevoked.parse(this.given.text)
    const unix = (date) => (date === undefined ? null : date.getTime() / 1000)
    return { sub: claimedSub, issued_at: unix(claimedIssuedAt), expires_at: unix(claimedExpiresAt) }
  }

  async userExists() {
    return { exists: (await this.phone(this.clock()).userExists(this.given.msisdn)) ?? null }
  }

  async backchannelStart() {
    const clock = this.clock()
    const { login_hint: loginHint, scopes, options = {} } = this.given
    const { bindingMessage, requestedExpiry, redirectUri } = camel(options)
    const expiry = requestedExpiry === undefined ? undefined : requestedExpiry * 1000
    const phone = this.phone(clock)
    const pending = await phone.start({ loginHint, scopes, bindingMessage, requestedExpiry: expiry, redirectUri })
    await this.checkKept(pending)
    const { auth_req_id, msn, interval, ends_by_redirect } = facts(pending)
    const lifetime = Math.floor((pending.expiresAt - clock.now()) / 1000)
    return { auth_req_id, msn, scopes: pending.scopes, interval, lifetime, ends_by_redirect }
  }

  /** What is random was sent as it is kept, else no answer could ever be tied to this login. */
  async checkKept(pending) {
    const kept = pending.toJSON()
    const sent = new URLSearchParams((await this.vipps.requests()).at(-1).body)
    for (const field of ['nonce', 'state']) assert.equal(sent.get(field), kept[field] ?? null, field)
    assert.deepEqual(PendingLogin.fromJSON(kept).toJSON(), kept)
  }

  pendingLogin() {
    const pending = PendingLogin.fromJSON(this.given.text ?? this.kept(this.given.pending))
    const stored = pending.toJSON()
    assert.deepEqual(PendingLogin.fromJSON(stored).toJSON(), stored)
    return { ...facts(pending), scopes: pending.scopes, expires_at: pending.expiresAt.getTime() / 1000, stored }
  }

  async backchannelPoll() {
    const clock = this.clock()
    const [phone, pending] = [this.phone(clock), this.pending()]
    return soFar(phone, pending, await phone.poll(pending), clock)
  }

  async backchannelWait() {
    const clock = this.clock()
    const began = clock.now()
    const [phone, pending] = [this.phone(clock), this.pending()]
    const { timeout } = this.given
    const limit = timeout === undefined ? {} : { timeout: timeout * 1000 }
    const ended = soFar(phone, pending, await phone.wait(pending, limit), clock)
    return { ...ended, interval: pending.interval / 1000, waited: Math.floor((clock.now() - began) / 1000) }
  }

  async backchannelStates() {
    const clock = this.clock()
    const began = clock.now()
    const [phone, login, pending] = [this.phone(clock), this.pending(), []]
    for await (const state of phone.states(login)) {
      if (state.status === 'pending') pending.push(Math.floor(state.nextPollIn / 1000))
      else return { ...told(state.result, clock), state: 'complete', pending, waited: Math.floor((clock.now() - began) / 1000) }
    }
  }

  async backchannelPing() {
    const clock = this.clock()
    const [phone, pending] = [this.phone(clock), this.pending()]
    return soFar(phone, pending, await phone.finishPing(this.given.text, pending), clock)
  }

  async backchannelRedirect() {
    const clock = this.clock()
    const [phone, pending] = [this.phone(clock), this.pending()]
    return told(await phone.finishRedirect(this.given.callback_url, pending), clock)
  }

  async finished(clock) {
    const ends = this.login(clock)
    return { ends, result: await ends.finish(this.given.callback_url, this.request()) }
  }

  /** A login that is complete at the first poll, for what comes after it. */
  async completed(clock) {
    const ends = this.phone(clock)
    const result = await ends.poll(this.pending())
    assert.ok(result, 'the login is still pending')
    return { ends, result }
  }

  login(clock) {
    return this.merchant(clock).login(this.given.redirect_uri)
  }

  phone(clock) {
    return this.merchant(clock).backchannel()
  }

  merchant(clock) {
    return this.partner(clock).merchant(this.given.msn)
  }

  request() {
    return LoginRequest.fromJSON(this.kept(this.given.request))
  }

  pending() {
    return PendingLogin.fromJSON(this.kept(this.given.pending))
  }

  /** What an application kept, as text, with the address of the environment the case runs in. */
  kept(value) {
    return JSON.stringify(this.named(value)).replaceAll('{base_url}', this.baseUrl())
  }

  baseUrl() {
    return this.isOverEmulator ? this.vipps.baseUrl : environment(this.given.environment ?? 'production').baseUrl
  }
}

/** What a case can't spell out, since it differs every time. */
function checkRandomness(first, second) {
  for (const request of [first, second]) {
    const query = new URL(request.url).searchParams
    const challenge = createHash('sha256').update(request.codeVerifier).digest('base64url')
    assert.deepEqual(RANDOM.map((name) => query.get(name)), [request.state, request.nonce, challenge])
    assert.ok(request.state.length >= 32 && request.nonce.length >= 32 && request.codeVerifier.length >= 43)
    assert.ok(!request.url.includes('+'), 'a space in a url is %20')
    assert.deepEqual(LoginRequest.fromJSON(request.toJSON()).toJSON(), request.toJSON())
  }
  for (const name of ['state', 'nonce', 'codeVerifier']) assert.notEqual(first[name], second[name])
}

/** A login that went well. */
function told(result, clock) {
  return {
    sub: result.claims.sub,
    msn: result.claims.msn,
    scopes: result.scopes,
    asked: result.askedScopes,
    missing: result.missingScopes,
    access_token: result.accessToken.secret(),
    lifetime: Math.floor((result.accessToken.expiresAt - clock.now()) / 1000),
  }
}

/** How far the login is. */
function soFar(phone, pending, result, clock) {
  if (result !== undefined) return { ...told(result, clock), state: 'complete' }
  const nextPoll = Math.floor(phone.nextPollIn(pending) / 1000)
  return { state: 'pending', interval: pending.interval / 1000, next_poll_in: nextPoll }
}

function facts({ authReqId, msn, interval, endsByRedirect }) {
  return { auth_req_id: authReqId, msn, interval: interval / 1000, ends_by_redirect: endsByRedirect }
}

/** A person, without what was not told. */
function described(person) {
  const { address, otherAddresses, flowResult, agreement, ...rest } = { ...person }
  const all = snake(rest)
  if (flowResult !== undefined) all.flow_result = typed(flowResult)
  if (agreement !== undefined) all.agreement = snake(typed(agreement))
  if (address !== undefined) all.address = snake(address)
  if (otherAddresses.length > 0) all.other_addresses = otherAddresses.map(snake)
  return { ...all, json: person.json() }
}

/** The typed members; all others are compared with the claims' JSON. */
function typed(value) {
  if (Array.isArray(value)) return value.map(typed)
  if (typeof value !== 'object' || value === null) return value
  const told = Object.entries(value).filter(([name]) => name !== 'members')
  return Object.fromEntries(told.map(([name, member]) => [name, typed(member)]))
}

function snake(object) {
  const name = (camel) => camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return Object.fromEntries(Object.entries(object).map(([camel, value]) => [name(camel), value]))
}

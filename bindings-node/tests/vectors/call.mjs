// The ops about tokens, headers and ID tokens.

import assert from 'node:assert/strict'

import {
  IdTokenVerifier,
  ManualClock,
  Partner,
  PartnerKeys,
  PspKeys,
  SalesUnitKeys,
  SpecializedKeys,
  environment,
  msn,
  systemHeaders,
} from 'vipps-partner-auth'

const KNOWN = new Set(
  `environment now keys system options text msn jwt expect jwks jwks_text leeway name version plugin_name plugin_version
  id_token redirect_uri scopes request callback_url app_callback_uri pending login_hint msisdn timeout after secrets
  public_host tolerance method path headers body body_base64 webhook_id url scheme business known`.split(/\s+/),
)

export class Call {
  constructor(named, given, vipps, isOverEmulator) {
    for (const name of Object.keys(given)) assert.ok(KNOWN.has(name), `unknown member ${name}`)
    Object.assign(this, { named, given, vipps, isOverEmulator })
  }

  make(op) {
    switch (op) {
      case 'msn':
        return { msn: msn(this.given.text) }
      case 'system_info':
        return { headers: systemHeaders(system(this.given)) }
      case 'keys':
        return this.keys() && {}
      case 'environment':
        return this.environment()
      case 'token':
        return this.token()
      case 'headers':
        return this.headers()
      case 'id_token':
        return this.idToken()
      case 'sales_units':
        return this.salesUnits()
      case 'sales_units_of':
        return this.salesUnitsOf()
      case 'sales_unit':
        return this.salesUnit()
      case 'sales_unit_changes':
        return this.salesUnitChanges()
      case 'check':
        return this.check()
      default:
        throw new Error(`unknown op ${op}`)
    }
  }

  environment() {
    const { baseUrl, issuer } = environment(this.given.text)
    return { base_url: baseUrl, issuer }
  }

  keys() {
    const { type, ...keys } = this.named(this.given.keys)
    const Keys = { partner: PartnerKeys, sales_unit: SalesUnitKeys, specialized: SpecializedKeys, psp: PspKeys }[type]
    return new Keys(camel(keys))
  }

  async token() {
    const clock = this.clock()
    const token = await this.partner(clock).accessToken()
    return { token: token.secret(), lifetime: Math.floor((token.expiresAt - clock.now()) / 1000) }
  }

  async headers() {
    const partner = this.partner(this.clock())
    return { headers: await (this.given.msn === null ? partner : partner.merchant(this.given.msn)).headers() }
  }

  async idToken() {
    const { jwt, jwks, jwks_text, leeway, expect = {} } = this.given
    const settings = { ...this.settings(this.clock()), ...(leeway !== undefined && { leeway: leeway * 1000 }) }
    const expected = camel(expect)
    // As in the other runners, what is expected is read before the keys are.
    if (expected.msn !== undefined) msn(expected.msn)
    const claims = await new IdTokenVerifier({ ...settings, jwks: jwks_text ?? this.named(jwks) }).verify(jwt, expected)
    const all = claims.toJSON()
    for (const [name, claim] of Object.entries(all)) assert.deepEqual(claims.claim(name), claim, name)
    return { claims: { ...all, sub: claims.sub, msn: claims.msn } }
  }

  async salesUnits() {
    return { units: (await this.partner(this.clock()).salesUnits()).map(unit) }
  }

  async salesUnitsOf() {
    const { scheme, business } = this.given
    return { units: (await this.partner(this.clock()).salesUnitsOf(scheme, business)).map(unit) }
  }

  async salesUnit() {
    const status = await this.partner(this.clock()).salesUnit(this.given.msn)
    return { ...status, unit: status.unit === undefined ? null : unit(status.unit) }
  }

  async salesUnitChanges() {
    const { units, connected, gone } = await this.partner(this.clock()).salesUnitChanges(this.given.known)
    return { units: units.map(unit), connected: connected.map(unit), gone }
  }

  async check() {
    const check = await this.partner(this.clock()).check(this.given.msn)
    const findings = ['token', 'clock', 'connected', 'login'].map((name) => [name, check[name]])
    return {
      ...Object.fromEntries(findings.map(([name, { outcome }]) => [name, outcome])),
      good: check.isGood,
      clock_difference: check.clockDifference ?? null,
      sales_unit: check.salesUnit?.state ?? null,
      codes: Object.fromEntries(findings.filter(([, { code }]) => code !== undefined).map(([name, { code }]) => [name, code])),
    }
  }

  partner(clock) {
    const keys = this.keys()
    return new Partner({ keys, system: system(this.named(this.given.system)), ...this.settings(clock) })
  }

  clock() {
    return new ManualClock(this.given.now * 1000, { runsThroughSleeps: true })
  }

  /** What of the options is for the whole partner. */
  settings(clock) {
    const { basicEncoding, loginBasicEncoding, backchannelBasicEncoding, loginAuthMethod } = camel(this.given.options ?? {})
    const environment = this.isOverEmulator ? this.vipps.baseUrl : this.given.environment
    return { clock, environment, basicEncoding, loginBasicEncoding, backchannelBasicEncoding, loginAuthMethod }
  }
}

/** What was not told is `null` in the vectors. */
function unit({ msn, name = null, active = null, flags, members }) {
  return { msn, name, active, flags, members }
}

function system({ name, version, plugin_name, plugin_version }) {
  return { name, version, pluginName: plugin_name, pluginVersion: plugin_version }
}

export function camel(object) {
  const name = (snake) => snake.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(object).map(([snake, value]) => [name(snake), value]))
}

// What the tests share: an emulator of their own each, and a partner that talks to it.

import { Emulator } from 'vipps-emulator'
import { Partner } from 'vipps-partner-auth'

export const MSN = '123456'
export const CALLBACK = 'https://shop.example/callback'
export const KARI = '4791234567'
export const SYSTEM = { name: 'acme', version: '3.1.2' }
export const PAYMENTS = '/epayment/v1/payments/acme-1'

const keysOf = new WeakMap()

/** An emulator, of which the partner's keys are known. */
export async function started(options = {}) {
  const vipps = await Emulator.start({ merchants: [MSN], ...options })
  keysOf.set(vipps, await vipps.partnerKeys())
  return vipps
}

/** An emulator that stops with the test. */
export async function emulator(t, options) {
  const vipps = await started(options)
  t.after(() => vipps.stop())
  return vipps
}

export function partner(vipps, settings = {}) {
  return new Partner({ keys: keysOf.get(vipps), system: SYSTEM, environment: vipps.baseUrl, ...settings })
}

export async function shop(t, settings = {}) {
  const vipps = await emulator(t)
  return { vipps, shop: partner(vipps, settings).merchant(MSN) }
}

/** Goes where the browser would go, as far as the application's own address. */
export async function browser(url, base) {
  let at = url
  while (at.startsWith(base)) {
    const answer = await fetch(at, { redirect: 'manual' })
    at = answer.headers.get('location')
    if (at === null) throw new Error(`the browser is stuck with ${answer.status}`)
  }
  return at
}

/** Resolves once `condition` holds; no test waits for a fixed time. */
export async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}

export const ids = (requests) => requests.map(({ method, path }) => `${method} ${path}`)

// What the tests share.

import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

import { Emulator } from 'vipps-emulator'

export const MSN = '123456'
export const KARI = '4791234567'
export const CALLBACK = 'https://shop.example/callback'
export const SYSTEM = { name: 'acme', version: '3.1.2', pluginName: 'acme-webshop', pluginVersion: '4.5.6' }
export const TOKEN = '/accesstoken/get'
export const PAYMENT = '/epayment/v1/payments/acme-1'

export const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/** An emulator that stops with the test. */
export async function emulator(t, options = {}) {
  const vipps = await Emulator.start({ merchants: [MSN], ...options })
  t.after(() => vipps.stop())
  return vipps
}

/** Asks for a token as any client would. */
export async function token({ baseUrl }, { clientId, clientSecret, subscriptionKey }) {
  const system = { 'vipps-system-name': SYSTEM.name, 'vipps-system-version': SYSTEM.version, 'vipps-system-plugin-name': SYSTEM.pluginName, 'vipps-system-plugin-version': SYSTEM.pluginVersion }
  const headers = { client_id: clientId, client_secret: clientSecret, 'ocp-apim-subscription-key': subscriptionKey, ...system }
  return await fetch(baseUrl + TOKEN, { method: 'POST', headers })
}

/** Runs a program of the folder to its end. */
export function run(args, { env, signal } = {}) {
  // Of the runner around us nothing may be inherited.
  const { NODE_TEST_CONTEXT, NODE_OPTIONS, ...own } = process.env
  const child = spawn(process.execPath, args, { env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => ((printed += chunk), signal?.(child, printed)))
  return new Promise((resolve) => child.on('close', (status, ended) => resolve({ status, signal: ended, printed: printed.trim() })))
}

/** Whether somebody listens there. */
export function listens(url) {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => (socket.destroy(), resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

/** Resolves once `condition` holds; no test waits for a fixed time. */
export async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}

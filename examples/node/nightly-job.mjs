// The nightly job of an ERP: what has become of each merchant's open payment, for 1,000 merchants with one set of keys.
//
// One `Partner` serves them all, so the night costs one token request. A merchant who is no longer connected is named, and the
// job goes on with the next.
//
//     node nightly-job.mjs open-payments.csv     lines of MSN and payment reference; `-` reads standard input
//
// It ends with 0 if every payment was answered for or its merchant is not connected, 1 if some failed, 2 if none could be asked about.
//
// Against the emulator, with 1,000 merchants and one more that is not connected:
//
//     npx vipps-emulator --config ../emulator.toml $(seq -f '--merchant=%.0f' 100001 101000)
//     seq -f '%.0f,acme-order-1' 100000 101000 | env $(cat ../emulator.env) node nightly-job.mjs -
//
// (The emulator keeps no payments and tells no state of them.) Against Vipps set the partner keys instead (docs/settings.md has
// all variables), and leave VIPPS_ENVIRONMENT out:
//
//     VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY
//     VIPPS_SYSTEM_NAME, VIPPS_SYSTEM_VERSION     your system
//     VIPPS_REDIS_URL                             optional: where the processes of a fleet share their token
//     JOB_CONCURRENCY                             optional: calls at a time, 20 when not set

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { Partner, VippsAuthError } from 'vipps-partner-auth'

/** What the night brought. */
export class Report {
  states = new Map()
  notConnected = []
  failed = []
  warnings = new Map()

  /** Warnings of the library, such as that Redis is away: no call fails by them, but somebody should look. */
  note({ name, isWarning }) {
    if (isWarning) count(this.warnings, name)
  }

  *lines() {
    const answered = [...this.states.values()].reduce((sum, number) => sum + number, 0)
    yield `answered: ${answered} (${listed(this.states)})`
    yield `not connected: ${this.notConnected.sort().join(', ') || 'none'}`
    yield `failed: ${this.failed.sort().join('; ') || 'none'}`
    yield `warnings: ${listed(this.warnings)}`
  }
}

function count(counts, name) {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function listed(counts) {
  const each = [...counts].sort().map(([name, number]) => `${name} ${number}`)
  return each.join(', ') || 'none'
}

async function main(file) {
  if (file === undefined) {
    console.error('usage: node nightly-job.mjs open-payments.csv | -')
    return 2
  }
  const payments = read(file)
  const report = new Report()
  const started = performance.now()
  try {
    const partner = Partner.fromEnv({ onEvent: (event) => report.note(event) })
    await askAll(partner, payments, report)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${payments.length} payments in ${seconds} s, ${told(partner)}`)
  } catch (error) {
    if (!(error instanceof VippsAuthError)) throw error
    console.error(`no payment could be asked about: ${error.message}`)
    return 2
  }
  for (const line of report.lines()) console.log(line)
  return report.failed.length > 0 ? 1 : 0
}

function read(file) {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8')
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((cell) => cell.trim()))
}

function told(partner) {
  const { tokenRequests, tokensFromCache } = partner.stats()
  return `token requests: ${tokenRequests}, tokens from Redis: ${tokensFromCache}`
}

export async function askAll(partner, payments, report) {
  // Keys that are refused end the job here, once, and not at each merchant.
  await partner.headers()
  const queue = payments.values()
  const work = async () => {
    // All workers take from one queue, so there are never more calls at a time than workers.
    for (const [msn, reference] of queue) await ask(partner, msn, reference, report)
  }
  await Promise.all(Array.from({ length: Number(process.env.JOB_CONCURRENCY ?? 20) }, work))
}

/** Asks about one payment. What goes wrong is this merchant's, and never ends the job. */
async function ask(partner, msn, reference, report) {
  try {
    const url = `${partner.environment.baseUrl}/epayment/v1/payments/${encodeURIComponent(reference)}`
    const answer = await partner.merchant(msn).fetch(url, { signal: AbortSignal.timeout(30_000) })
    if (answer.status === 403 && (await isGone(partner, msn))) return report.notConnected.push(msn)
    if (!answer.ok) return report.failed.push(`${msn} (status ${answer.status})`)
    const { state = 'state not told' } = await answer.json()
    count(report.states, state)
  } catch (error) {
    report.failed.push(`${msn} (${error.cause?.message ?? error.message})`)
  }
}

/** A 403 may also come of a product that the merchant has not ordered, or from a firewall. */
async function isGone(partner, msn) {
  return (await partner.salesUnit(msn)).state !== 'connected'
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv[2])

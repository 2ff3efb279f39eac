// What becomes of events: the user's handler, the diagnostics channel, and warnings of the process where nobody listens.

import { channel } from 'node:diagnostics_channel'
import { inspect, types } from 'node:util'

/** Something that happened in the background. */
export interface VippsAuthEvent {
  /** Such as `token_renewed`; the same names in every language. */
  readonly name: string
  /** Whether somebody should look into it. */
  readonly isWarning: boolean
  /** What it tells besides, such as `lifetime`; spans in seconds. */
  readonly details: { readonly [name: string]: string }
}

type Handler = (event: VippsAuthEvent) => unknown

const events = channel('vipps-partner-auth')

/**
 * Hands events on, and is never thrown through: it runs on behalf of nobody, so whatever a handler throws would end the
 * process. It must not hold the object that holds it: neither would ever be collected.
 */
export function listener(handler: Handler | undefined): (event: VippsAuthEvent) => void {
  let hasFailed = false
  const failed = (error: unknown) => {
    if (!hasFailed) warn('a handler of events failed; this is told once', 'VIPPS_AUTH_ON_EVENT', described(error))
    hasFailed = true
  }
  return (event) => {
    Object.freeze(event.details)
    Object.freeze(event)
    if (handler === undefined && !events.hasSubscribers) return warnOf(event)
    events.publish(event)
    try {
      Promise.resolve(handler?.(event)).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

/** When a warning of each kind was last seen, and how many were left out since. */
const seen = new Map<string, { at: number; leftOut: number }>()
const MOST_OFTEN = 60 * 60 * 1000

function warnOf(event: VippsAuthEvent): void {
  if (!event.isWarning) return
  const hint = 'Pass onEvent to the partner to receive all events; these warnings then stop.'
  seldom(event.name, line(event), `VIPPS_AUTH_${event.name.toUpperCase()}`, hint)
}

/** Warns at most once an hour for each kind: what fails goes on failing. */
export function seldom(kind: string, text: string, code: string, detail: string): void {
  const last = seen.get(kind)
  const now = performance.now()
  if (last !== undefined && now - last.at < MOST_OFTEN) {
    last.leftOut += 1
    return
  }
  seen.set(kind, { at: now, leftOut: 0 })
  const more = last !== undefined && last.leftOut > 0 ? ` (and ${last.leftOut} more since the last one)` : ''
  warn(text + more, code, detail)
}

/** Of something that a function of the user's threw, which may be anything. */
export function described(thrown: unknown): string {
  try {
    return types.isNativeError(thrown) ? String(thrown.stack) : inspect(thrown)
  } catch {
    return typeof thrown
  }
}

/** As in the logs of other languages. */
function line({ name, details }: VippsAuthEvent): string {
  const told = Object.entries(details).map(([detail, value]) => ` ${detail}=\`${value}\``)
  return name + told.join('')
}

/** Goes to standard error; `--disable-warning=VippsAuthWarning` or the code silences it, `process.on('warning')` hears it. */
export function warn(text: string, code: string, detail: string): void {
  process.emitWarning(`vipps-partner-auth: ${text}`, { type: 'VippsAuthWarning', code, detail })
}

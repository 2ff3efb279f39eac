// Values by the names that they have in the core, as they cross to it.

import { type Rule, snake } from './check.js'

/** What these members say, as JSON. The object was read by the same rules. */
export function values<T extends object>(read: T, rules: { readonly [name in keyof T]?: Rule }): string {
  const named: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(rules) as (keyof T & string)[]) {
    const value = read[name]
    if (value !== undefined) named[snake(name)] = plain(rules[name], value)
  }
  return JSON.stringify(named)
}

/** A value as JSON has it: a span in seconds, as in other languages, and as a text where JSON has no number for it. */
function plain(rule: Rule | undefined, value: unknown): unknown {
  switch (rule) {
    case 'milliseconds':
      return Number.isFinite(value) ? (value as number) / 1_000 : String(value)
    case 'bytes':
      return typeof value === 'object' ? new TextDecoder().decode(value as Uint8Array) : value
    default:
      return value
  }
}

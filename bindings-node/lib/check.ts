// Arguments that TypeScript would have refused, and options objects.
//
// A wrong type is a `TypeError` that names the argument, never its value. A text that can't be written in UTF-8 would cross to
// the native part as another text, so it is refused by the name its field has in all languages.

import { types } from 'node:util'

import { invalidConfig } from './errors.js'

export function text(name: string, value: unknown, field: string = snake(name)): string {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`)
  if (HALF_A_PAIR.test(value)) throw invalidConfig(field, 'holds half a surrogate pair, which is no text')
  return value
}

/** A text from outside: what it holds is for the library to judge, which refuses it for what it is. */
export function foreignText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`)
  return value
}

export function texts(name: string, value: unknown, field: string = snake(name)): string[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array of strings`)
  return Array.from(value, (one) => {
    if (typeof one !== 'string') throw new TypeError(`${name} must be an array of strings`)
    return text(name, one, field)
  })
}

const HALF_A_PAIR = /\p{Surrogate}/u

/** `keys.clientId` is `client_id` in other languages. */
export function snake(name: string): string {
  const own = name.slice(name.lastIndexOf('.') + 1)
  return own.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** What a member of an options object may be; the second of a pair is its field. */
export type Rule = Kind | readonly [Kind, field: string]
type Kind = 'string' | 'number' | 'milliseconds' | 'boolean' | 'function' | 'strings' | 'bytes' | 'signal' | 'any'

/**
 * What an options object says, as an object of our own: each known name is read once, whether the object has it itself, inherits
 * it or computes it. What it says can't change afterwards, and nothing it says is left out: unknown names are refused, and so is
 * `null`, which a caller may have meant as anything. `undefined` is the same as not there.
 */
export function options<T extends object>(what: string, given: T | undefined, rules: { [name in keyof T]-?: Rule }): T {
  const read: Record<string, unknown> = Object.create(null)
  if (given === undefined) return read as T
  const object = named(what, given)
  refuseUnknown(what, object, rules)
  for (const name of Object.keys(rules)) {
    const value = object[name]
    if (value !== undefined) read[name] = member(what, name, value, rules[name as keyof T])
  }
  return read as T
}

/** An object with named members. Other things that hold values would seem to say nothing. */
export function named(what: string, value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject) throw new TypeError(`${what} must be an object${value === null ? ', not null' : ''}`)
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  if (Symbol.iterator in value || (!isPlain && BUILT_IN.some((is) => is(value)))) {
    const kind = Object.prototype.toString.call(value).slice(8, -1)
    throw new TypeError(`${what} must be an object with named members: a ${kind} has none${types.isPromise(value) ? ' (await it)' : ''}`)
  }
  return value as Record<string, unknown>
}

const BUILT_IN = [
  types.isPromise,
  types.isMap,
  types.isSet,
  types.isWeakMap,
  types.isWeakSet,
  types.isDate,
  types.isRegExp,
  types.isNativeError,
  types.isAnyArrayBuffer,
  types.isArrayBufferView,
  types.isBoxedPrimitive,
]

/** Of an object's own names each counts; of inherited ones those that hold or compute a value, so that a class may have methods. */
function refuseUnknown(what: string, object: object, rules: object): void {
  for (const name of Object.keys(object)) refuseUnless(Object.hasOwn(rules, name), what, name)
  for (let at = Object.getPrototypeOf(object); at !== null && !isRoot(at); at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const { get, value } = Object.getOwnPropertyDescriptor(at, name) ?? {}
      const holds = get !== undefined || (value !== undefined && typeof value !== 'function')
      refuseUnless(!holds || Object.hasOwn(rules, name), what, name)
    }
  }
}

function refuseUnless(known: boolean, what: string, name: string): void {
  if (!known) throw new TypeError(`${what}: unknown option ${name}`)
}

/** `Object.prototype`, of whatever realm. */
function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty')
}

function member(what: string, name: string, value: unknown, rule: Rule): unknown {
  const [kind, field = snake(name)] = typeof rule === 'string' ? [rule] : rule
  if (value === null) throw new TypeError(`${what}: ${name} is null; leave it out, or give undefined`)
  switch (kind) {
    case 'any':
      return value
    case 'string':
      return text(name, value, field)
    case 'strings':
      return texts(name, value, field)
    case 'bytes':
      return typeof value === 'string' ? text(name, value, field) : bytes(name, value)
    case 'signal':
      return signal(value)
    case 'milliseconds':
      return number(name, value)
    default:
      if (typeof value !== kind) throw new TypeError(`${name} must be a ${kind}`)
      return value
  }
}

function number(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`)
  return value
}

function bytes(name: string, value: unknown): Uint8Array {
  if (!types.isUint8Array(value)) throw new TypeError(`${name} must be a string or a Uint8Array`)
  return value
}

/** An object of one of this package's own classes. */
export function instance<T>(name: string, value: unknown, type: abstract new (...args: never[]) => T): T {
  if (!(value instanceof type)) throw new TypeError(`${name} must be a ${type.name}`)
  return value
}

/** An object of the user's own, told by what it can do. */
export function methods<T extends object>(name: string, value: T, wanted: string[]): T {
  const object = Object(value) as Record<string, unknown>
  if (wanted.every((method) => typeof object[method] === 'function')) return value
  throw new TypeError(`${name} must be an object with the method${wanted.length > 1 ? 's' : ''} ${wanted.join(', ')}`)
}

/** Told by what it can do: that of another realm, or of a library, is of another class. */
export function signal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined
  const { aborted, addEventListener } = (typeof value === 'object' && value !== null ? value : {}) as Partial<AbortSignal>
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return value as AbortSignal
  throw new TypeError('signal must be an AbortSignal')
}

/** Options of a call that takes no others. */
export function signalOf(given: { signal?: AbortSignal | undefined } | undefined): AbortSignal | undefined {
  return given === undefined ? undefined : options('options', given, { signal: 'signal' }).signal
}

/**
 * An object that stands for JSON, as text. What it inherits or computes counts as much as what it has itself, so that an
 * expectation in what was kept of a login is not lost on the way.
 */
export function json(what: string, value: unknown): string {
  const given = named(what, value)
  const object = typeof given.toJSON === 'function' ? named(what, given.toJSON()) : given
  const read: Record<string, unknown> = Object.create(null)
  for (let at: object = object; at !== null && !isRoot(at); at = Object.getPrototypeOf(at)) {
    const names = Object.getOwnPropertyNames(at).filter((name) => name !== 'constructor' && !Object.hasOwn(read, name))
    for (const name of names) read[name] = object[name]
  }
  return JSON.stringify(read)
}

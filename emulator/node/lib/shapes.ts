// What changes on the way to the emulator and back: names, spans and moments.

/** Milliseconds here, seconds there. */
export const SPAN = 'span'
/** A `Date` here, seconds since the Unix epoch there. */
export const MOMENT = 'moment'

/** What has to be changed about a value. */
export type Shape = typeof SPAN | typeof MOMENT | { readonly each: Shape } | { readonly members: () => Members }

/** The members of an object by their names here: the name there, and what has to be changed. */
export interface Members {
  readonly [name: string]: readonly [there: string, shape?: Shape]
}

/**
 * An object as the emulator takes it. Each known member is read once, whether the object has it itself, inherits or computes it;
 * a name that is not known goes along, so that the emulator refuses it.
 */
export function objectToDoor(what: string, given: object, members: Members): { [name: string]: unknown } {
  const named = withMembers(what, given)
  const read: { [name: string]: unknown } = {}
  for (const [name, [there, shape]] of Object.entries(members)) {
    const value = named[name]
    if (value !== undefined) read[there] = toDoor(name, value, shape)
  }
  for (const name of Object.keys(named)) {
    if (!Object.hasOwn(members, name) && named[name] !== undefined) read[name] = toDoor(name, named[name])
  }
  return read
}

function toDoor(name: string, value: unknown, shape?: Shape): unknown {
  if (value === null) return null
  switch (shape) {
    case undefined:
      return plain(name, value)
    case SPAN:
      return typeof value === 'number' ? finite(name, value) / 1000 : plain(name, value)
    case MOMENT:
      return moment(name, value)
  }
  if ('each' in shape) return Array.isArray(value) ? value.map((one) => toDoor(name, one, shape.each)) : plain(name, value)
  return objectToDoor(name, value as object, shape.members())
}

function moment(name: string, value: unknown): unknown {
  const isDate = Object.prototype.toString.call(value) === '[object Date]'
  if (!isDate && typeof value !== 'number') throw new TypeError(`${name} must be a Date or a number of milliseconds`)
  return finite(name, Number(value)) / 1000
}

/** JSON has no NaN: it would come to mean that nothing was given. */
function plain(name: string, value: unknown): unknown {
  if (typeof value === 'number') return finite(name, value)
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    throw new TypeError(`${name} must not be a ${typeof value}`)
  }
  return value
}

function finite(name: string, value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number`)
  return value
}

/** Other things that hold values would seem to say nothing. */
function withMembers(what: string, value: unknown): { [name: string]: unknown } {
  const isObject = typeof value === 'object' && value !== null
  if (!isObject || Symbol.iterator in value || 'then' in value) throw new TypeError(`${what} must be an object with named members`)
  return value as { [name: string]: unknown }
}

/** What the emulator gave; what it says `null` of is not there. */
export function fromDoor(value: unknown, shape: Shape | undefined): unknown {
  if (value === null || shape === undefined) return value ?? undefined
  if (shape === SPAN) return (value as number) * 1000
  if (shape === MOMENT) return new Date((value as number) * 1000)
  if ('each' in shape) return (value as unknown[]).map((one) => fromDoor(one, shape.each))
  return objectFromDoor(value as { [name: string]: unknown }, shape.members())
}

function objectFromDoor(value: { [name: string]: unknown }, members: Members): object {
  const names = Object.entries(members).map(([name, [there, shape]]) => [name, fromDoor(value[there], shape)] as const)
  return Object.fromEntries(names.filter(([, value]) => value !== undefined))
}

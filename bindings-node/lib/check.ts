// Arguments that TypeScript would have refused. A wrong type is a `TypeError` that names the argument, never its value.

export function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`)
  return value
}

export function texts(name: string, value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
    throw new TypeError(`${name} must be an array of strings`)
  }
  return value as string[]
}

type Rule = 'string' | 'number' | 'boolean' | 'function' | 'strings' | 'any'

/** An options object with known members only, so that a misspelt one is not ignored. */
export function options<T extends object>(what: string, value: T | undefined, rules: { [name in keyof T]-?: Rule }): T {
  if (value === undefined) return {} as T
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${what} must be an object`)
  for (const [name, member] of Object.entries(value)) {
    if (!Object.hasOwn(rules, name)) throw new TypeError(`${what}: unknown option ${name}`)
    if (member !== undefined) checkMember(name, member, rules[name as keyof T])
  }
  return value
}

function checkMember(name: string, member: unknown, rule: Rule): void {
  if (rule === 'any') return
  if (rule === 'strings') texts(name, member)
  else if (typeof member !== rule) throw new TypeError(`${name} must be a ${rule}`)
}

/** An object of one of this package's own classes. */
export function instance<T>(name: string, value: unknown, type: abstract new (...args: never[]) => T): T {
  if (!(value instanceof type)) throw new TypeError(`${name} must be a ${type.name}`)
  return value
}

export function signal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw new TypeError('signal must be an AbortSignal')
}

/** Members that are `undefined` left out: to the native part they would be wrong values. */
export function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined && member !== null)) as T
}

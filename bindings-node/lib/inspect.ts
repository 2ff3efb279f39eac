// How the package's objects look in `console.log`: what they are and where they belong, and never a secret.

export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** Such as `Merchant(msn 123456)`. */
export function shown(name: string, about: { [name: string]: string | number | boolean | undefined }): string {
  const members = Object.entries(about).filter(([, value]) => value !== undefined)
  return `${name}(${members.map(([name, value]) => `${name} ${value}`).join(', ')})`
}

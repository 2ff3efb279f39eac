// Prints the public API of the package: the declarations that `dist/index.d.ts` leads to, without texts and without what is private.
// Run `node scripts/build.mjs` before.
//
// node scripts/api.mjs

import { readFileSync } from 'node:fs'

const dist = new URL('../dist/', import.meta.url)
const seen = new Set()

print('index')

function print(module) {
  if (seen.has(module)) return
  seen.add(module)
  const text = readFileSync(new URL(`${module}.d.ts`, dist), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const lines = text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '' && !/^\s+(private|protected|#)/.test(line))
  for (const line of lines) console.log(`${module}: ${line}`)
  const others = Array.from(text.matchAll(/from '\.\/([\w-]+)\.js'/g), ([, other]) => other)
  for (const other of others.sort()) print(other)
}

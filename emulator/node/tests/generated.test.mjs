// Types and methods are those of the description.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Emulator } from 'vipps-emulator'

import { at } from './support.mjs'

const { paths } = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'))
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())

test('what was generated is up to date', () => {
  execFileSync(process.execPath, [at('../scripts/generate.mjs'), '--check'], { stdio: 'pipe' })
})

test('every operation is a method, and no other word of the emulator stands in the face', () => {
  const operations = Object.values(paths).map(({ post }) => camel(post.operationId))
  for (const name of operations) assert.equal(typeof Emulator.prototype[name], 'function', name)
  const own = ['constructor', 'run', 'stop']
  const base = Object.getPrototypeOf(Emulator.prototype)
  const methods = new Set([base, Emulator.prototype].flatMap((prototype) => Object.getOwnPropertyNames(prototype)))
  assert.deepEqual([...methods].filter((name) => !own.includes(name)).sort(), operations.sort())
})

test('each method is documented', () => {
  const types = readFileSync(new URL('../dist/operations.d.ts', import.meta.url), 'utf8')
  const lines = types.split('\n')
  const bare = lines.filter((line, number) => /^ {4}\w+\(/.test(line) && !lines[number - 1].endsWith('*/'))
  assert.deepEqual(bare, [])
  assert.doesNotMatch(types, /`None`|crate::|```|in seconds/)
})

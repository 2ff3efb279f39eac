// The types, under every way to resolve modules that the package is for.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { at } from './support.mjs'

const require = createRequire(import.meta.url)
const tsc = require.resolve('typescript/package.json').replace('package.json', 'bin/tsc')
const base = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable', '--types', 'node', '--noUnusedLocals']

function check(files, ...options) {
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...base, ...options, ...files], { cwd: at('types'), encoding: 'utf8' })
  assert.equal(status, 0, stdout)
}

test('strict, node16', () => check(['usage.mts', 'usage.cts'], '--module', 'node16'))
test('strict and exact, nodenext', () => {
  check(['usage.mts', 'usage.cts'], '--module', 'nodenext', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess')
})
test('strict, bundler', () => check(['usage.mts'], '--module', 'esnext', '--moduleResolution', 'bundler'))
test('the helpers of the runners', () => check(['runners.mts'], '--module', 'nodenext', '--skipLibCheck'))

test('the blocks of the README', (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code)
  assert.ok(blocks.length > 0)
  const files = blocks.map((code, number) => [`readme-${number}.mts`, code])
  t.after(() => files.forEach(([name]) => rmSync(at(`types/${name}`))))
  for (const [name, code] of files) writeFileSync(at(`types/${name}`), code)
  check(files.map(([name]) => name), '--module', 'nodenext', '--skipLibCheck')
})

test('both ways in lead to the same classes', async () => {
  for (const entry of ['vipps-emulator', 'vipps-emulator/jest']) {
    const [required, imported] = [require(entry), await import(entry)]
    for (const name of Object.keys(required)) assert.equal(imported[name], required[name], name)
    assert.ok(Object.keys(required).length > 0)
  }
})

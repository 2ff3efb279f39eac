// The types, under every way to resolve modules that the package is for.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const tsc = require.resolve('typescript/package.json').replace('package.json', 'bin/tsc')
const folder = fileURLToPath(new URL('types/', import.meta.url))
const base = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable', '--types', 'node', '--noUnusedLocals']

function check(files, ...options) {
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...base, ...options, ...files], { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, stdout)
}

for (const resolution of ['node16', 'nodenext']) {
  test(`strict, ${resolution}`, () => check(['usage.mts', 'usage.cts'], '--module', resolution))
  test(`strict and exact, ${resolution}`, () => {
    check(['usage.mts', 'usage.cts'], '--module', resolution, '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess')
  })
}

test('strict, bundler', () => check(['usage.mts'], '--module', 'esnext', '--moduleResolution', 'bundler'))

test('an older library of types', (t) => {
  const file = new URL('types/older.mts', import.meta.url)
  t.after(() => rmSync(file))
  writeFileSync(file, "import { Partner, VippsAuthError } from 'vipps-partner-auth'\nconsole.log(Partner, VippsAuthError)\n")
  check(['older.mts'], '--module', 'nodenext', '--lib', 'es2020', '--skipLibCheck', 'false')
})

test('the blocks of the README', (t) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code)
  assert.ok(blocks.length > 0)
  const file = new URL('types/readme.mts', import.meta.url)
  t.after(() => rmSync(file))
  writeFileSync(file, `${blocks.join('\n')}\nconsole.log(headers, isTransient)\n`)
  check(['readme.mts'], '--module', 'nodenext')
})

test('both ways in lead to the same classes, and the types name no more than is there', async () => {
  const [required, imported] = [require('vipps-partner-auth'), await import('vipps-partner-auth')]
  const names = Object.keys(required).sort()
  assert.deepEqual(Object.keys(imported).filter((name) => name !== 'default').sort(), names)
  for (const name of names) assert.equal(imported[name], required[name], name)
  const classes = names.filter((name) => /^[A-Z][a-z]/.test(name))
  assert.deepEqual(classes.map((name) => required[name].name), classes, 'building the face renames none')
  const types = readFileSync(new URL('../dist/index.d.ts', import.meta.url), 'utf8')
  const told = [...types.matchAll(/export \{([^}]*)\}/g)].flatMap(([, list]) => list.split(',').map((name) => name.trim()))
  assert.deepEqual(told.filter((name) => name && !name.startsWith('type ')).sort(), names)
})

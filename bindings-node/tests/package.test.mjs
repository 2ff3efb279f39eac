// What is published holds no emulator: no code that mints tokens.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

const root = new URL('../', import.meta.url)

/** What stands in the emulator and nowhere else. */
const OF_THE_EMULATOR = ['/emulator/', 'vipps-emulator', 'vipps_emulator', 'mint_id_token', 'mintIdToken', 'fail_next', 'Kari Fixture', 'BEGIN PUBLIC KEY']

function published() {
  const dist = readdirSync(new URL('dist/', root), { withFileTypes: true }).filter((entry) => entry.isFile())
  const binaries = readdirSync(root).filter((file) => file.endsWith('.node'))
  return [...dist.map(({ name }) => `dist/${name}`), ...binaries].map((name) => [name, readFileSync(new URL(name, root))])
}

test('neither the face nor the binary holds a word of the emulator', (t) => {
  const files = published()
  assert.ok(files.some(([name]) => name.endsWith('.node')) && files.some(([name]) => name === 'dist/index.js'))
  for (const [name, content] of files) {
    for (const word of OF_THE_EMULATOR) assert.ok(!content.includes(word), `${name} holds ${word}`)
    if (name.endsWith('.node') || name === 'dist/index.js') t.diagnostic(`${name}: ${content.length} bytes, ${gzipSync(content).length} packed`)
  }
})

test('such a word would be found: the emulator has them', async () => {
  const { programPath } = await import(new URL('node_modules/vipps-emulator/dist/program.js', root))
  const program = readFileSync(programPath())
  const missing = OF_THE_EMULATOR.filter((word) => !program.includes(word))
  assert.deepEqual(missing, ['mintIdToken'], 'that one is in its face')
})

test('it needs no other package', () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  assert.deepEqual([dependencies, peerDependencies], [undefined, undefined])
})

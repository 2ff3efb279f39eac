// Living in a process: worker threads, exit, memory, and a clear word where no binary fits.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

function run(...args) {
  const child = spawn(process.execPath, args)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  return new Promise((resolve) => child.on('close', (status, signal) => resolve({ status, signal, printed: printed.trim() })))
}

test('a hundred workers are terminated in mid-call', async () => {
  assert.deepEqual(await run(at('life/workers.mjs')), { status: 0, signal: null, printed: 'ended 100' })
})

test('a process ends as it should with a fetch in flight', async () => {
  assert.deepEqual(await run(at('life/exit.mjs'), 'exit'), { status: 0, signal: null, printed: '' })
  const thrown = await run(at('life/exit.mjs'), 'throw')
  assert.equal(thrown.status, 1)
  assert.match(thrown.printed, /Error: on purpose/)
  assert.equal((await run(at('life/exit.mjs'), 'signal')).signal, 'SIGTERM')
})

test('a partner with a token keeps no process alive', async () => {
  const { status, printed } = await run(at('life/exit.mjs'), 'idle')
  assert.deepEqual([status, printed], [0, 'nothing left to do'])
})

test('memory stays flat over a million calls', async () => {
  const { status, printed } = await run('--expose-gc', at('life/memory.mjs'))
  assert.equal(status, 0, printed)
  // A leak of sixteen bytes in each of a million calls, or of one kilobyte in each of twenty thousand, would show.
  for (const [what, grown] of Object.entries(JSON.parse(printed))) assert.ok(grown < 16 * 1024 * 1024, `${what}: ${grown}`)
})

test('where no binary fits, the error says what to do', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'no-binary-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(at('../dist'), join(folder, 'dist'), { recursive: true })
  const { status, printed } = await run('-e', `require(${JSON.stringify(join(folder, 'dist/index.js'))})`)
  assert.equal(status, 1)
  assert.match(printed, new RegExp(`no binary that works here \\(${process.platform} ${process.arch}`))
  assert.match(printed, /Install again without --no-optional/)
})


// However the process ends that started an emulator, nothing is left running; and the emulator holds no process up.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { at, listens, run, until } from './support.mjs'

const URL_OF = /http:\/\/127\.0\.0\.1:\d+/

for (const [way, expected] of Object.entries({
  forgotten: { status: 0, signal: null },
  exit: { status: 3, signal: null },
  throw: { status: 1, signal: null },
  reject: { status: 1, signal: null },
  abort: { signal: 'SIGABRT' },
  SIGTERM: { signal: 'SIGTERM' },
  SIGINT: { signal: 'SIGINT' },
  SIGKILL: { signal: 'SIGKILL' },
  worker: { status: 0, signal: null },
  starting: { status: 0, signal: null },
})) {
  test(`the end of a process: ${way}`, { skip: process.platform === 'win32' && way.startsWith('SIG') }, async () => {
    const { status, signal, printed } = await run([at('life/ends.mjs'), way])
    for (const [name, value] of Object.entries(expected)) assert.equal({ status, signal }[name], value, printed)
    if (way === 'starting') return
    const [url] = URL_OF.exec(printed)
    await until(async () => !(await listens(url)))
  })
}

test('npx: the program ends with the command, however that ends', async () => {
  const bin = at('../bin/vipps-emulator.js')
  for (const how of ['SIGKILL', 'SIGTERM', 'SIGINT']) {
    let url
    const ended = await run([bin, '--port', '0'], { signal: (child, printed) => (url ??= URL_OF.exec(printed)?.[0]) && printed.includes('specialised') && child.kill(how) })
    assert.ok(how === 'SIGKILL' ? ended.signal === how : ended.status === 0, JSON.stringify(ended))
    await until(async () => !(await listens(url)))
  }
})

test('npx: arguments and exit codes are those of the program', async () => {
  const bin = at('../bin/vipps-emulator.js')
  const version = await run([bin, '--version'])
  assert.deepEqual([version.status, /^vipps-emulator \d/.test(version.printed)], [0, true])
  const wrong = await run([bin, '--prot', '1'])
  assert.equal(wrong.status, 2)
  assert.match(wrong.printed, /--prot/)
  const missing = await run([bin, '--version'], { env: { VIPPS_EMULATOR: at('no-such-program') } })
  assert.equal(missing.status, 2)
})

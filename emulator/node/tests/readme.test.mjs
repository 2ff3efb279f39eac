// Every block of the README: those in JavaScript are run, those in TypeScript are checked, in types.test.mjs.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'

import { at, run } from './support.mjs'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }))

test('every block is of a kind that is tested', () => {
  assert.deepEqual(blocks.filter(({ language }) => !['js', 'ts', 'console'].includes(language)), [])
})

for (const [number, { code }] of blocks.filter(({ language }) => language === 'js').entries()) {
  test(`block ${number + 1}`, async (t) => {
    const file = at(`readme-${number}.mjs`)
    t.after(() => rmSync(file))
    writeFileSync(file, code)
    const { status, printed } = await run([file])
    assert.equal(status, 0, printed)
  })
}

// What npm would publish, as the ecosystem's own judges of packages see it: publint and Are The Types Wrong.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** vitest itself is for `import` alone; the oldest way to resolve (TypeScript's node10) knows no paths within a package. */
const isKnown = ({ kind, entrypoint, resolutionKind }) =>
  entrypoint !== '.' && (resolutionKind === 'node10' ? kind === 'NoResolution' : entrypoint === './vitest' && kind === 'CJSResolvesToESM')

const packages = { library: new URL('../../', import.meta.url), emulator: new URL('../../../emulator/node/', import.meta.url) }

for (const [name, url] of Object.entries(packages)) {
  const folder = fileURLToPath(url)

  test(`publint has nothing to say of the ${name}`, async () => {
    const { messages, pkg } = await publint({ pkgDir: folder, strict: true })
    assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), [])
  })

  test(`the types of the ${name} are right, whoever resolves them`, async (t) => {
    const place = mkdtempSync(join(tmpdir(), 'packed-'))
    t.after(() => rmSync(place, { recursive: true }))
    const [{ filename }] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place], { cwd: folder, encoding: 'utf8' }),
    )
    const packed = createPackageFromTarballData(new Uint8Array(readFileSync(join(place, filename))))
    const { types, problems, entrypoints } = await checkPackage(packed)
    assert.equal(types.kind, 'included')
    assert.ok(Object.keys(entrypoints).includes('.'))
    assert.deepEqual(problems.filter((problem) => !isKnown(problem)), [])
  })
}

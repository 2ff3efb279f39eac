// Compiles the face, then adds the ESM entry: it re-exports the CommonJS one, so that both see one native instance and the
// same classes.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const root = new URL('../', import.meta.url)
const dist = new URL('dist/', root)

rmSync(dist, { recursive: true, force: true })
const tsc = createRequire(import.meta.url).resolve('typescript/package.json').replace('package.json', 'bin/tsc')
execFileSync(process.execPath, [tsc, '--project', 'tsconfig.json'], { cwd: root, stdio: 'inherit' })

const entry = readFileSync(new URL('index.js', dist), 'utf8')
const names = [...entry.matchAll(/Object\.defineProperty\(exports, "(\w+)", \{ enumerable: true/g)].map(([, name]) => name)
if (names.length < 20) throw new Error('the names of the exports were not found')
writeFileSync(new URL('index.mjs', dist), `import face from './index.js'\n\nexport const { ${names.join(', ')} } = face\n`)
writeFileSync(new URL('index.d.mts', dist), "export * from './index.js'\n")

// What only this package makes shows no constructor.
for (const file of readdirSync(dist).filter((file) => file.endsWith('.d.ts'))) {
  const types = readFileSync(new URL(file, dist), 'utf8')
  const closed = types.replace(/^export declare class (\w+)[^{]*\{\n(?:(?!^\}).*\n)*?\}/gm, (text) => {
    return /constructor\(/.test(text) || / extends Error/.test(text) ? text : text.replace('{\n', '{\n    private constructor();\n')
  })
  writeFileSync(new URL(file, dist), closed)
}

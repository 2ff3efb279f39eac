// Builds the face: the operations from their description, one CommonJS file with all of it, one for the command, the helpers of
// test runners beside it, types, and the ESM entries, which re-export the CommonJS one, so that both see the same classes.

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { buildSync } from 'esbuild'

const root = new URL('../', import.meta.url)
const dist = new URL('dist/', root)
const path = (name) => fileURLToPath(new URL(name, root))

rmSync(dist, { recursive: true, force: true })
execFileSync(process.execPath, [path('scripts/generate.mjs'), '--check'], { stdio: 'inherit' })
types()
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const common = { bundle: true, platform: 'node', target: 'node18.18', keepNames: true, logLevel: 'warning', define: { PACKAGE_VERSION: JSON.stringify(version) } }
for (const name of ['index', 'program', 'jest']) {
  const external = ['vipps-partner-auth', ...(name === 'index' ? [] : ['./index.js'])]
  buildSync({ ...common, entryPoints: [path(`lib/${name}.ts`)], outfile: path(`dist/${name}.js`), format: 'cjs', external })
}
buildSync({ ...common, entryPoints: [path('lib/vitest.mts')], outfile: path('dist/vitest.mjs'), format: 'esm', external: ['vitest', './index.js'] })
for (const name of ['index', 'jest']) entry(name)

function types() {
  const tsc = createRequire(import.meta.url).resolve('typescript/package.json').replace('package.json', 'bin/tsc')
  execFileSync(process.execPath, [tsc, '--project', 'tsconfig.json', '--emitDeclarationOnly'], { cwd: root, stdio: 'inherit' })
}

/** esbuild lists the names of what is exported for those who read CommonJS without running it. */
function entry(name) {
  const list = /^0 && \(module\.exports = \{([^}]*)\}\)/m.exec(readFileSync(new URL(`${name}.js`, dist), 'utf8'))?.[1] ?? ''
  const names = list.split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (names.length === 0) throw new Error('the names of the exports were not found')
  writeFileSync(new URL(`${name}.mjs`, dist), `import face from './${name}.js'\n\nexport const { ${names.join(', ')} } = face\n`)
  writeFileSync(new URL(`${name}.d.mts`, dist), `export * from './${name}.js'\n`)
}

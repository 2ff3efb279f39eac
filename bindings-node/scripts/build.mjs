// Builds the face: one CommonJS file, since a file for each module takes several times as long to load; types; and the ESM
// entry, which re-exports the CommonJS one, so that both see one native instance and the same classes.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { buildSync } from 'esbuild'

const root = new URL('../', import.meta.url)
const dist = new URL('dist/', root)

rmSync(dist, { recursive: true, force: true })
types()
const names = face()
writeFileSync(new URL('index.mjs', dist), `import face from './index.js'\n\nexport const { ${names.join(', ')} } = face\n`)
writeFileSync(new URL('index.d.mts', dist), "export * from './index.js'\n")

program()

function types() {
  const tsc = createRequire(import.meta.url).resolve('typescript/package.json').replace('package.json', 'bin/tsc')
  execFileSync(process.execPath, [tsc, '--project', 'tsconfig.json', '--emitDeclarationOnly'], { cwd: root, stdio: 'inherit' })
  for (const file of readdirSync(dist).filter((file) => file.endsWith('.d.ts'))) {
    const at = new URL(file, dist)
    writeFileSync(at, closed(readFileSync(at, 'utf8')))
  }
}

/** What only this package makes shows no constructor. */
function closed(types) {
  return types.replace(/^export declare class (\w+)[^{]*\{\n(?:(?!^\}).*\n)*?\}/gm, (text) => {
    return /constructor\(/.test(text) || / extends Error/.test(text) ? text : text.replace('{\n', '{\n    private constructor();\n')
  })
}

/** `npx vipps-partner-auth`, over the same face. */
function program() {
  const [entry, outfile] = ['lib/cli.ts', 'dist/cli.js'].map((path) => fileURLToPath(new URL(path, root)))
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  const define = { PACKAGE_VERSION: JSON.stringify(version) }
  const external = ['*.node', 'vipps-partner-auth-*']
  const banner = { js: '#!/usr/bin/env node' }
  buildSync({ entryPoints: [entry], outfile, banner, bundle: true, define, external, platform: 'node', format: 'cjs', target: 'node18.18', logLevel: 'warning' })
}

/** Gives the names of what is exported: esbuild lists them for those who read CommonJS without running it. */
function face() {
  const [entry, outfile] = ['lib/index.ts', 'dist/index.js'].map((path) => fileURLToPath(new URL(path, root)))
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  const define = { PACKAGE_VERSION: JSON.stringify(version) }
  const external = ['*.node', 'vipps-partner-auth-*']
  buildSync({ entryPoints: [entry], outfile, bundle: true, define, external, platform: 'node', format: 'cjs', target: 'node18.18', keepNames: true, logLevel: 'warning' })
  const list = /^0 && \(module\.exports = \{([^}]*)\}\)/m.exec(readFileSync(outfile, 'utf8'))?.[1] ?? ''
  const names = list.split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (names.length < 20) throw new Error('the names of the exports were not found')
  return names
}

// Packs what would be published: the package, the package with the binary for this platform, and, for machines without a
// registry, one tarball with both in it. Run `node scripts/build.mjs` before.
//
// node scripts/pack.mjs <library> <folder> [platform, such as linux-x64-gnu]

import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { thisPlatform } from './platform.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const [library, folder, platform = thisPlatform()] = process.argv.slice(2)
if (folder === undefined) throw new Error('which library, and where to?')
const out = resolve(folder)
const { devDependencies, scripts, ...own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const binary = `vipps-partner-auth.${platform}.node`

checkFloor()
rmSync(out, { recursive: true, force: true })
pack(stagedPlatform(), out)
pack(staged('package', { ...own, optionalDependencies: { [`${own.name}-${platform}`]: own.version } }), out)
pack(staged('whole', own, binary), join(out, 'self-contained'))

/** The oldest glibc that the README promises: the names of newer versions would stand in the binary. */
function checkFloor() {
  if (!platform.endsWith('-gnu')) return
  const versions = readFileSync(library, 'latin1').matchAll(/GLIBC_2\.(\d+)/g)
  const newest = Math.max(...Array.from(versions, ([, minor]) => Number(minor)))
  if (newest > 17) throw new Error(`the binary needs glibc 2.${newest}, which is newer than 2.17`)
  console.log(`${binary} needs glibc 2.${newest} or newer`)
}

/** The package itself; with `binary` it needs no other. */
function staged(name, manifest, binary) {
  const at = fresh(name, manifest)
  for (const folder of ['dist', 'examples']) cpSync(join(root, folder), join(at, folder), { recursive: true })
  // In the repository the pages for all languages lie beside this package, here within it.
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  writeFileSync(join(at, 'README.md'), readme.replaceAll('](../docs/', '](docs/'))
  mkdirSync(join(at, 'docs'))
  for (const [, page] of readme.matchAll(/\]\(\.\.\/docs\/([\w.-]+)\)/g)) copyPage(page, join(at, 'docs'))
  if (binary !== undefined) copyFileSync(library, join(at, binary))
  return at
}

/** A page and what it shows. */
function copyPage(page, folder) {
  const text = readFileSync(join(root, '../docs', page), 'utf8')
  writeFileSync(join(folder, page), text)
  for (const [, other] of text.matchAll(/\]\(([\w.-]+)\)/g)) copyFileSync(join(root, '../docs', other), join(folder, other))
}

function stagedPlatform() {
  const [os, cpu, libc] = platform.split('-')
  const { version, license, author, engines, description } = own
  const where = { os: [os], cpu: [cpu], ...(os === 'linux' && { libc: [libc === 'musl' ? 'musl' : 'glibc'] }) }
  const about = { name: `${own.name}-${platform}`, version, description: `${description}: ${platform}`, license, author, engines }
  const at = fresh('platform', { ...about, ...where, main: binary, files: [binary, 'LICENSE-*'] })
  writeFileSync(join(at, 'README.md'), `# ${about.name}\n\nThe binary of \`${own.name}\` for ${platform}. Install that package instead.\n`)
  copyFileSync(library, join(at, binary))
  return at
}

function fresh(name, manifest) {
  const at = join(out, 'stage', name)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(root, '..', licence), join(at, licence))
  return at
}

function pack(stage, destination) {
  mkdirSync(destination, { recursive: true })
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination]
  const [packed] = Object.values(JSON.parse(execFileSync('npm', options, { cwd: stage, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })))
  console.log(`\n${join(destination, packed.filename)}: ${packed.entryCount} files, ${packed.unpackedSize} bytes, ${statSync(join(destination, packed.filename)).size} bytes packed`)
  for (const { path, size } of packed.files) console.log(`${String(size).padStart(9)}  ${path}`)
}

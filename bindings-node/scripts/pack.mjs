// Packs what would be published: the package, a package with the binary for each platform that is given, and, for machines
// without a registry, one tarball for each with both in it. Run `node scripts/build.mjs` before.
//
// node scripts/pack.mjs <folder> <all platforms, by commas> <platform>=<library, with its notices beside it>...

import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const [folder, platforms, ...given] = process.argv.slice(2)
if (given.length === 0) throw new Error('where to, for which platforms, and which libraries?')
const out = resolve(folder)
const { devDependencies, scripts, ...own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const optionalDependencies = Object.fromEntries(platforms.split(',').map((platform) => [`${own.name}-${platform}`, own.version]))
const NOTICES = ['THIRD-PARTY-LICENSES.txt', 'sbom.cdx.json']

rmSync(out, { recursive: true, force: true })
pack(staged('package', { ...own, optionalDependencies }), out)
for (const [platform, library] of given.map((pair) => pair.split('='))) {
  const binary = `vipps-partner-auth.${platform}.node`
  checkFloor(platform, library, binary)
  pack(stagedPlatform(platform, library, binary), join(out, 'platforms'))
  pack(staged(`whole-${platform}`, own, library, binary), join(out, 'self-contained', platform))
}

/** The oldest glibc that the README promises: the names of newer versions would stand in the binary. */
function checkFloor(platform, library, binary) {
  if (!platform.endsWith('-gnu')) return
  const versions = readFileSync(library, 'latin1').matchAll(/GLIBC_2\.(\d+)/g)
  const newest = Math.max(...Array.from(versions, ([, minor]) => Number(minor)))
  if (newest > 17) throw new Error(`the binary needs glibc 2.${newest}, which is newer than 2.17`)
  console.log(`${binary} needs glibc 2.${newest} or newer`)
}

/** The package itself; with `binary` it needs no other. */
function staged(name, manifest, library, binary) {
  const at = fresh(name, manifest)
  for (const folder of ['dist', 'examples']) cpSync(join(root, folder), join(at, folder), { recursive: true })
  // In the repository the pages for all languages lie beside this package, here within it.
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  writeFileSync(join(at, 'README.md'), readme.replaceAll('](../docs/', '](docs/'))
  mkdirSync(join(at, 'docs'))
  for (const [, page] of readme.matchAll(/\]\(\.\.\/docs\/([\w.-]+)\)/g)) copyPage(page, join(at, 'docs'))
  if (binary !== undefined) addBinary(at, library, binary)
  return at
}

/** A page and what it shows. */
function copyPage(page, folder) {
  const text = readFileSync(join(root, '../docs', page), 'utf8')
  writeFileSync(join(folder, page), text)
  for (const [, other] of text.matchAll(/\]\(([\w.-]+)\)/g)) copyFileSync(join(root, '../docs', other), join(folder, other))
}

/** With what the licences of those ask for whose code is in it, and what that code is. */
function addBinary(at, library, binary) {
  copyFileSync(library, join(at, binary))
  for (const file of NOTICES) copyFileSync(join(dirname(library), file), join(at, file))
}

function stagedPlatform(platform, library, binary) {
  const [os, cpu, libc] = platform.split('-')
  const { version, license, author, engines, description, repository, homepage, bugs, publishConfig } = own
  const where = { os: [os], cpu: [cpu], ...(os === 'linux' && { libc: [libc === 'musl' ? 'musl' : 'glibc'] }) }
  const about = { name: `${own.name}-${platform}`, version, description: `${description}: ${platform}`, license, author, repository, homepage, bugs, publishConfig, engines }
  const at = fresh(platform, { ...about, ...where, main: binary, files: [binary, 'LICENSE-*', ...NOTICES] })
  writeFileSync(join(at, 'README.md'), `# ${about.name}\n\nThe binary of \`${own.name}\` for ${platform}. Install that package instead.\n\nIts licences: MIT OR Apache-2.0, and for the code of others in it those of \`${NOTICES[0]}\`.\n`)
  addBinary(at, library, binary)
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

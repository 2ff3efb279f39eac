// Packs what would be published: the package, the package with the program for this platform, and, for machines without a
// registry, one tarball with both in it. Run `node scripts/build.mjs` before.
//
// node scripts/pack.mjs <program> <folder> [platform, such as linux-x64-gnu]

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { fileOf, thisPlatform } from './platform.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const [program, folder, platform = thisPlatform()] = process.argv.slice(2)
if (folder === undefined) throw new Error('which program, and where to?')
const out = resolve(folder)
const { devDependencies, scripts, ...own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const file = fileOf(platform)

rmSync(out, { recursive: true, force: true })
pack(stagedPlatform(), out)
pack(staged('package', { ...own, optionalDependencies: { [`${own.name}-${platform}`]: own.version } }), out)
pack(staged('whole', own, true), join(out, 'self-contained'))

/** The package itself; with the program it needs no other. */
function staged(name, manifest, withProgram = false) {
  const at = fresh(name, manifest)
  for (const folder of ['bin', 'dist']) cpSync(join(root, folder), join(at, folder), { recursive: true })
  // What it is an emulator of is told in its repository.
  writeFileSync(join(at, 'README.md'), readFileSync(join(root, 'README.md'), 'utf8').replace(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1'))
  if (withProgram) copyProgram(at)
  return at
}

function stagedPlatform() {
  const [os, cpu, libc] = platform.split('-')
  const { version, license, author, engines, description, repository, homepage, bugs, publishConfig } = own
  const where = { os: [os], cpu: [cpu], ...(os === 'linux' && { libc: [libc === 'musl' ? 'musl' : 'glibc'] }) }
  const about = { name: `${own.name}-${platform}`, version, description: `${description}: ${platform}`, license, author, repository, homepage, bugs, publishConfig, engines }
  // A program inside of an archive can't be run.
  const at = fresh('platform', { ...about, ...where, preferUnplugged: true, files: [file, 'LICENSE-*'] })
  writeFileSync(join(at, 'README.md'), `# ${about.name}\n\nThe program of \`${own.name}\` for ${platform}. Install that package instead.\n`)
  copyProgram(at)
  return at
}

function copyProgram(at) {
  copyFileSync(program, join(at, file))
  chmodSync(join(at, file), 0o755)
}

function fresh(name, manifest) {
  const at = join(out, 'stage', name)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(root, '../..', licence), join(at, licence))
  return at
}

function pack(stage, destination) {
  mkdirSync(destination, { recursive: true })
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination]
  const [packed] = Object.values(JSON.parse(execFileSync('npm', options, { cwd: stage, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })))
  console.log(`\n${join(destination, packed.filename)}: ${packed.entryCount} files, ${packed.unpackedSize} bytes, ${statSync(join(destination, packed.filename)).size} bytes packed`)
  for (const { path, size } of packed.files) console.log(`${String(size).padStart(9)}  ${path}`)
}

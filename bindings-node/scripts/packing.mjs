// What the packages of this repository that carry a binary have in common: the package itself, one with the binary for each
// platform, and, for machines without a registry, one tarball for each with both in it.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../', import.meta.url))
/** What the licences of those ask for whose code is in a binary, and what that code is. */
const NOTICES = ['THIRD-PARTY-LICENSES.txt', 'sbom.cdx.json']

/**
 * Packs a package and its binaries. `words`: the folder to pack into, all platforms by commas, and `<platform>=<binary, with its
 * notices beside it>` for each that there is.
 *
 * `fill(at)` puts into a folder what the package has besides its manifest; `fileOf(platform)` names the binary there, `kind` says
 * what it is; `check(platform, binary)` may refuse it; `about` is more for the manifest of a platform's package.
 */
export function packAll(root, words, { fill, fileOf, kind, check = () => {}, about = () => ({}), mode = 0o644 }) {
  const [folder, platforms, ...given] = words
  if (given.length === 0) throw new Error('where to, for which platforms, and which binaries?')
  const out = resolve(folder)
  const { devDependencies, scripts, ...own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const optionalDependencies = Object.fromEntries(platforms.split(',').map((platform) => [`${own.name}-${platform}`, own.version]))
  const { version, license, author, engines, description, repository: source, homepage, bugs, publishConfig } = own

  rmSync(out, { recursive: true, force: true })
  pack(whole('package', { ...own, optionalDependencies }), out)
  for (const [platform, binary] of given.map((pair) => pair.split('='))) {
    check(platform, binary)
    pack(ofPlatform(platform, binary), join(out, 'platforms'))
    const both = whole(`whole-${platform}`, own)
    add(both, platform, binary)
    pack(both, join(out, 'self-contained', platform))
  }

  function whole(name, manifest) {
    const at = fresh(name, manifest)
    fill(at)
    return at
  }

  function ofPlatform(platform, binary) {
    const file = fileOf(platform)
    const [os, cpu, libc] = platform.split('-')
    const where = { os: [os], cpu: [cpu], ...(os === 'linux' && { libc: [libc === 'musl' ? 'musl' : 'glibc'] }) }
    const name = `${own.name}-${platform}`
    const told = { name, version, description: `${description}: ${platform}`, license, author, repository: source, homepage, bugs, publishConfig, engines }
    const at = fresh(platform, { ...told, ...where, ...about(file), files: [file, 'LICENSE-*', ...NOTICES] })
    const licences = `Its licences: ${license}, and for the code of others in it those of \`${NOTICES[0]}\`.`
    writeFileSync(join(at, 'README.md'), `# ${name}\n\nThe ${kind} of \`${own.name}\` for ${platform}. Install that package instead.\n\n${licences}\n`)
    add(at, platform, binary)
    return at
  }

  function add(at, platform, binary) {
    const place = join(at, fileOf(platform))
    writeFileSync(place, readFileSync(binary), { mode })
    for (const file of NOTICES) copyFileSync(join(dirname(binary), file), join(at, file))
  }

  function fresh(name, manifest) {
    const at = join(out, 'stage', name)
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(repository, licence), join(at, licence))
    return at
  }
}

function pack(stage, destination) {
  mkdirSync(destination, { recursive: true })
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination]
  const [packed] = Object.values(JSON.parse(execFileSync('npm', options, { cwd: stage, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })))
  console.log(`\n${join(destination, packed.filename)}: ${packed.entryCount} files, ${packed.unpackedSize} bytes, ${statSync(join(destination, packed.filename)).size} bytes packed`)
  for (const { path, size } of packed.files) console.log(`${String(size).padStart(9)}  ${path}`)
}

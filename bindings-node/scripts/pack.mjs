// Packs what would be published. Run `node scripts/build.mjs` before.
//
// node scripts/pack.mjs <folder> <all platforms, by commas> <platform>=<library, with its notices beside it>...

import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { packAll } from './packing.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))

packAll(root, process.argv.slice(2), {
  fill,
  fileOf: (platform) => `vipps-partner-auth.${platform}.node`,
  kind: 'binary',
  check: checkFloor,
  about: (file) => ({ main: file }),
})

/** The oldest glibc that the README promises: the names of newer versions would stand in the binary. */
function checkFloor(platform, library) {
  if (!platform.endsWith('-gnu')) return
  const versions = readFileSync(library, 'latin1').matchAll(/GLIBC_2\.(\d+)/g)
  const newest = Math.max(...Array.from(versions, ([, minor]) => Number(minor)))
  if (newest > 17) throw new Error(`the binary needs glibc 2.${newest}, which is newer than 2.17`)
  console.log(`the binary for ${platform} needs glibc 2.${newest} or newer`)
}

function fill(at) {
  for (const folder of ['dist', 'examples']) cpSync(join(root, folder), join(at, folder), { recursive: true })
  // In the repository the pages for all languages lie beside this package, here within it.
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  writeFileSync(join(at, 'README.md'), readme.replaceAll('](../docs/', '](docs/'))
  mkdirSync(join(at, 'docs'))
  for (const [, page] of readme.matchAll(/\]\(\.\.\/docs\/([\w.-]+)\)/g)) copyPage(page, join(at, 'docs'))
}

/** A page and what it shows. */
function copyPage(page, folder) {
  const text = readFileSync(join(root, '../docs', page), 'utf8')
  writeFileSync(join(folder, page), text)
  for (const [, other] of text.matchAll(/\]\(([\w.-]+)\)/g)) copyFileSync(join(root, '../docs', other), join(folder, other))
}

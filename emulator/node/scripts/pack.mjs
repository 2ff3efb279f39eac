// Packs what would be published. Run `node scripts/build.mjs` before.
//
// node scripts/pack.mjs <folder> <all platforms, by commas> <platform>=<program, with its notices beside it>...

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { packAll } from '../../../bindings-node/scripts/packing.mjs'
import { fileOf } from './platform.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))

packAll(root, process.argv.slice(2), {
  fill,
  fileOf,
  kind: 'program',
  // A program inside of an archive can't be run.
  about: () => ({ preferUnplugged: true }),
  mode: 0o755,
})

function fill(at) {
  for (const folder of ['bin', 'dist']) cpSync(join(root, folder), join(at, folder), { recursive: true })
  // What it is an emulator of is told in its repository.
  writeFileSync(join(at, 'README.md'), readFileSync(join(root, 'README.md'), 'utf8').replace(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1'))
}

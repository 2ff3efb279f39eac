// Puts the program that cargo built in the place where the package looks for it first.
//
// node scripts/program.mjs <program>

import { chmodSync, copyFileSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { fileOf, thisPlatform } from './platform.mjs'

const [program] = process.argv.slice(2)
if (program === undefined) throw new Error('which program?')
const place = fileURLToPath(new URL(`../${fileOf(thisPlatform())}`, import.meta.url))
// A running process may have the old one open.
copyFileSync(program, `${place}.new`)
chmodSync(`${place}.new`, 0o755)
renameSync(`${place}.new`, place)

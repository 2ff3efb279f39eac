// Puts the native part that cargo built in the place where the package looks for it first.
//
// node scripts/native.mjs <library>

import { copyFileSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { thisPlatform } from './platform.mjs'

const [library] = process.argv.slice(2)
if (library === undefined) throw new Error('which library?')
const place = fileURLToPath(new URL(`../vipps-partner-auth.${thisPlatform()}.node`, import.meta.url))
// A running process may have the old one open.
copyFileSync(library, `${place}.new`)
renameSync(`${place}.new`, place)

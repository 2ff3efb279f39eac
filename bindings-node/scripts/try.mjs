// Installs what was packed as its users do, in empty folders and without a network, and puts it to work.
//
// node scripts/try.mjs <folder that pack.mjs filled>

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { Emulator } from 'vipps-emulator'

import { thisPlatform } from './platform.mjs'

const PROGRAM = `
  import assert from 'node:assert/strict'
  import { createRequire } from 'node:module'
  import { Partner } from 'vipps-partner-auth'

  assert.equal(createRequire(import.meta.url)('vipps-partner-auth').Partner, Partner)
  const partner = Partner.fromEnv()
  const response = await partner.merchant('123456').fetch(partner.environment.baseUrl + '/epayment/v1/payments/acme-1')
  assert.equal(response.status, 200)
`

// That of the repository: what is tried here doesn't bring one.
const vipps = await Emulator.start({ merchants: ['123456'] })
const variables = await vipps.environment()

const [packed] = process.argv.slice(2)
if (packed === undefined) throw new Error('where are the packages?')
const tarballs = (folder) => readdirSync(folder).filter((file) => file.endsWith('.tgz')).map((file) => join(folder, file))

const main = tarballs(resolve(packed))
const platform = tarballs(resolve(packed, 'platforms')).filter((file) => file.includes(`-${thisPlatform()}-`))

works('the package and its binary', [...main, ...platform])
works('both in one', tarballs(resolve(packed, 'self-contained', thisPlatform())))
saysWhatIsMissing(main)
await vipps.stop()

function works(what, files) {
  installed(files, (run) => run('program.mjs'))
  console.log(`${what}: installed in an empty folder without a network, required, imported, and it works`)
}

function saysWhatIsMissing(files) {
  installed(files, (run) => {
    try {
      run('program.mjs')
    } catch ({ stderr }) {
      if (/has no binary that works here[\s\S]*None of these is installed/.test(stderr)) return
      throw new Error(stderr)
    }
    throw new Error('it works without a binary')
  })
  console.log('the package without its binary: says what is missing')
}

function installed(files, use) {
  const folder = mkdtempSync(join(tmpdir(), 'vipps-partner-auth-'))
  const env = { ...process.env, ...variables }
  const run = (file) => execFileSync(process.execPath, [file], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' })
  try {
    mkdirSync(join(folder, 'cache'))
    writeFileSync(join(folder, 'package.json'), '{ "name": "of-a-user", "version": "1.0.0", "private": true }\n')
    writeFileSync(join(folder, 'program.mjs'), PROGRAM)
    const offline = ['install', '--offline', '--no-audit', '--no-fund', '--cache', join(folder, 'cache')]
    execFileSync('npm', [...offline, ...files], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
    use(run)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

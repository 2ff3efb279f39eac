// Installs what was packed as its users do, in empty folders and without a network, and puts it to work.
//
// node scripts/try.mjs <folder that pack.mjs filled>

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { thisPlatform } from './platform.mjs'

const PROGRAM = `
  import assert from 'node:assert/strict'
  import { createRequire } from 'node:module'
  import { Emulator } from 'vipps-emulator'

  assert.equal(createRequire(import.meta.url)('vipps-emulator').Emulator, Emulator)
  const vipps = await Emulator.start({ merchants: ['123456'] })
  const { clientId, clientSecret, subscriptionKey } = await vipps.partnerKeys()
  const system = { 'vipps-system-name': 'acme', 'vipps-system-version': '3.1.2' }
  const headers = { client_id: clientId, client_secret: clientSecret, 'ocp-apim-subscription-key': subscriptionKey, ...system }
  const reply = await fetch(vipps.baseUrl + '/accesstoken/get', { method: 'POST', headers })
  assert.equal(reply.status, 200)
  await vipps.stop()
`

const [packed] = process.argv.slice(2)
if (packed === undefined) throw new Error('where are the packages?')
const tarballs = (folder) => readdirSync(folder).filter((file) => file.endsWith('.tgz')).map((file) => join(folder, file))

const main = tarballs(resolve(packed))
const platform = tarballs(resolve(packed, 'platforms')).filter((file) => file.includes(`-${thisPlatform()}-`))

works('the package and its program', [...main, ...platform])
works('both in one', tarballs(resolve(packed, 'self-contained', thisPlatform())))
saysWhatIsMissing(main)

function works(what, files) {
  installed(files, (run) => {
    run(process.execPath, 'program.mjs')
    assert.match(run('npx', '--no-install', 'vipps-emulator', '--version'), /^vipps-emulator \d/)
  })
  console.log(`${what}: installed in an empty folder without a network, required, imported, run by npx, and it works`)
}

function saysWhatIsMissing(files) {
  installed(files, (run) => {
    assert.throws(() => run(process.execPath, 'program.mjs'), ({ stderr }) => /no program that runs here[\s\S]*None of these is installed/.test(stderr))
  })
  console.log('the package without its program: says what is missing')
}

function installed(files, use) {
  const folder = mkdtempSync(join(tmpdir(), 'vipps-emulator-'))
  const run = (program, ...args) => execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
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

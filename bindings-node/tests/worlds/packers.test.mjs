// Tools that take a program's files along: each must find the binary, and the program must run where only they put it.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { nodeFileTrace } from '@vercel/nft'
import webpack from 'webpack'

import { thisPlatform } from '../../scripts/platform.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(join(root, 'package.json'))
const platform = thisPlatform()
const binary = `vipps-partner-auth.${platform}.node`
const APP = `import { msn, environment } from 'vipps-partner-auth'\nconsole.log(msn('123456'), environment('test').baseUrl)\n`

function temporary(t) {
  // Beside the binary, which is linked and not copied.
  const folder = realpathSync(mkdtempSync(join(root, 'dist', 'packed-')))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A program with the package installed as npm installs it. */
function installed(t) {
  const folder = temporary(t)
  const [face, own] = ['vipps-partner-auth', `vipps-partner-auth-${platform}`].map((name) => join(folder, 'node_modules', name))
  mkdirSync(face, { recursive: true })
  mkdirSync(own)
  cpSync(join(root, 'package.json'), join(face, 'package.json'))
  mkdirSync(join(face, 'dist'))
  for (const file of ['index.js', 'index.mjs']) cpSync(join(root, 'dist', file), join(face, 'dist', file))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: `vipps-partner-auth-${platform}`, version, main: binary }))
  linkSync(join(root, binary), join(own, binary))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'app.mjs'), APP)
  writeFileSync(join(folder, 'app.cjs'), APP.replace(/import (.*) from '(.*)'/, "const $1 = require('$2')"))
  return folder
}

function runs(file, cwd = dirname(file)) {
  assert.equal(execFileSync(process.execPath, [file], { cwd, encoding: 'utf8', stdio: 'pipe' }).trim(), '123456 https://apitest.vipps.no')
}

for (const entry of ['app.mjs', 'app.cjs']) {
  test(`@vercel/nft (Vercel, Next standalone, Nitro, Netlify): ${entry}`, async (t) => {
    const folder = installed(t)
    const { fileList } = await nodeFileTrace([join(folder, entry)], { base: folder })
    const files = [...fileList]
    assert.deepEqual(files.filter((file) => file.endsWith('.node')), [join('node_modules', `vipps-partner-auth-${platform}`, binary)])
    const deployed = temporary(t)
    for (const file of files) {
      mkdirSync(dirname(join(deployed, file)), { recursive: true })
      linkSync(join(folder, file), join(deployed, file))
    }
    runs(join(deployed, entry))
  })
}

test('esbuild: the package in the bundle, the binary beside it', async (t) => {
  const folder = installed(t)
  const { build } = require('esbuild')
  const outdir = join(temporary(t), 'out')
  for (const [format, name] of [['cjs', 'cjs'], ['esm', 'mjs']]) {
    const banner = format === 'esm' ? { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" } : {}
    const { warnings } = await build({ entryPoints: [join(folder, `app.${name}`)], outdir, bundle: true, platform: 'node', format, banner, loader: { '.node': 'copy' }, outExtension: { '.js': `.${name}` }, logLevel: 'silent' })
    assert.deepEqual(warnings, [])
    runs(join(outdir, `app.${name}`))
  }
})

test('esbuild: external', async (t) => {
  const folder = installed(t)
  const { build } = require('esbuild')
  await build({ entryPoints: [join(folder, 'app.mjs')], outfile: join(folder, 'out.mjs'), bundle: true, platform: 'node', format: 'esm', external: ['vipps-partner-auth'] })
  runs(join(folder, 'out.mjs'))
})

test('webpack: the package in the bundle, the binary beside it', async (t) => {
  const folder = installed(t)
  const path = join(temporary(t), 'out')
  const stats = await promisify(webpack)({
    mode: 'production',
    target: 'node',
    entry: join(folder, 'app.cjs'),
    output: { path, filename: 'app.cjs' },
    module: { rules: [{ test: /\.node$/, loader: fileURLToPath(import.meta.resolve('node-loader')) }] },
  })
  assert.equal(stats.hasErrors(), false, stats.toString())
  assert.ok(readdirSync(path).some((file) => file.endsWith('.node')))
  runs(join(path, 'app.cjs'))
})

/** An installation without the binary, or with a wrong one. */
function failing(t, spoil) {
  const folder = installed(t)
  spoil(join(folder, 'node_modules', `vipps-partner-auth-${platform}`), folder)
  try {
    runs(join(folder, 'app.mjs'))
  } catch ({ stderr }) {
    return String(stderr)
  }
  throw new Error('it works without a binary')
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const [os, cpu] = platform.split('-')
const libc = os === 'linux' ? ` ${platform.endsWith('musl') ? 'musl' : 'glibc'}` : ''
const mend = `npm install vipps-partner-auth@${version} --include=optional --os=${os} --cpu=${cpu}${libc && ` --libc=${libc.trim()}`}`

test('a missing binary: what was looked for, and the command that mends it', (t) => {
  const told = failing(t, (own) => rmSync(own, { recursive: true }))
  assert.ok(told.includes(`(${process.platform} ${process.arch}${libc}, Node ${process.version})`), told)
  assert.ok(told.includes(`vipps-partner-auth-${platform}`) && told.includes(mend), told)
})

test('a binary that is broken or of another machine: why it does not load', (t) => {
  const told = failing(t, (own) => {
    rmSync(join(own, binary))
    writeFileSync(join(own, binary), 'no program at all')
  })
  assert.match(told, /of no use here: .*(invalid ELF header|file too short|not a valid|mach-o)/)
  assert.ok(told.includes(mend), told)
})

test('a binary of another version: both are named', (t) => {
  const told = failing(t, (own) => {
    rmSync(join(own, binary))
    writeFileSync(join(own, 'index.js'), "exports.VERSION = '0.0.1'")
    writeFileSync(join(own, 'package.json'), '{ "main": "index.js" }')
  })
  assert.ok(told.includes(`vipps-partner-auth ${version} found the binary of 0.0.1 (${platform})`) && told.includes(mend), told)
})

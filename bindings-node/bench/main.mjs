// node --expose-gc main.mjs [--rounds N] [--json FILE]
//
// Prints ratios between things measured in one run. Pin it to one core: taskset -c 1 node …

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { parseArgs } from 'node:util'

import { checks, coldStart, headers, memory, renewal, start } from './cases.mjs'
import { compare, median } from './rounds.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '21' }, json: { type: 'string' } } })
const rounds = Number(values.rounds)
const require = createRequire(import.meta.url)
const peers = Object.keys(require('./package.json').devDependencies)
const versions = Object.fromEntries(peers.map((name) => [name, JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version]))
const results = { node: process.version, rounds, versions }

const vipps = await start()
results.memory = await memory(vipps)
const { bytes, cases } = await checks(vipps)
results.checks = { bytes, rows: await compare(cases, rounds) }
const calls = await headers(vipps)
results.headers = await compare(calls.sync, rounds)
results.awaited = await compare(calls.async, rounds)
results.coldStart = await coldStart(vipps)
results.renewal = await renewal(vipps)
await vipps.stop()
results.require = requireTimes()
results.size = size()
print()
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2))

/** Milliseconds to load a package over an empty process, each in a process of its own, median of the rounds. */
function requireTimes() {
  const names = ['vipps-partner-auth', 'jose', 'openid-client', 'fast-jwt', 'jsonwebtoken', 'google-auth-library', '@azure/msal-node']
  const code = (name) => `const s=process.hrtime.bigint();require(${JSON.stringify(name)});console.log(Number(process.hrtime.bigint()-s)/1e6)`
  const once = (name) => Number(spawnSync(process.execPath, ['-e', code(name)], { cwd: new URL('.', import.meta.url), encoding: 'utf8' }).stdout)
  const measured = Array.from({ length: rounds }, () => names.map(once))
  return names.map((name, at) => {
    const ratios = measured.map((round) => round[at] / round[1])
    return { name, milliseconds: median(measured.map((round) => round[at])), ratio: median(ratios) }
  })
}

function size() {
  const folder = new URL('../', import.meta.url)
  const binary = readdirSync(folder).find((file) => file.endsWith('.node'))
  const at = new URL(binary, folder)
  return { binary, bytes: statSync(at).size, packed: gzipSync(readFileSync(at), { level: 9 }).length }
}

function print() {
  const line = (name, ...cells) => console.log(`  ${name.padEnd(42)}${cells.map((cell) => cell.padStart(12)).join('')}`)
  const table = (title, rows, each) => {
    console.log(`\n${title}`)
    for (const row of rows) line(row.name, ...each(row))
  }
  const timed = ({ nanoseconds, ratio }) => [`${nanoseconds} ns`, `× ${ratio.toFixed(2)}`]
  console.log(`Node ${process.version}, ${rounds} rounds, ${Object.entries(versions).map((pair) => pair.join(' ')).join(', ')}`)
  table(`ID token of ${results.checks.bytes} bytes (time; ratio to the first)`, results.checks.rows, timed)
  table('headers of one of 10,000 merchants', results.headers, timed)
  table('the same, awaited', results.awaited, timed)
  const { callers, requests, ours, lock } = results.coldStart
  console.log(`\ncold start: ${callers} callers, ${requests} token request, ${ours.toFixed(0)} ms; a shared promise ${lock.toFixed(0)} ms`)
  const { without, across } = results.renewal
  console.log(`slowest await headers: ${without.toFixed(0)} µs, across a renewal ${across.toFixed(0)} µs, × ${(across / without).toFixed(2)}`)
  table('require (time; ratio to jose)', results.require, (row) => [`${row.milliseconds.toFixed(1)} ms`, `× ${row.ratio.toFixed(2)}`])
  console.log(`\n${results.size.binary}: ${results.size.bytes} bytes, ${results.size.packed} packed`)
  console.log(`10,000 merchants: ${(results.memory.bytes / 2 ** 20).toFixed(1)} MiB`)
}

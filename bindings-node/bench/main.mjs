// node --expose-gc main.mjs [--rounds N] [--json FILE]
//
// Prints ratios between things measured in one run. Pin it to one core: taskset -c 1 node …

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'

import { checks, coldStart, headers, memory, renewal, start } from './cases.mjs'
import { rehearsal } from './peers.mjs'
import { loading, sizes } from './processes.mjs'
import { compare } from './rounds.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '51' }, json: { type: 'string' } } })
const rounds = Number(values.rounds)
const few = Math.ceil(rounds / 5)
const require = createRequire(import.meta.url)
const peers = Object.keys(require('./package.json').devDependencies)
const versions = Object.fromEntries(peers.map((name) => [name, JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version]))
const results = { node: process.version, rounds, versions }

const vipps = await start()
await rehearsal()
results.memory = await memory(vipps)
const { bytes, cases } = await checks(vipps)
results.checks = { bytes, rows: await compare(cases, rounds) }
const calls = await headers(vipps)
results.headers = await compare(calls.sync, rounds)
results.awaited = await compare(calls.async, rounds)
results.coldStart = await coldStart(vipps, few)
results.renewal = await renewal(vipps)
await vipps.stop()
results.loading = loading(peers, few)
results.sizes = sizes(peers)
print()
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2))

function print() {
  const line = (name, ...cells) => console.log(`  ${name.padEnd(42)}${cells.map((cell) => cell.padStart(14)).join('')}`)
  const table = (title, rows, each) => {
    console.log(`\n${title}`)
    for (const row of rows) line(row.name, ...each(row))
  }
  const times = (ratio) => `× ${ratio.toFixed(2)}`
  const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(2)} MiB`
  const timed = ({ nanoseconds, ratio }) => [`${nanoseconds} ns`, times(ratio)]
  console.log(`Node ${process.version}, ${rounds} rounds, ${Object.entries(versions).map((pair) => pair.join(' ')).join(', ')}`)
  console.log('Time: the least of all rounds. Ratio: to the first line, median of the rounds.')
  table(`ID token of ${results.checks.bytes} bytes`, results.checks.rows, timed)
  table('headers of one of 10,000 merchants', results.headers, timed)
  table('the same, awaited', results.awaited, timed)
  table('cold start of 10,000 callers: token requests, processor time of each waiter', results.coldStart, ({ requests, microseconds, ratio }) => [String(requests), `${microseconds.toFixed(2)} µs`, times(ratio)])
  const { without, across } = results.renewal
  console.log(`\nslowest await headers: ${without.toFixed(0)} µs, across a renewal ${across.toFixed(0)} µs, ${times(across / without)}`)
  table('require: time, memory, over an empty process', results.loading, ({ milliseconds, ratio, bytes }) => [`${milliseconds.toFixed(1)} ms`, times(ratio), mebibytes(bytes)])
  table('installed, with what it depends on: packages, size, packed', results.sizes, ({ packages, bytes, packed }) => [String(packages), mebibytes(bytes), mebibytes(packed)])
  console.log(`\n10,000 merchants: ${mebibytes(results.memory.bytes)}`)
}

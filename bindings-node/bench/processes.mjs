// What a package costs before anything is called: time and memory to load it, and what lies on the disk.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

import { median, shuffled } from './rounds.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const EMPTY = 'an empty process'

/** Rows 9 and 11: `require`, in a process of its own each time; ratios are to jose. */
export function loading(peers, rounds) {
  const names = ['jose', ...peers.filter((name) => name !== 'jose')]
  const measured = Object.fromEntries([EMPTY, ...names].map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of shuffled(Object.keys(measured))) measured[name].push(loaded(name))
  }
  return names.map((name) => ({
    name,
    milliseconds: Math.min(...measured[name].map(({ milliseconds }) => milliseconds)),
    ratio: median(measured[name].map(({ milliseconds }, round) => milliseconds / measured.jose[round].milliseconds)),
    bytes: median(measured[name].map(({ bytes }, round) => bytes - measured[EMPTY][round].bytes)),
  }))
}

function loaded(name) {
  const load = name === EMPTY ? '' : `require(${JSON.stringify(name)})`
  const code = `const start = process.hrtime.bigint(); ${load}; const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
    console.log(JSON.stringify({ milliseconds, bytes: process.memoryUsage().rss }))`
  return JSON.parse(spawnSync(process.execPath, ['-e', code], { cwd: here, encoding: 'utf8' }).stdout)
}

/** Row 10: ours is what is published, so without the things of its developers. */
export function sizes(peers) {
  return peers.map((name) => {
    const folders = name === 'vipps-partner-auth' ? [] : closure(name)
    const files = folders.length === 0 ? ownFiles() : folders.flatMap(allFiles)
    const contents = files.map((file) => readFileSync(file))
    const sum = (lengths) => lengths.reduce((total, length) => total + length, 0)
    const packed = sum(contents.map((content) => gzipSync(content, { level: 9 }).length))
    return { name, packages: folders.length || 1, bytes: sum(contents.map(({ length }) => length)), packed }
  })
}

function ownFiles() {
  const root = join(here, '..')
  const binaries = readdirSync(root).filter((file) => file.endsWith('.node')).map((file) => join(root, file))
  return [...allFiles(join(root, 'dist')), ...binaries]
}

function closure(name, from = here, found = new Set()) {
  const folder = folderOf(name, from)
  if (folder === undefined || found.has(folder)) return [...found]
  found.add(folder)
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json')))
  for (const dependency of Object.keys(dependencies)) closure(dependency, folder, found)
  return [...found]
}

function folderOf(name, from) {
  const places = createRequire(join(from, 'x.js')).resolve.paths(name)
  return places.map((place) => join(place, name)).find((folder) => statSync(folder, { throwIfNoEntry: false }) !== undefined)
}

/** Without packages within it, which count for themselves. */
function allFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : allFiles(path)
    return [path]
  })
}

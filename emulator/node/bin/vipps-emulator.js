#!/usr/bin/env node
// Runs the program. It ends with this process, however that ends: its standard input is a pipe from here.

'use strict'

const { spawn } = require('node:child_process')

const { programPath } = require('../dist/program.js')

const args = process.argv.slice(2)
// Heard before there is a program, which may say that it is ready at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
const child = spawn(programPath(), ['--exit-with-stdin', ...args], { stdio: ['pipe', 'inherit', 'inherit'] })
// Only where the arguments say so is what comes from outside for the program.
if (args.includes('--exit-with-stdin') || args.includes('-')) process.stdin.pipe(child.stdin)
child.stdin.on('error', () => {})

child.on('error', (error) => {
  console.error(`vipps-emulator: ${error.message}`)
  process.exit(2)
})
child.on('close', (code) => process.exit(code ?? 1))

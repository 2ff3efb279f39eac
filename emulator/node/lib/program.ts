// The program `vipps-emulator`: where it is, and how it runs as a child that never outlives this process.

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

import { EmulatorError, isRefusal } from './door.js'

declare const PACKAGE_VERSION: string

/** What the program prints once it is ready, as far as it is read here. */
export interface StartLine {
  readonly version: string
  readonly pid: number
  readonly base_url: string
  readonly page_url: string
  readonly local_url: string
}

/** A program that was started. It ends with its standard input, so however this process ends, it ends too. */
export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #ended: Promise<string>

  /** Starts it with an object of options, perhaps over a configuration file, and waits until it is ready. */
  static async start(path: string, setup: object, config?: string): Promise<{ program: Program; line: StartLine }> {
    const program = new Program(path, config)
    const line = await program.#begin(setup)
    program.#letGo()
    return { program, line }
  }

  private constructor(path: string, config: string | undefined) {
    const file = config === undefined ? [] : ['--config', config]
    const args = ['--json', '--exit-with-stdin', ...file, '--config', '-']
    this.#child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
    })
    // It may be gone before it has read its input.
    this.#child.stdin.on('error', () => {})
  }

  /** Ends it, and waits until it is gone. */
  async stop(): Promise<void> {
    // Its end is known once all of these have ended, and nothing else may keep this process alive until then.
    this.#child.ref()
    for (const stream of this.#streams()) stream.ref()
    this.#child.stdin.end()
    await this.#ended
  }

  async #begin(setup: object): Promise<StartLine> {
    const { stdin, stdout, stderr } = this.#child
    const complaints: Buffer[] = []
    const complain = (chunk: Buffer) => complaints.push(chunk)
    stderr.on('data', complain)
    stdin.write(`${JSON.stringify(setup)}\n`)
    const first = await Promise.race([firstLine(stdout), this.#ended.then((how) => ({ how }))])
    stderr.off('data', complain)
    if (typeof first !== 'string') {
      const said = Buffer.concat(complaints).toString().trim()
      throw new Error(`vipps-emulator did not start: ${said === '' ? first.how : said}`)
    }
    const line = JSON.parse(first) as StartLine | { error: string }
    if (isRefusal(line)) throw new EmulatorError('start', line)
    if ('error' in line) throw new Error(`vipps-emulator did not start: ${line.error}`)
    // What it has to say, such as that others can reach it, is for whoever reads this process's errors.
    process.stderr.write(Buffer.concat(complaints))
    stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk))
    return line
  }

  /** From now on it keeps this process alive no more. */
  #letGo(): void {
    this.#child.unref()
    for (const stream of this.#streams()) stream.unref()
  }

  #streams(): Socket[] {
    const { stdin, stdout, stderr } = this.#child
    return [stdin, stdout, stderr] as unknown as Socket[]
  }
}

function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const hear = (chunk: Buffer) => {
      text += chunk.toString()
      if (!text.includes('\n')) return
      stream.off('data', hear)
      stream.resume()
      resolve(text.slice(0, text.indexOf('\n')))
    }
    stream.on('data', hear)
  })
}

/**
 * Where the program is: the environment variable `VIPPS_EMULATOR`, in this package (in its repository, and where both were
 * packed as one), or in the package for the platform.
 */
export function programPath(): string {
  const told = process.env['VIPPS_EMULATOR']
  if (told !== undefined && told !== '') return told
  const found = platforms().flatMap((platform) => [beside(platform), installed(platform)]).find((path) => path !== undefined)
  if (found !== undefined) return found
  throw new Error(noProgram())
}

/** How the programs for this machine are named; the same as for the binaries of vipps-partner-auth. */
export function platforms(): string[] {
  const { platform, arch } = process
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`]
  return [platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`]
}

export function fileOf(platform: string): string {
  return `vipps-emulator.${platform}${platform.startsWith('win32') ? '.exe' : ''}`
}

function beside(platform: string): string | undefined {
  const path = join(__dirname, '..', fileOf(platform))
  return existsSync(path) ? path : undefined
}

function installed(platform: string): string | undefined {
  const name = `vipps-emulator-${platform}`
  try {
    const about = require.resolve(`${name}/package.json`)
    const { version } = require(about) as { version: string }
    if (version === PACKAGE_VERSION) return join(dirname(about), fileOf(platform))
  } catch {
    return undefined
  }
  throw new Error(`vipps-emulator ${PACKAGE_VERSION} found ${name} of another version: ${repair(platform)}`)
}

function noProgram(): string {
  const [platform = ''] = platforms()
  return [
    `vipps-emulator has no program that runs here (${process.platform} ${process.arch}, Node ${process.version}).`,
    `None of these is installed: ${platforms().map((name) => `vipps-emulator-${name}`).join(', ')}.`,
    repair(platform),
    'or, with Rust, `cargo install vipps-emulator`, and set VIPPS_EMULATOR to where it is.',
  ].join('\n')
}

function repair(platform: string): string {
  const [os, cpu, libc] = platform.split('-')
  const library = os === 'linux' ? ` --libc=${libc === 'musl' ? 'musl' : 'glibc'}` : ''
  return `Run: npm install vipps-emulator@${PACKAGE_VERSION} --include=optional --os=${os} --cpu=${cpu}${library}`
}

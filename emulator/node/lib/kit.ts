// An emulator with the library under test beside it, on one time.

import * as timers from 'node:timers'

import type { ManualClock, Merchant, Partner, Settings } from 'vipps-partner-auth'

import { Emulator } from './emulator.js'
import { installed } from './keys.js'
import type { EmulatorOptions } from './operations.js'

// Taken when this is loaded, so that a test's fake timers don't stop the clock.
const { setInterval, clearInterval } = timers
const monotonic = process.hrtime.bigint

/** How often the library's clock is moved to where the real time is. */
const STEP = 10

/** What a `Partner` takes beside keys, system and address, which are the kit's. */
export type KitSettings = Settings

/**
 * An emulator, and the clock of the library under test beside it: both run with the real time until told otherwise, and every
 * method here that moves the time moves both. Needs vipps-partner-auth.
 *
 * `emulator.advance` moves the emulator alone: a token then looks expired to one side and fresh to the other.
 */
export class TestKit {
  /** The emulator, with all its operations. */
  readonly emulator: Emulator
  /** The library's clock: the `clock` of whatever is not made by {@link partner} and {@link merchant}. */
  readonly clock: ManualClock
  readonly #library: typeof import('vipps-partner-auth')
  readonly #variables: { [name: string]: string }
  readonly #merchants: readonly string[]
  #runs: NodeJS.Timeout | undefined

  private constructor(emulator: Emulator, library: typeof import('vipps-partner-auth'), start: Start) {
    this.emulator = emulator
    this.#library = library
    this.#variables = start.variables
    this.#merchants = start.merchants
    this.clock = new library.ManualClock(start.now)
    // It was made to stand at a whole second.
    this.clock.advance(start.now.getTime() - this.clock.now().getTime())
    this.#run()
  }

  /** Starts an emulator and sets a clock by it. */
  static async start(options: EmulatorOptions = {}): Promise<TestKit> {
    const library = installed()
    if (library === undefined) throw new Error('vipps-emulator: a test kit needs vipps-partner-auth: npm install vipps-partner-auth')
    const emulator = await Emulator.start(options)
    const [{ now }, variables] = await Promise.all([emulator.now(), emulator.environment()])
    return new TestKit(emulator, library, { now, variables, merchants: options.merchants ?? [] })
  }

  /** Where the emulator is reached. */
  get baseUrl(): string {
    return this.emulator.baseUrl
  }

  /** A partner with the emulator's keys, on the kit's clock. `settings` go first. */
  partner(settings: KitSettings = {}): Partner {
    return this.#library.Partner.fromEnv({ variables: this.#variables, clock: this.clock, ...settings })
  }

  /**
   * One merchant of such a partner.
   *
   * @param msn Its merchant serial number; by default the first of those that the kit was started with.
   */
  merchant(msn: string | undefined = this.#merchants[0], settings?: KitSettings): Merchant {
    if (msn === undefined) throw new TypeError('msn is missing: the kit was started without merchants')
    return this.partner(settings).merchant(msn)
  }

  /** Moves both clocks ahead. Whoever waits until then, for a retry or the next poll, goes on. */
  async advance(milliseconds: number): Promise<void> {
    // The emulator's first: the library may go on at once, and would be too early.
    await this.emulator.advance(milliseconds)
    this.clock.advance(milliseconds)
  }

  /** Stops both clocks at a moment; from then on only {@link advance} moves them. */
  async setTime(at: Date | number): Promise<void> {
    this.#stand()
    const { now } = await this.emulator.setTime(at)
    this.clock.setWall(now)
  }

  /** Both clocks show the real time again, and run. */
  async realTime(): Promise<void> {
    this.#stand()
    const { now } = await this.emulator.realTime()
    this.clock.setWall(now)
    this.#run()
  }

  /** Ends the emulator. */
  async stop(): Promise<void> {
    this.#stand()
    await this.emulator.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** By what has passed and not by what the timer was set to, which is late when the thread is busy. */
  #run(): void {
    let last = monotonic()
    const step = () => {
      const now = monotonic()
      this.clock.advance(Number(now - last) / 1e6)
      last = now
    }
    this.#runs = setInterval(step, STEP).unref()
  }

  #stand(): void {
    clearInterval(this.#runs)
  }
}

interface Start {
  now: Date
  variables: { [name: string]: string }
  merchants: readonly string[]
}

/** What a test runner offers to be called before and after. */
export interface Hooks {
  beforeEach(call: () => Promise<void>): void
  afterEach(call: () => Promise<void>): void
  beforeAll(call: () => Promise<void>): void
  afterAll(call: () => Promise<void>): void
}

/** How long a kit lives: a `test`, which finds everything as new, or a whole `file` (or `describe`), which starts one only. */
export interface KitScope {
  scope?: 'test' | 'file' | undefined
}

/** The kit of the test that runs, through the hooks of its runner. */
export function hooked(hooks: Hooks, options: EmulatorOptions | undefined, { scope = 'test' }: KitScope = {}): TestKit {
  let current: TestKit | undefined
  const begin = async () => void (current = await TestKit.start(options))
  const end = async () => {
    await current?.stop()
    current = undefined
  }
  if (scope === 'file') {
    hooks.beforeAll(begin)
    hooks.afterAll(end)
  } else {
    hooks.beforeEach(begin)
    hooks.afterEach(end)
  }
  return new Proxy({} as TestKit, {
    get(_, name) {
      if (current === undefined) throw new Error('vipps-emulator: the kit is there while a test runs, not before')
      const value: unknown = Reflect.get(current, name, current)
      return typeof value === 'function' ? value.bind(current) : value
    },
  })
}

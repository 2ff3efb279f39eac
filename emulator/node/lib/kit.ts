// An emulator with the library under test beside it, on one time.

import type { ManualClock, Merchant, Partner, Settings } from 'vipps-partner-auth'

import { Emulator } from './emulator.js'
import { installed } from './keys.js'
import type { EmulatorOptions } from './operations.js'

/** What a `Partner` takes beside keys, system and address, which are the kit's. */
export type KitSettings = Settings

/**
 * An emulator, and the clock of the library under test beside it: both stand still until a method here moves them, and each moves
 * both. Needs vipps-partner-auth.
 *
 * Nobody waits for it: a wait of the library, such as that before another try, moves the library's clock by its length, and the
 * emulator's goes along at the next {@link advance} or {@link sync}. So poll for a login by phone number with `poll` and
 * `advance(pending.interval)`, not with `wait`.
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

  private constructor(emulator: Emulator, library: typeof import('vipps-partner-auth'), start: Start) {
    this.emulator = emulator
    this.#library = library
    this.#variables = start.variables
    this.#merchants = start.merchants
    this.clock = start.clock
  }

  /** Starts an emulator and sets a clock by it. */
  static async start(options: EmulatorOptions = {}): Promise<TestKit> {
    const library = installed()
    if (library === undefined) throw new Error('vipps-emulator: a test kit needs vipps-partner-auth: npm install vipps-partner-auth')
    const emulator = await Emulator.start(options)
    const [{ now }, variables] = await Promise.all([emulator.now(), emulator.environment()])
    const clock = new library.ManualClock(now, { runsThroughSleeps: true })
    const kit = new TestKit(emulator, library, { clock, variables, merchants: options.merchants ?? [] })
    await kit.sync()
    return kit
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

  /** Where both clocks stand. */
  get now(): Date {
    return this.clock.now()
  }

  /** Moves both clocks ahead. */
  async advance(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds)
    await this.sync()
  }

  /** Stops both clocks at a moment. */
  async setTime(at: Date | number): Promise<void> {
    this.clock.setWall(at)
    await this.sync()
  }

  /** Has the emulator's clock show what the library's shows, which may have waited meanwhile. */
  async sync(): Promise<void> {
    await this.emulator.setTime(this.clock.now())
  }

  /** Ends the emulator. */
  async stop(): Promise<void> {
    await this.emulator.stop()
  }

  /** Stops it at the end of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

interface Start {
  clock: ManualClock
  variables: { [name: string]: string }
  merchants: readonly string[]
}

/** What a test runner offers to be called before and after. */
export interface Hooks {
  /** Called before each test. */
  beforeEach(call: () => Promise<void>): void
  /** Called after each test. */
  afterEach(call: () => Promise<void>): void
  /** Called before the first test of a file or `describe`. */
  beforeAll(call: () => Promise<void>): void
  /** Called after its last test. */
  afterAll(call: () => Promise<void>): void
}

/** How long a kit lives: a `test`, which finds everything as new, or a whole `file` (or `describe`), which starts one only. */
export interface KitScope {
  /** `test` by default. */
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

// A running emulator: one that was started here, or one that runs already.

import { Door } from './door.js'
import * as keys from './keys.js'
import { Operations, OPTIONS, type AddMerchantOptions, type EmulatorOptions } from './operations.js'
import { Program, programPath } from './program.js'
import { fromDoor, objectToDoor, type Members, type Shape } from './shapes.js'

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/**
 * An offline stand-in for the token and Login endpoints of Vipps MobilePay, for tests: same paths, bodies, types, quirks and
 * errors, over real HTTP on this machine. It is strict, and keeps every request with what was right and wrong about it.
 *
 * Each method is carried out in the order in which it was called, and holds for the next request. Spans are in milliseconds,
 * moments are `Date`s. What the emulator does not take is refused with an {@link EmulatorError}.
 *
 * It keeps no process alive, and ends with the process that started it, however that ends.
 */
export class Emulator extends Operations {
  /** Where it is reached, such as `http://127.0.0.1:40001`: the `environment` of the code under test. */
  readonly baseUrl: string
  /** The page for a person's browser: whoever is asked to log in decides there, and it lists the requests. */
  readonly pageUrl: string
  readonly #door: Door
  readonly #program: Program | undefined
  #warned = false

  private constructor(door: Door, about: { baseUrl: string; pageUrl: string }, program?: Program) {
    super()
    this.#door = door
    this.#program = program
    this.baseUrl = about.baseUrl
    this.pageUrl = about.pageUrl
  }

  /**
   * Starts one as a process of its own; it is ready when the promise is fulfilled. Without a `port` it takes a free one.
   *
   * The program is that of this package, or the one that the environment variable `VIPPS_EMULATOR` names.
   *
   * @param config A configuration file of the program, in TOML or JSON; `options` go first.
   */
  static async start(options: EmulatorOptions = {}, { config }: { config?: string | undefined } = {}): Promise<Emulator> {
    const { program, line } = await Program.start(programPath(), objectToDoor('options', options, OPTIONS), config)
    const door = new Door(new URL(line.local_url))
    return new Emulator(door, { baseUrl: line.base_url, pageUrl: line.page_url }, program)
  }

  /** Uses one that runs already, by its address. {@link stop} then leaves it running. */
  static async connect(url: string | URL): Promise<Emulator> {
    const door = new Door(new URL(url))
    try {
      const about = (await door.call('info', {})) as { base_url?: string; page_url?: string }
      if (about.base_url === undefined || about.page_url === undefined) throw door.unknown('it does not say where it is')
      return new Emulator(door, { baseUrl: about.base_url, pageUrl: about.page_url })
    } catch (error) {
      door.close()
      throw error
    }
  }

  /** Ends the program that was started, and waits until it is gone. Stopping again does nothing. */
  async stop(): Promise<void> {
    this.#door.close()
    await this.#program?.stop()
  }

  /** Stops it at the end of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** The partner's keys as they are now. */
  override async partnerKeys(): Promise<keys.EmulatorPartnerKeys> {
    return keys.partnerKeys(await super.partnerKeys())
  }

  /**
   * A sales unit's own keys as they are now.
   *
   * @param msn Its merchant serial number.
   */
  override async salesUnitKeys(msn: string): Promise<keys.EmulatorSalesUnitKeys> {
    return keys.salesUnitKeys(await super.salesUnitKeys(msn), msn)
  }

  /** The keys for `/miami/v1/token`, and the scopes they may ask for. */
  override async specializedKeys(): Promise<keys.EmulatorSpecializedKeys> {
    return keys.specializedKeys(await super.specializedKeys())
  }

  /**
   * Adds a sales unit that is connected to the partner, or changes, connects and activates one that is there. Gives its keys.
   *
   * @param msn Its merchant serial number.
   */
  override async addMerchant(msn: string, options?: AddMerchantOptions): Promise<keys.EmulatorSalesUnitKeys> {
    return keys.salesUnitKeys(await super.addMerchant(msn, options), msn)
  }

  /** @internal */
  override async run(operation: string, takes: Members, members: object, options: object = {}, gives?: Shape): Promise<never> {
    const given = { ...objectToDoor('options', options, takes), ...objectToDoor(operation, members, takes) }
    const told = await this.#door.call(operation, given)
    this.#warn(told as { warning?: unknown })
    return fromDoor(told, gives) as never
  }

  /** What goes wrong unnoticed in a test is told by the process too, once. */
  #warn({ warning }: { warning?: unknown }): void {
    if (typeof warning !== 'string' || this.#warned) return
    this.#warned = true
    process.emitWarning(warning, 'VippsEmulatorWarning')
  }

  /** @internal */
  [INSPECT](): string {
    return `Emulator(baseUrl ${this.baseUrl})`
  }
}

import { types } from 'node:util'

import * as check from './check.js'
import { told } from './errors.js'
import { INSPECT } from './inspect.js'
import { native, type NativeClock } from './native.js'

/** A clock that moves only when told to, for tests. */
export class ManualClock {
  /** @internal */
  readonly native: NativeClock

  /**
   * A clock that stands at `time`, by whole seconds. With `runsThroughSleeps` nobody ever waits on it: each wait moves it on
   * by its own length.
   */
  constructor(time: Date | number, options?: { runsThroughSleeps?: boolean | undefined }) {
    const { runsThroughSleeps = false } = check.options('options', options, { runsThroughSleeps: 'boolean' })
    const at = milliseconds('time', time)
    this.native = told(() => new native.ManualClock(at, runsThroughSleeps))
    Object.defineProperty(this, 'native', { enumerable: false })
  }

  /** @internal */
  [INSPECT](): string {
    return `ManualClock(${this.now().toISOString()})`
  }

  /** Moves it on and wakes everybody who slept until then. */
  advance(milliseconds: number): void {
    told(() => this.native.advance(milliseconds))
  }

  /** Sets the wall clock alone, as an administrator or a time server would. */
  setWall(time: Date | number): void {
    const at = milliseconds('time', time)
    told(() => this.native.setWall(at))
  }

  /** Where the wall clock stands. */
  now(): Date {
    return new Date(this.native.now())
  }
}

export function milliseconds(name: string, time: unknown): number {
  // Of whatever realm: a Date of another context is no instance of ours.
  const at = types.isDate(time) ? Date.prototype.getTime.call(time) : time
  if (typeof at !== 'number') throw new TypeError(`${name} must be a Date or a number of milliseconds`)
  return at
}

// Calls that take long, and what an AbortSignal does to them.

import { isCancelled, translated } from './errors.js'
import { native, type NativeCancel } from './native.js'

/** Options of every call that may take long. */
export interface CallOptions {
  /** Ends the call; its promise is rejected with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** A native call; aborting it drops what runs behind it. */
export async function later<T>(
  signal: AbortSignal | undefined,
  call: (cancel: NativeCancel | undefined) => Promise<T>,
): Promise<T> {
  if (signal !== undefined) return await cancellable(signal, call)
  try {
    return await call(undefined)
  } catch (error) {
    throw translated(error, later)
  }
}

async function cancellable<T>(signal: AbortSignal, call: (cancel: NativeCancel) => Promise<T>): Promise<T> {
  throwIfAborted(signal)
  const cancel = new native.CancelHandle()
  const stop = () => cancel.cancel()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await call(cancel)
  } catch (error) {
    throw isCancelled(error) ? reasonOf(signal) : translated(error, cancellable)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** One caller's share of something that others wait for too: aborting ends the wait and nothing else. */
export async function shared<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return await promise
  throwIfAborted(signal)
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(reasonOf(signal))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw reasonOf(signal)
}

/** Signals that libraries make have no reason. */
function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException('This operation was aborted', 'AbortError')
}

// The user's own source for keys, asked on behalf of the native part.

import { described, warn } from './events.js'
import { type Keys, nativeKeys } from './keys.js'
import type { NativeKeyQuestion } from './native.js'

type Source = () => Keys | Promise<Keys>

/** Answers a question, and is never thrown through: it runs on behalf of nobody. */
export function asker(source: Source): (question: NativeKeyQuestion) => void {
  return (question) => void answer(source, question)
}

async function answer(source: Source, question: NativeKeyQuestion): Promise<void> {
  try {
    question.answer(nativeKeys(await source()))
  } catch (error) {
    question.fail()
    warn('keySource failed', 'VIPPS_AUTH_KEY_SOURCE', described(error))
  }
}

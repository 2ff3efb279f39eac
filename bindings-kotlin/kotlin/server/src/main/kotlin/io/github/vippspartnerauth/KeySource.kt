package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.KeyQuestions

/**
 * Where the keys are kept, such as a secret store: asked for them when Vipps refuses those in use, at most every 30 seconds, one
 * question at a time.
 *
 * Asked on a daemon thread of its own, so it may take its time; a source of coroutines uses `runBlocking`. Keys that differ from
 * those in use are tried, and take their place where Vipps gives a token for them. What it throws is logged, and the keys in use
 * stay. Both are told as events, `keys_replaced` and `keys_not_replaced`.
 */
fun interface KeySource {
    /** The keys as they are now: of the same kind as those the [Partner] was made with, for the same sales unit and scope. */
    @Throws(Exception::class)
    fun keys(): Keys
}

/** The questions that a source answers, on its thread, until the partner is gone. */
internal fun questionsTo(source: KeySource?): KeyQuestions? {
    if (source == null) return null
    val questions = native { KeyQuestions() }
    Thread(Answerer(questions, source), "vipps-partner-auth keys").apply { isDaemon = true }.start()
    return questions
}

/** Waits in the native library, which calls nobody. */
private class Answerer(private val questions: KeyQuestions, private val source: KeySource) : Runnable {
    override fun run() {
        while (true) {
            val question = questions.take() ?: return
            try {
                question.answer(source.keys().handle)
            } catch (failure: Throwable) {
                Log.warn("the key source failed", failure)
                question.fail()
            }
        }
    }
}

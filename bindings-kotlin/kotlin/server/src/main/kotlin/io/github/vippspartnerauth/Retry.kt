package io.github.vippspartnerauth

internal const val AUTHORIZATION = "authorization"
internal const val UNAUTHORIZED = 401

/** Whether a call that carried this `Authorization` and was answered with 401 should be made once more. */
internal fun Caller.worthAnotherTry(carried: String): Boolean {
    val last = source.last()
    // Another call has had the token renewed meanwhile.
    if (last == null || last.headers[AUTHORIZATION] != carried) return true
    return partner.refused(last.token)
}

package io.github.vippspartnerauth

import java.io.IOException
import kotlinx.coroutines.CancellationException

/**
 * A call could not be made since there is no token for it. HTTP clients and those who use them expect an [IOException].
 *
 * @property cause what is the matter
 */
class VippsAuthIOException(override val cause: VippsAuthException) : IOException(cause.message, cause)

/** What the library fails with, as HTTP clients do. */
internal inline fun <T> asIo(call: () -> T): T = try {
    call()
} catch (failure: VippsAuthException) {
    throw VippsAuthIOException(failure)
} catch (end: CancellationException) {
    throw end
} catch (closed: IllegalStateException) {
    throw IOException(closed.message, closed)
}

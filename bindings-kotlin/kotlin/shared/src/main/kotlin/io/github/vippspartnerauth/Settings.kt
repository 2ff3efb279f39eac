package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.SettingsParts
import java.time.Duration

/**
 * Everything that can be set besides the [Environment]. What is left out has the library's default; nothing is checked
 * until it is used, and an error names the setting.
 *
 * From Java use [builder].
 *
 * @property connectTimeout limit for a TCP and TLS handshake; 5 s unless set
 * @property requestTimeout limit for one request from connect to the last byte; 10 s unless set
 * @property deadline limit for a whole fetch with its retries, while somebody waits; 30 s unless set
 * @property leeway how far the clocks of issuer and reader may differ, 0 to 300 s; 60 s unless set
 * @property staleKeysFor how long past its age a key set is still used during an outage, at most 24 h; 4 h unless set
 * @property caPem a company's own certificate authorities, trusted besides those of the machine
 * @property redisUrl where a `Partner` shares its token with other processes, Redis or Valkey:
 * `redis://[user:password@]host[:6379][/db]`, with TLS `rediss://`, or `redis+sentinel`, `redis+cluster`, `redis+unix`.
 * A wrong URL is refused at once; a Redis that is out of reach costs an event and no call
 * @property redisCaPem the authorities that Redis' certificate is checked against, in the place of the machine's
 * @property basicEncoding `raw` or `form`: how `/miami/v1/token` writes Basic
 * @property loginBasicEncoding `raw` or `form`: how Login writes the Basic of sales unit keys
 * @property loginAuthMethod `client_secret_basic` or `client_secret_post`: how sales unit keys authenticate in Login
 * @property allowPartnerKeysInTest lets partner keys be used with [Environment.Test], where Vipps refuses them
 * @property trustedOrigins more origins (`https://gateway.example`) to which adapters may attach headers
 * @property onEvent told of everything that happens behind the caller's back, on a thread of the library: be quick
 * @property clock a clock for tests
 */
class Settings(
    val connectTimeout: Duration? = null,
    val requestTimeout: Duration? = null,
    val deadline: Duration? = null,
    val leeway: Duration? = null,
    val staleKeysFor: Duration? = null,
    val caPem: String? = null,
    val redisUrl: String? = null,
    val redisCaPem: String? = null,
    val basicEncoding: String? = null,
    val loginBasicEncoding: String? = null,
    val loginAuthMethod: String? = null,
    val allowPartnerKeysInTest: Boolean = false,
    val trustedOrigins: List<String> = emptyList(),
    val onEvent: EventListener? = null,
    val clock: ManualClock? = null,
) {
    internal fun parts(environment: Environment?) = SettingsParts(
        environment = environment?.baseUrl,
        connectTimeout = connectTimeout?.inSeconds(),
        requestTimeout = requestTimeout?.inSeconds(),
        deadline = deadline?.inSeconds(),
        leeway = leeway?.inSeconds(),
        staleKeysFor = staleKeysFor?.inSeconds(),
        caPem = caPem,
        redisUrl = redisUrl,
        redisCaPem = redisCaPem,
        basicEncoding = basicEncoding,
        loginBasicEncoding = loginBasicEncoding,
        loginAuthMethod = loginAuthMethod,
        allowPartnerKeysInTest = allowPartnerKeysInTest,
        trustedOrigins = trustedOrigins,
        clock = clock?.handle,
    )

    internal fun sink() = onEvent?.let(::Sink)

    /** Puts [Settings] together, from Java. */
    class Builder internal constructor() {
        private var connectTimeout: Duration? = null
        private var requestTimeout: Duration? = null
        private var deadline: Duration? = null
        private var leeway: Duration? = null
        private var staleKeysFor: Duration? = null
        private var caPem: String? = null
        private var redisUrl: String? = null
        private var redisCaPem: String? = null
        private var basicEncoding: String? = null
        private var loginBasicEncoding: String? = null
        private var loginAuthMethod: String? = null
        private var allowPartnerKeysInTest = false
        private val trustedOrigins = mutableListOf<String>()
        private var onEvent: EventListener? = null
        private var clock: ManualClock? = null

        /** See [Settings.connectTimeout]. */
        fun connectTimeout(limit: Duration) = apply { connectTimeout = limit }

        /** See [Settings.requestTimeout]. */
        fun requestTimeout(limit: Duration) = apply { requestTimeout = limit }

        /** See [Settings.deadline]. */
        fun deadline(limit: Duration) = apply { deadline = limit }

        /** See [Settings.leeway]. */
        fun leeway(leeway: Duration) = apply { this.leeway = leeway }

        /** See [Settings.staleKeysFor]. */
        fun staleKeysFor(span: Duration) = apply { staleKeysFor = span }

        /** See [Settings.caPem]. */
        fun caPem(pem: String) = apply { caPem = pem }

        /** See [Settings.redisUrl]. */
        fun redisUrl(url: String) = apply { redisUrl = url }

        /** See [Settings.redisCaPem]. */
        fun redisCaPem(pem: String) = apply { redisCaPem = pem }

        /** See [Settings.basicEncoding]. */
        fun basicEncoding(encoding: String) = apply { basicEncoding = encoding }

        /** See [Settings.loginBasicEncoding]. */
        fun loginBasicEncoding(encoding: String) = apply { loginBasicEncoding = encoding }

        /** See [Settings.loginAuthMethod]. */
        fun loginAuthMethod(method: String) = apply { loginAuthMethod = method }

        /** See [Settings.allowPartnerKeysInTest]. */
        fun allowPartnerKeysInTest() = apply { allowPartnerKeysInTest = true }

        /** One more of [Settings.trustedOrigins]. */
        fun trustedOrigin(origin: String) = apply { trustedOrigins += origin }

        /** See [Settings.onEvent]. */
        fun onEvent(listener: EventListener) = apply { onEvent = listener }

        /** See [Settings.clock]. */
        fun clock(clock: ManualClock) = apply { this.clock = clock }

        /** The settings so far. */
        fun build() = Settings(
            connectTimeout, requestTimeout, deadline, leeway, staleKeysFor, caPem, redisUrl, redisCaPem,
            basicEncoding, loginBasicEncoding, loginAuthMethod, allowPartnerKeysInTest, trustedOrigins.toList(), onEvent,
            clock,
        )
    }

    companion object {
        /** For Java: start here and set what differs. */
        @JvmStatic
        fun builder() = Builder()
    }
}

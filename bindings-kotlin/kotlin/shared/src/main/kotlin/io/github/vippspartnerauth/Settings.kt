package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.SettingsParts
import io.github.vippspartnerauth.ffi.basicEncodingOf
import io.github.vippspartnerauth.ffi.loginAuthMethodOf
import java.time.Duration

/**
 * Everything that can be set besides the [Environment]. What is left out has the library's default; nothing is checked
 * until it is used, and an error names the setting.
 *
 * ```
 * Settings { deadline(Duration.ofSeconds(10)) }                        // Kotlin
 * Settings.builder().deadline(Duration.ofSeconds(10)).build()          // Java
 * ```
 */
class Settings private constructor(private val set: SettingsParts, internal val listener: EventListener?) {
    /** The library's defaults. */
    constructor() : this(NOTHING, null)

    internal fun parts() = set

    internal fun parts(environment: Environment) = set.copy(environment = environment.baseUrl)

    /** Nothing of what was set: a Redis URL can hold a password. */
    override fun toString() = "Settings"

    /** Puts [Settings] together. It takes no `null`, so that nothing is left out by mistake. */
    class Builder internal constructor() {
        private var set = NOTHING
        private var listener: EventListener? = null

        /** Limit for a TCP and TLS handshake; 5 s unless set. */
        fun connectTimeout(limit: Duration) = apply { set = set.copy(connectTimeout = limit.inSeconds()) }

        /** Limit for one request from connect to the last byte; 10 s unless set. */
        fun requestTimeout(limit: Duration) = apply { set = set.copy(requestTimeout = limit.inSeconds()) }

        /** Limit for a whole fetch with its retries, while somebody waits; 30 s unless set. */
        fun deadline(limit: Duration) = apply { set = set.copy(deadline = limit.inSeconds()) }

        /** How far the clocks of issuer and reader may differ, 0 to 300 s; 60 s unless set. */
        fun leeway(leeway: Duration) = apply { set = set.copy(leeway = leeway.inSeconds()) }

        /** How long past its age a key set is still used during an outage, at most 24 h; 4 h unless set. */
        fun staleKeysFor(span: Duration) = apply { set = set.copy(staleKeysFor = span.inSeconds()) }

        /**
         * A company's own certificate authorities in PEM, trusted besides those of the machine. The JVM's own trust store
         * is not read.
         */
        fun caPem(pem: ByteArray) = apply { set = set.copy(caPem = pem.copyOf()) }

        /** [caPem] of a text. */
        fun caPem(pem: String) = caPem(pem.toByteArray())

        /**
         * The proxy for everything that leaves this machine, such as `http://user:password@proxy.example:8080` (`http`, `https`
         * or `socks5`), in the place of the proxy variables; `direct` for none. The variables unless set.
         */
        fun proxy(proxy: String) = apply { set = set.copy(proxy = proxy) }

        /**
         * Where a `Partner` shares its token with other processes, Redis or Valkey: `redis://[user:password@]host[:6379][/db]`,
         * with TLS `rediss://`, or `redis+sentinel`, `redis+cluster`, `redis+unix`. A wrong URL is refused at once; a Redis
         * that is out of reach costs an event and no call.
         */
        fun redisUrl(url: String) = apply { set = set.copy(redisUrl = url) }

        /** The authorities (PEM) that Redis' certificate is checked against, instead of the machine's. */
        fun redisCaPem(pem: ByteArray) = apply { set = set.copy(redisCaPem = pem.copyOf()) }

        /** [redisCaPem] of a text. */
        fun redisCaPem(pem: String) = redisCaPem(pem.toByteArray())

        /** How `/miami/v1/token` writes Basic; raw unless set. */
        fun basicEncoding(encoding: BasicEncoding) = apply { set = set.copy(basicEncoding = encoding.text) }

        /**
         * How Login's token endpoint is sent the Basic of sales unit keys; form-encoded unless set. Where the keys are refused
         * the other way is tried once.
         */
        fun loginBasicEncoding(encoding: BasicEncoding) = apply { set = set.copy(loginBasicEncoding = encoding.text) }

        /** How it is written where a login from a phone number starts; raw unless set. */
        fun backchannelBasicEncoding(encoding: BasicEncoding) = apply { set = set.copy(backchannelBasicEncoding = encoding.text) }

        /** How sales unit keys authenticate in Login; in a header unless set. */
        fun loginAuthMethod(method: LoginAuthMethod) = apply { set = set.copy(loginAuthMethod = method.text) }

        /** Lets partner keys be used with [Environment.Test], where Vipps refuses them. */
        fun allowPartnerKeysInTest() = apply { set = set.copy(allowPartnerKeysInTest = true) }

        /** One more origin (`https://gateway.example`) to which adapters may attach headers. */
        fun trustedOrigin(origin: String) = apply { set = set.copy(trustedOrigins = set.trustedOrigins + origin) }

        /** Receives everything that happens in the background. Warnings are logged also without it. */
        fun onEvent(listener: EventListener) = apply { this.listener = listener }

        /** A clock for tests. */
        fun clock(clock: ManualClock) = apply { set = set.copy(clock = clock.handle) }

        /** The settings so far. */
        fun build() = Settings(set, listener)
    }

    /** Ways to make one. */
    companion object {
        private val NOTHING = SettingsParts(
            environment = null, connectTimeout = null, requestTimeout = null, deadline = null, leeway = null,
            staleKeysFor = null, caPem = null, proxy = null, redisUrl = null, redisCaPem = null, basicEncoding = null,
            loginBasicEncoding = null, backchannelBasicEncoding = null, loginAuthMethod = null, allowPartnerKeysInTest = false,
            trustedOrigins = emptyList(), clock = null,
        )

        /** For Java: start here and set what differs. */
        @JvmStatic
        fun builder() = Builder()

        /** For Kotlin: `Settings { redisUrl("redis://cache.internal:6379") }`. */
        @JvmSynthetic
        operator fun invoke(set: Builder.() -> Unit): Settings = Builder().apply(set).build()
    }
}

/** How client id and secret are written in HTTP Basic (RFC 7617). */
enum class BasicEncoding(internal val text: String) {
    /** As they are. */
    RAW("raw"),

    /** Each form-encoded first (RFC 6749 section 2.3.1). */
    FORM("form"),
    ;

    /** Ways to make one. */
    companion object {
        /**
         * Reads `raw` or `form`.
         *
         * @throws VippsAuthException.InvalidConfig field `basic_encoding`, for anything else
         */
        @JvmStatic
        fun of(text: String): BasicEncoding =
            native { basicEncodingOf(text) }.let { known -> entries.first { it.text == known } }
    }
}

/** Where a client puts its id and secret (OpenID Connect Core section 9). */
enum class LoginAuthMethod(internal val text: String) {
    /** In a header. */
    CLIENT_SECRET_BASIC("client_secret_basic"),

    /** In the body. */
    CLIENT_SECRET_POST("client_secret_post"),
    ;

    /** Ways to make one. */
    companion object {
        /**
         * Reads `client_secret_basic` or `client_secret_post`.
         *
         * @throws VippsAuthException.InvalidConfig field `login_auth_method`, for anything else
         */
        @JvmStatic
        fun of(text: String): LoginAuthMethod =
            native { loginAuthMethodOf(text) }.let { known -> entries.first { it.text == known } }
    }
}

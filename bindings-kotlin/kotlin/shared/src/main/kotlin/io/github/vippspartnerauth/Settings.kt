package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.NamedValue
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
class Settings private constructor(
    private val set: SettingsParts,
    internal val listener: EventListener?,
    private val transport: Transport?,
) {
    /** The library's defaults. */
    constructor() : this(SettingsParts(emptyMap(), null), null, null)

    /** For one handle: it has a transport's requests to itself. */
    internal fun parts() = set.copy(transport = callsTo(transport))

    internal fun parts(environment: Environment) =
        parts().run { copy(values = values + ("environment" to NamedValue.Text(environment.baseUrl))) }

    /** Nothing of what was set: a Redis URL can hold a password. */
    override fun toString() = "Settings"

    /** Puts [Settings] together. It takes no `null`, so that nothing is left out by mistake. */
    class Builder internal constructor() {
        private val values = NamedValues()
        private var clock: ManualClock? = null
        private var listener: EventListener? = null
        private var transport: Transport? = null

        // Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
        /** Limit for a TCP and TLS handshake. Default: 5 s; more than 0, at most 1 h. */
        fun connectTimeout(connectTimeout: Duration) = apply { values.put("connect_timeout", connectTimeout) }

        /** Limit for one request, from connecting to the last byte. Default: 10 s; more than 0, at most 1 h. */
        fun requestTimeout(requestTimeout: Duration) = apply { values.put("request_timeout", requestTimeout) }

        /**
         * Limit for a whole fetch with its retries, while somebody waits. A caller who joins a renewal in flight may wait for
         * that first, for one request at most. A shared cache has one second of its own, and waiting for what another process
         * fetches takes 10 s at most, never more than this limit. Default: 30 s; more than 0, at most 1 h.
         */
        fun deadline(deadline: Duration) = apply { values.put("deadline", deadline) }

        /** How far the clocks of Vipps and this machine may differ when an ID token is checked. Default: 60 s; 0 to 300 s. */
        fun leeway(leeway: Duration) = apply { values.put("leeway", leeway) }

        /**
         * How long past their age Vipps' public keys are still used while it can't be reached. Longer survives longer outages
         * and trusts a withdrawn key longer. Default: 4 h; 0 to 24 h.
         */
        fun staleKeysFor(staleKeysFor: Duration) = apply { values.put("stale_keys_for", staleKeysFor) }

        /**
         * A company's own certificate authorities (PEM), trusted besides the machine's. On Linux and other Unix systems
         * `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured without this; macOS and Windows have their own stores. A store of the
         * language's runtime, such as the JVM's, is not read. Default: none.
         */
        fun caPem(caPem: ByteArray) = apply { values.put("ca_pem", caPem.decodeToString()) }

        /** [caPem] of a text. */
        fun caPem(caPem: String) = apply { values.put("ca_pem", caPem) }

        /**
         * The proxy for everything that leaves this machine, in the place of the proxy variables; `direct` for none. It looks
         * like `http://user:password@proxy.example:8080` (`http`, `https` or `socks5`), and stands for all proxy variables,
         * `NO_PROXY` too. A value that can't be used is refused. Default: the variables `https_proxy`, `all_proxy` and
         * `no_proxy`, small or in capitals.
         */
        fun proxy(proxy: String) = apply { values.put("proxy", proxy) }

        /**
         * Where processes share their token: the URL of a Redis or Valkey. It looks like
         * `redis://[user:password@]host[:6379][/db]`, with TLS `rediss://`, or `redis+sentinel`, `redis+cluster`, `redis+unix`.
         * A wrong URL is refused at once; a Redis that is out of reach costs an event and no call. Default: none.
         */
        fun redisUrl(redisUrl: String) = apply { values.put("redis_url", redisUrl) }

        /**
         * The authorities (PEM) that a `rediss://` server is checked against, instead of the machine's. Default: the machine's.
         */
        fun redisCaPem(redisCaPem: ByteArray) = apply { values.put("redis_ca_pem", redisCaPem.decodeToString()) }

        /** [redisCaPem] of a text. */
        fun redisCaPem(redisCaPem: String) = apply { values.put("redis_ca_pem", redisCaPem) }

        /**
         * How specialised keys are written in HTTP Basic at the token endpoint: as they are, or form-encoded first (RFC 6749
         * section 2.3.1). Default: `raw`.
         */
        fun basicEncoding(basicEncoding: BasicEncoding) = apply { values.put("basic_encoding", basicEncoding.text) }

        /**
         * How sales unit keys are written in HTTP Basic at Login's token endpoint. Where Vipps refuses them, the other way is
         * tried once. Servers of the kind that Vipps appears to run decode the parts. What works is remembered, and told as the
         * event `other_basic_encoding_used`. Default: `form`.
         */
        fun loginBasicEncoding(loginBasicEncoding: BasicEncoding) = apply { values.put("login_basic_encoding", loginBasicEncoding.text) }

        /**
         * How sales unit keys are written in HTTP Basic where a login by phone number starts, and where it is asked whether a
         * user exists. Where Vipps refuses them, the other way is tried once. Vipps' own examples write them as they are.
         * Default: `raw`.
         */
        fun backchannelBasicEncoding(backchannelBasicEncoding: BasicEncoding) = apply { values.put("backchannel_basic_encoding", backchannelBasicEncoding.text) }

        /**
         * How sales unit keys authenticate in Login, as the portal has it for that sales unit: in a header, or in the body.
         * Default: `client_secret_basic`.
         */
        fun loginAuthMethod(loginAuthMethod: LoginAuthMethod) = apply { values.put("login_auth_method", loginAuthMethod.text) }

        /** Lets partner keys be used with the test environment, where Vipps refuses them. Default: false. */
        fun allowPartnerKeysInTest() = apply { values.put("allow_partner_keys_in_test", true) }

        /**
         * More origins (`https://gateway.example`) that adapters may send headers to, besides the environment's own. The
         * discovery document may place Login's endpoints and the keys of ID tokens there as well. Default: none.
         */
        fun trustedOrigin(trustedOrigin: String) = apply { values.put("trusted_origins", listOf(trustedOrigin)) }
        // End of what is generated.

        /** Receives everything that happens in the background. Warnings are logged also without it. */
        fun onEvent(listener: EventListener) = apply { this.listener = listener }

        /**
         * What sends every request of the library, in the place of its own client. With it [proxy] is refused, and [caPem] and
         * [connectTimeout] mean nothing.
         */
        fun transport(transport: Transport) = apply { this.transport = transport }

        /** A clock for tests. */
        fun clock(clock: ManualClock) = apply { this.clock = clock }

        /** The settings so far. */
        fun build() = Settings(SettingsParts(values.toMap(), clock?.handle), listener, transport)
    }

    /** Ways to make one. */
    companion object {
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

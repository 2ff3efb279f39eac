package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.EnvironmentParts
import io.github.vippspartnerauth.ffi.environmentFromEnv
import io.github.vippspartnerauth.ffi.environmentOf

/** Which Vipps to talk to. */
class Environment private constructor(private val parts: EnvironmentParts) {
    /** The base URL, without a slash at the end. */
    val baseUrl: String get() = parts.baseUrl

    /** The `iss` of this environment's ID tokens. It ends with a slash. */
    val issuer: String get() = parts.issuer

    /** Whether the other holds the same. */
    override fun equals(other: Any?) = other is Environment && other.parts == parts

    /** Goes with [equals]. */
    override fun hashCode() = parts.hashCode()

    /** For logs; holds no secret. */
    override fun toString() = baseUrl

    /** Ways to make one. */
    companion object {
        /** For Vipps and MobilePay in every country. The only one where partner keys work. */
        @get:JvmStatic
        @get:JvmName("production")
        val Production: Environment by lazy { of("production") }

        /** Takes sales unit keys, never partner keys. */
        @get:JvmStatic
        @get:JvmName("test")
        val Test: Environment by lazy { of("test") }

        /**
         * Reads `production`, `test` or a base URL, such as the emulator's: https, or http to this machine.
         *
         * @throws VippsAuthException.InvalidConfig field `environment`, for anything else
         */
        @JvmStatic
        fun of(text: String): Environment = Environment(native { environmentOf(text) })

        /** Reads `VIPPS_ENVIRONMENT`; production when it is not set. */
        @JvmStatic
        fun fromEnv(): Environment = Environment(native { environmentFromEnv() })

        internal fun of(parts: EnvironmentParts) = Environment(parts)
    }
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.SystemParts
import io.github.vippspartnerauth.ffi.systemFit
import io.github.vippspartnerauth.ffi.systemFromEnv
import io.github.vippspartnerauth.ffi.systemHeaders
import io.github.vippspartnerauth.ffi.systemOf

/** Who is calling: the four `Vipps-System-*` headers. Each value at most 30 characters of printable ASCII. */
class SystemInfo private constructor(internal val parts: SystemParts) {
    /**
     * The name and version of the system that calls, such as an ERP, and perhaps those of a plugin within it.
     *
     * @throws VippsAuthException.InvalidConfig for a value that can't be sent, naming it in `field`
     */
    @JvmOverloads
    constructor(name: String, version: String, pluginName: String? = null, pluginVersion: String? = null) :
        this(native { systemOf(SystemParts(name, version, pluginName, pluginVersion)) })

    /** `Vipps-System-Name`. */
    val name: String get() = parts.name

    /** `Vipps-System-Version`. */
    val version: String get() = parts.version

    /** The name of the plugin, if there is one. */
    val pluginName: String? get() = parts.pluginName

    /** The version of the plugin, if there is one. */
    val pluginVersion: String? get() = parts.pluginVersion

    /** The headers by themselves, for a call that this library does not make. */
    fun headers(): Map<String, String> = native { systemHeaders(parts) }

    /** Whether the other holds the same. */
    override fun equals(other: Any?) = other is SystemInfo && other.parts == parts

    /** Goes with [equals]. */
    override fun hashCode() = parts.hashCode()

    /** For logs; holds no secret. */
    override fun toString() = "SystemInfo(name=$name, version=$version)"

    /** Ways to make one. */
    companion object {
        /** Reads `VIPPS_SYSTEM_NAME`, `VIPPS_SYSTEM_VERSION` and, if set, `VIPPS_PLUGIN_NAME` and `VIPPS_PLUGIN_VERSION`. */
        @JvmStatic
        fun fromEnv() = SystemInfo(native { systemFromEnv() })

        /** The first 30 characters of a text with everything dropped that a header can't hold. Never applied by itself. */
        @JvmStatic
        fun fit(text: String): String = native { systemFit(text) }
    }
}

package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.NamedValue
import java.time.Duration

/** Values by the names that they have in the core, in the order in which they were given. */
internal class NamedValues {
    private val values = mutableMapOf<String, NamedValue>()

    fun put(name: String, text: String) = put(name, NamedValue.Text(text))

    fun put(name: String, span: Duration) = put(name, NamedValue.Span(span.inSeconds()))

    fun put(name: String, isSo: Boolean) = put(name, NamedValue.Flag(isSo))

    /** Besides those that are there. */
    fun put(name: String, texts: List<String>) =
        put(name, NamedValue.Texts((values[name] as? NamedValue.Texts)?.texts.orEmpty() + texts))

    fun toMap(): Map<String, NamedValue> = values.toMap()

    private fun put(name: String, value: NamedValue) {
        values[name] = value
    }
}

/** Those of these names, for logs: the caller knows which hold no secret. */
internal fun Map<String, NamedValue>.shown(names: Collection<String> = keys) =
    filterKeys { it in names }.entries.joinToString { (name, value) ->
        name + "=" + when (value) {
            is NamedValue.Text -> value.text
            is NamedValue.Span -> value.seconds
            is NamedValue.Flag -> value.isOn
            is NamedValue.Texts -> value.texts
        }
    }

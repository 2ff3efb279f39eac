// Values between JSON and Kotlin.

package io.github.vippspartnerauth.emulator

import java.math.BigDecimal
import java.math.RoundingMode
import java.time.Duration
import java.time.Instant
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.longOrNull

/** An object of these members; those that are `null` are left out. */
internal fun jsonOf(members: Map<String, Any?>): JsonObject =
    JsonObject(members.filterValues { it != null }.mapValues { (_, value) -> value.toJson() })

/** Spans and moments are in seconds there. What JSON knows nothing of goes as its text, and the emulator judges it. */
private fun Any?.toJson(): JsonElement = when (this) {
    null -> JsonNull
    is JsonElement -> this
    is Boolean -> JsonPrimitive(this)
    is Double -> JsonPrimitive(finite())
    is Float -> JsonPrimitive(toDouble().finite())
    is Number -> JsonPrimitive(this)
    is Duration -> JsonPrimitive(seconds(seconds, nano))
    is Instant -> JsonPrimitive(seconds(epochSecond, nano))
    is Word -> word.toJson()
    is Taken -> jsonOf(members())
    is Map<*, *> -> JsonObject(entries.associate { (name, value) -> "$name" to value.toJson() })
    is Iterable<*> -> JsonArray(map { it.toJson() })
    is Array<*> -> JsonArray(map { it.toJson() })
    else -> JsonPrimitive("$this")
}

/** JSON has no others: they would come to mean something else. */
private fun Double.finite() = also { require(it.isFinite()) { "$it is no number that JSON has" } }

private fun seconds(whole: Long, nanos: Int) = BigDecimal.valueOf(whole).add(BigDecimal.valueOf(nanos.toLong(), 9))

/** A member that is there and not `null`. */
internal fun JsonObject.there(name: String): JsonElement? = get(name)?.takeUnless { it is JsonNull }

internal fun JsonElement.text(): String = jsonPrimitive.content

internal fun JsonElement.long(): Long = jsonPrimitive.long

internal fun JsonElement.bool(): Boolean = jsonPrimitive.boolean

/** To the microsecond, which is as exact as the emulator says it. */
internal fun JsonElement.moment(): Instant {
    val seconds = BigDecimal(jsonPrimitive.content).setScale(6, RoundingMode.HALF_UP)
    val whole = seconds.toBigInteger().toLong()
    return Instant.ofEpochSecond(whole, seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(9).toLong())
}

internal inline fun <reified W> JsonElement.word(): W where W : Enum<W>, W : Word =
    enumValues<W>().firstOrNull { it.toString() == text() } ?: throw unknownWord(text(), W::class.java.simpleName)

internal fun unknownWord(word: String, kind: String) =
    EmulatorException("`$word` is no $kind that is known here: the emulator is of another version")

internal fun <T> JsonElement.list(item: (JsonElement) -> T): List<T> = jsonArray.map(item)

internal fun <T> JsonElement.byName(member: (JsonElement) -> T): Map<String, T> = jsonObject.mapValues { member(it.value) }

/** As texts, numbers, lists and maps. */
internal fun JsonElement.plain(): Any? = when (this) {
    is JsonObject -> mapValues { it.value.plain() }
    is JsonArray -> map { it.plain() }
    is JsonNull -> null
    is JsonPrimitive -> if (isString) content else booleanOrNull ?: longOrNull ?: content.toDouble()
}

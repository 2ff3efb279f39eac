package io.github.vippspartnerauth.emulator

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.JsonNodeFactory
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import java.lang.reflect.ParameterizedType
import java.lang.reflect.Type
import java.time.Duration
import java.time.Instant

/**
 * The methods, called by the names of the description as a program would write the calls. What no method has a place for, such as a
 * word that does not exist, goes by name.
 */
internal class Face(private val vipps: Emulator, private val description: JsonNode) {
    fun call(operation: String, input: JsonNode): JsonNode {
        val arguments = methods(operation).firstNotNullOfOrNull { method -> arguments(method, operation, input)?.let { method to it } }
        if (arguments == null) return MAPPER.readTree("${vipps.call(operation, NOTHING, *raw(input))}")
        val (method, given) = arguments
        val told = try {
            method.invoke(vipps, *given.toTypedArray())
        } catch (error: InvocationTargetException) {
            throw error.targetException
        }
        val members = schema(operation, "responses/200")["properties"]
        return if (members?.size() == 1) MAPPER.createObjectNode().set(members.fieldNames().next(), toJson(told)) else toJson(told)
    }

    /** Those that take most first, where there are several for callers in Java. */
    private fun methods(operation: String): List<Method> =
        Operations::class.java.methods.filter { it.name == camel(operation) && !it.isSynthetic && !it.isVarArgs }.sortedByDescending { it.parameterCount }

    private fun schema(operation: String, part: String): JsonNode {
        val post = description["paths"]["$DOOR$operation"]?.get("post") ?: return MAPPER.createObjectNode()
        val path = part.split('/').fold(post) { node, name -> node[name] }
        val name = path["content"]["application/json"]["schema"]["\$ref"].textValue().substringAfterLast('/')
        return description["components"]["schemas"][name]
    }

    /** `null` where the method has no place for all that is given. */
    private fun arguments(method: Method, operation: String, input: JsonNode): List<Any?>? {
        val schema = schema(operation, "requestBody")
        val required = schema["required"]?.map { it.textValue() }.orEmpty()
        val types = method.genericParameterTypes.toList()
        val hasOptions = types.lastOrNull().let { it is ParameterizedType && it.rawType == Setup::class.java }
        val optional = schema["properties"]?.fieldNames()?.asSequence()?.filterNot(required::contains)?.toList().orEmpty()
        val names = required + if (hasOptions) emptyList() else optional
        if (names.size != types.size - (if (hasOptions) 1 else 0) || required.any { !input.has(it) }) return null
        val rest = input.properties().filter { it.key !in names }
        return runCatching {
            check(hasOptions || rest.isEmpty())
            val given = names.zip(types).map { (name, type) -> input[name]?.let { toKotlin(it, type) } }
            if (!hasOptions) return given
            val options = (types.last() as ParameterizedType).actualTypeArguments[0] as Class<*>
            // Tried beforehand: what an option has no place for must not be half set.
            val made = options.getDeclaredConstructor().apply { isAccessible = true }.newInstance() as Members
            setAll(made, rest.associate { it.key to it.value })
            given + Setup<Members> { made.members().forEach { (name, value) -> set(name, value!!) } }
        }.getOrNull()
    }

    private fun setAll(members: Members, values: Map<String, JsonNode>) = values.forEach { (name, value) ->
        val setters = members.javaClass.methods.filter { it.name == camel(name) && it.parameterCount == 1 && !it.isVarArgs }
        val (setter, own) = setters.firstNotNullOf { setter -> runCatching { setter to toKotlin(value, setter.genericParameterTypes[0]) }.getOrNull() }
        setter.invoke(members, own)
    }

    private fun toKotlin(value: JsonNode, type: Type): Any? = when {
        type is ParameterizedType && type.rawType == List::class.java -> value.map { toKotlin(it, upper(type.actualTypeArguments[0])) }
        type is ParameterizedType && type.rawType == Map::class.java ->
            value.properties().associate { (name, member) -> name to toKotlin(member, upper(type.actualTypeArguments[1])) }
        type == String::class.java -> value.textValue()!!
        type == Boolean::class.javaPrimitiveType || type == Boolean::class.javaObjectType -> value.also { check(it.isBoolean) }.booleanValue()
        type == Int::class.javaPrimitiveType || type == Int::class.javaObjectType -> value.also { check(it.isInt) }.intValue()
        type == Long::class.javaPrimitiveType || type == Long::class.javaObjectType -> value.also { check(it.isInt || it.isLong) }.longValue()
        type == Duration::class.java -> value.decimalValue().let { Duration.ofNanos(it.movePointRight(9).toLong()) }
        type == Instant::class.java -> value.decimalValue().let { Instant.EPOCH.plusNanos(it.movePointRight(9).toLong()) }
        type is Class<*> && type.isEnum -> type.enumConstants.first { "$it" == value.asText() }
        type is Class<*> && Members::class.java.isAssignableFrom(type) -> toMembers(value, type)
        type == Business::class.java -> Business(value["scheme"].textValue(), value["id"].textValue())
        else -> MAPPER.treeToValue(value, Any::class.java)
    }

    /** The constructor's are those that can't be left out; only a reply has one. */
    private fun toMembers(value: JsonNode, type: Class<*>): Members {
        val constructor = type.constructors.single()
        val isReply = constructor.parameterCount == 1
        val made = (if (isReply) constructor.newInstance(value["status"].intValue()) else constructor.newInstance()) as Members
        setAll(made, value.properties().filterNot { isReply && it.key == "status" }.associate { it.key to it.value })
        return made
    }
}

/** A value of the face, as the description has it. */
private fun toJson(value: Any?): JsonNode = when (value) {
    null -> JsonNodeFactory.instance.nullNode()
    Unit -> MAPPER.createObjectNode()
    is Word -> MAPPER.valueToTree(value.word)
    is Instant -> MAPPER.valueToTree(value.epochSecond.toBigDecimal() + value.nano.toBigDecimal().movePointLeft(9))
    is List<*> -> MAPPER.createArrayNode().apply { value.forEach { add(toJson(it)) } }
    is Map<*, *> -> MAPPER.valueToTree(value)
    is String -> if (value.startsWith("{\"keys\":")) MAPPER.readTree(value) else MAPPER.valueToTree(value)
    else -> if (value.javaClass.packageName == Emulator::class.java.packageName) members(value) else MAPPER.valueToTree(value)
}

private fun members(value: Any): JsonNode = MAPPER.createObjectNode().apply {
    val fields = value.javaClass.declaredFields.filterNot { Modifier.isStatic(it.modifiers) }
    fields.forEach { field -> set<JsonNode>(snake(field.name), toJson(field.apply { isAccessible = true }.get(value))) }
}

private fun upper(type: Type): Type = if (type is java.lang.reflect.WildcardType) type.upperBounds[0] else type

private fun raw(input: JsonNode) = input.properties().map { it.key to MAPPER.treeToValue(it.value, Any::class.java) }.toTypedArray()

private fun camel(name: String) = name.replace(Regex("_(\\w)")) { it.groupValues[1].uppercase() }

private fun snake(name: String) = name.replace(Regex("[A-Z]")) { "_${it.value.lowercase()}" }

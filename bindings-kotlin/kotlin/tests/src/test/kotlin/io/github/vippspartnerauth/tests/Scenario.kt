package io.github.vippspartnerauth.tests

import com.fasterxml.jackson.databind.JsonNode
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import io.github.vippspartnerauth.Caller
import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.Event
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import io.github.vippspartnerauth.emulator.Emulator
import io.github.vippspartnerauth.emulator.EmulatorOptions
import io.github.vippspartnerauth.emulator.RecordedRequest
import io.github.vippspartnerauth.emulator.Reply
import java.net.InetAddress
import java.net.InetSocketAddress
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.ExecutionException
import java.util.concurrent.LinkedBlockingQueue
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail

/** A call as a scenario describes it. */
internal class Call(node: JsonNode, val url: String, val caller: Caller?) {
    val method: String = node["method"].textValue()
    val headers = node["headers"].orEmptyFields().mapValues { it.value.textValue() }
    val kind: String? = node["body"]?.get("kind")?.textValue()
    val text: String = node["body"]?.get("text")?.textValue().orEmpty()
    val hasAuth = node.has("auth")
    val follow = node["follow"]?.booleanValue() ?: false
    /** Longer than it says: on a busy machine a call must get as far as the scenario means. What hangs, hangs for ever. */
    val limit: Duration? = node["limit"]?.longValue()?.let { Duration.ofMillis(5 * it) }
    val abort: String? = node["abort"]?.textValue()
}

/** What a hook does with a request. */
internal class Hook(node: JsonNode) {
    val isAfter = node["when"].textValue() == "after"
    val set = node["set"].orEmptyFields().mapValues { it.value.textValue() }
    val delete = node["delete"].orEmpty().map { it.textValue() }
    private val added = node["add_to_json"]
    val changesBody = added != null

    fun body(text: String): String =
        (json(text) as com.fasterxml.jackson.databind.node.ObjectNode).apply { setAll<JsonNode>(added.orEmptyFields()) }.toString()
}

internal class Answer(val status: Int, val body: String, val headers: (String) -> String?)

/** A client with the adapter in it. */
internal interface Client : AutoCloseable {
    /** Makes a call in this thread and reads the reply to its end. `abortable` is told how to give the call up. */
    fun make(call: Call, abortable: (() -> Unit) -> Unit): Answer

    /** `timeout`, `aborted` or `failed`. */
    fun family(error: Throwable): String

    override fun close() = Unit
}

internal fun interface ClientFactory {
    fun make(caller: Caller, hooks: List<Hook>, follow: Boolean): Client
}

/** One scenario of `adapter.json`, described in the vectors' README. */
internal class Scenario(private val case: JsonNode, factory: ClientFactory) : AutoCloseable {
    private val merchants = case["merchants"].orEmpty().map { it.textValue() }.ifEmpty { listOf("123456") }
    private val vipps = Emulator.start(EmulatorOptions().merchants(merchants))
    private val elsewhere = Elsewhere()
    private val events = LinkedBlockingQueue<Event>()
    private val partner = partner(vipps.environment, emptyList())
    private val shops = merchants.associateWith(partner::merchant)
    private val caller = if (case["caller"]?.textValue() == "partner") partner else shops.getValue(merchants[0])
    private val steps = case["steps"].toList()
    private val client =
        factory.make(caller, case["hooks"].orEmpty().map(::Hook), steps.any { it["follow"]?.booleanValue() ?: false })
    private val results = mutableListOf<Any>()

    private fun partner(environment: Environment, origins: List<String>): Partner {
        val keys = if (case["keys"]?.textValue() == "specialized") vipps.specializedKeys().forPartner() else vipps.partnerKeys().forPartner()
        val far = Duration.ofSeconds(60)
        val settings = Settings {
            deadline(far).requestTimeout(far).onEvent(events::put)
            origins.forEach(::trustedOrigin)
        }
        return Partner(keys, SystemInfo("acme", "3.1.2"), environment, settings)
    }

    fun run() {
        known(case, "id", "comment", "keys", "merchants", "caller", "hooks", "steps", "outcomes")
        steps.forEach(::step)
        val problems = case["outcomes"].map { outcome -> runCatching { compare(outcome) }.exceptionOrNull() }
        if (null !in problems) throw AssertionError("no outcome holds: ${problems.map { it?.message }}", problems[0])
        vipps.requests().filterNot(::isToken).zipWithNext().forEach { (first, second) ->
            val isSecondTry = first.status == 401 && first.path == second.path && first.method == second.method
            if (isSecondTry && second.body.isNotEmpty()) assertEquals(first.body, second.body, "bytes of the second try")
        }
        elsewhere.seen.forEach { seen -> OURS.forEach { assertTrue(it !in seen.headers || it == "authorization", it) } }
        elsewhere.seen.forEach { assertTrue(it.headers["authorization"]?.startsWith("Bearer ey") != true, "our token") }
    }

    private fun step(step: JsonNode) {
        fun text(name: String) = step[name].textValue()
        when (val what = text("do")) {
            "headers" -> shops.getValue(merchants[0]).headersBlocking()
            "revoke_tokens" -> vipps.revokeTokens()
            "arrived" -> arrived(text("path"), step["times"].intValue())
            "release_hung" -> vipps.releaseHung()
            "wrong_environment" -> vipps.wrongEnvironment()
            "fail_next" -> failNext(step)
            "script" -> vipps.script(text("path"), step["replies"].map(::reply))
            "script_elsewhere" -> elsewhere.script(text("path"), step["replies"].map { Played(it["status"].intValue(), headers(it)) })
            "call" -> results += call(step)
            "covers" -> assertEquals(step["covers"].booleanValue(), asked(step).covers(text("url")), text("url"))
            "may_follow" ->
                assertEquals(step["may_follow"].booleanValue(), asked(step).mayFollow(text("from"), text("to")), "$step")
            else -> fail("unknown step $what")
        }
    }

    /** On a busy machine a time limit may be over before the request has come that is to hang. */
    private fun arrived(path: String, times: Int) {
        val until = System.nanoTime() + Duration.ofSeconds(10).toNanos()
        while (vipps.requests().count { it.path == path } < times) {
            assertTrue(System.nanoTime() < until, "$path was not asked $times times")
            Thread.sleep(1)
        }
    }

    private fun asked(step: JsonNode): Caller =
        partner(Environment.of(step["environment"].textValue()), step["trusted_origins"].map { it.textValue() })

    private fun failNext(step: JsonNode) {
        val failure = step["failure"]
        known(failure, "kind", "status", "shape")
        vipps.failNext(word(step["endpoint"])) {
            times(step["times"].intValue())
            failure["kind"]?.let { kind(word(it)) }
            failure["status"]?.let { status(it.intValue()) }
            failure["shape"]?.let { shape(word(it)) }
        }
    }

    private inline fun <reified W : Enum<W>> word(node: JsonNode): W = enumValues<W>().first { "$it" == node.textValue() }

    private fun reply(node: JsonNode) = Reply(node["status"].intValue()).body(node["body"].textValue())
        .headers(headers(node))

    private fun headers(node: JsonNode) = node["headers"].orEmptyFields().mapValues { filledIn(it.value.textValue()) }

    private fun filledIn(text: String) = text.replace("{base_url}", vipps.baseUrl).replace("{other_url}", elsewhere.url)

    private fun call(step: JsonNode): Any {
        known(step, "do", "method", "path", "url", "headers", "body", "auth", "merchant", "follow", "limit", "abort")
        val url = step["url"]?.let { filledIn(it.textValue()) } ?: (vipps.baseUrl + step["path"].textValue())
        val call = Call(step, url, step["merchant"]?.let { shops.getValue(it.textValue()) })
        val abort = CompletableFuture<() -> Unit>()
        val before = tokenRequests()
        val ended = CompletableFuture.supplyAsync({ client.make(call, abort::complete) }) { Thread(it, call.url).start() }
        if (call.abort == "token_request") {
            val giveUp = abort.get()
            while (tokenRequests() == before && !ended.isDone) Thread.onSpinWait()
            giveUp()
        }
        return try {
            ended.get()
        } catch (failure: ExecutionException) {
            failure.cause!!
        }
    }

    private fun tokenRequests() = vipps.requests().count(::isToken)

    private fun isToken(request: RecordedRequest) = request.path in listOf(TOKENS, "/miami/v1/token")

    private fun compare(outcome: JsonNode) {
        known(outcome, "name", "results", "token_requests", "requests", "elsewhere", "events")
        assertEquals(outcome["results"].size(), results.size, "number of results")
        outcome["results"].zip(results).forEach { (expected, result) -> compareResult(expected, result) }
        outcome["token_requests"]?.let { assertEquals(it.intValue(), tokenRequests(), "token requests") }
        outcome["requests"]?.let { compareRequests(it.toList(), vipps.requests().filterNot(::isToken)) }
        outcome["elsewhere"]?.let { compareElsewhere(it.toList()) }
        outcome["events"]?.let { compareEvents(it.toList()) }
    }

    private fun compareResult(expected: JsonNode, result: Any) {
        known(expected, "status", "body", "headers", "error")
        if (expected.has("error")) return compareError(expected["error"], result as? Throwable ?: fail("no error"))
        val reply = result as? Answer ?: throw AssertionError("the call failed", result as Throwable)
        assertEquals(expected["status"].intValue(), reply.status)
        expected["body"]?.let { assertEquals(it.textValue(), reply.body) }
        expected["headers"].orEmptyFields().forEach { (name, value) -> assertEquals(value.textValue(), reply.headers(name)) }
    }

    private fun compareError(expected: JsonNode, error: Throwable) {
        known(expected, "family", "cause")
        assertEquals(expected["family"].textValue(), client.family(error), "$error")
        val cause = expected["cause"] ?: return
        known(cause, "code", "field")
        val ours = generateSequence(error) { it.cause }.firstNotNullOf { it as? VippsAuthException }
        assertEquals(cause["code"].textValue(), ours.code)
        cause["field"]?.let { assertEquals(it.textValue(), ours.field) }
    }

    private fun compareRequests(expected: List<JsonNode>, seen: List<RecordedRequest>) {
        assertEquals(expected.map { it["path"].textValue() }, seen.map { it.path + it.query?.let { query -> "?$query" }.orEmpty() })
        val tokens = mutableMapOf<Int, String>()
        expected.zip(seen).forEach { (request, arrived) ->
            known(request, "method", "path", "status", "ours", "token", "headers", "absent", "body", "body_json")
            assertEquals(request["method"].textValue(), arrived.method)
            request["status"]?.let { assertEquals(it.intValue(), arrived.status) }
            fun values(name: String) = arrived.headers.filter { it.name == name }.map { it.value }
            request["ours"]?.let { compareOurs(it.textValue(), ::values, request["headers"].orEmptyFields().keys) }
            request["token"]?.let { tokens.getOrPut(it.intValue()) { values("authorization").single() } }
                ?.let { assertEquals(listOf(it), values("authorization")) }
            request["headers"].orEmptyFields().forEach { (name, value) -> compareValue(value.textValue(), values(name), name) }
            request["absent"].orEmpty().forEach { assertEquals(emptyList<String>(), values(it.textValue())) }
            request["body"]?.let { assertEquals(it.textValue(), arrived.body) }
            request["body_json"]?.let { assertEquals(it, json(arrived.body)) }
        }
        assertEquals(tokens.size, tokens.values.toSet().size, "another number, another token")
    }

    /** Clients add the charset of a text. */
    private fun compareValue(expected: String, values: List<String>, name: String) {
        val plain = if (name == "content-type") values.map { it.substringBefore(';') } else values
        assertEquals(listOf(expected), plain, name)
    }

    private fun compareOurs(msn: String?, values: (String) -> List<String>, byCaller: Set<String>) {
        if (msn == null) return (OURS - byCaller).forEach { assertEquals(emptyList<String>(), values(it), it) }
        val keys = vipps.partnerKeys()
        assertEquals(1, values("authorization").count { it.startsWith("Bearer ") && it != "Bearer mine" })
        assertEquals(listOf(keys.subscriptionKey), values("ocp-apim-subscription-key"))
        assertEquals(if (msn == "partner") emptyList() else listOf(msn), values("merchant-serial-number"))
        assertEquals(listOf("acme", "3.1.2"), values("vipps-system-name") + values("vipps-system-version"))
    }

    private fun compareElsewhere(expected: List<JsonNode>) {
        assertEquals(expected.map { it["path"].textValue() }, elsewhere.seen.map { it.path })
        expected.zip(elsewhere.seen).forEach { (request, seen) ->
            known(request, "method", "path", "headers", "absent")
            assertEquals(request["method"].textValue(), seen.method)
            request["headers"].orEmptyFields().forEach { (name, value) -> assertEquals(value.textValue(), seen.headers[name]) }
            request["absent"].orEmpty().forEach { assertTrue(it.textValue() !in seen.headers) }
        }
    }

    /** Events come in order: after the one of a fetch there is none left of what was before. */
    private fun compareEvents(expected: List<JsonNode>) {
        partner.invalidate(partner.accessTokenBlocking())
        val told = generateSequence(events::take).takeWhile { it.name != "token_fetched" }.toList()
        expected.forEach { event ->
            known(event, "name", "details", "times")
            val details = event["details"].orEmptyFields().mapValues { filledIn(it.value.textValue()) }
            val same = told.filter { it.name == event["name"].textValue() && details.all { (name, value) -> it.details[name] == value } }
            assertEquals(event["times"].intValue(), same.size, "$told")
        }
    }

    override fun close() {
        client.close()
        partner.close()
        vipps.close()
        elsewhere.close()
    }
}

private val OURS = setOf(
    "authorization", "ocp-apim-subscription-key", "merchant-serial-number", "vipps-system-name", "vipps-system-version",
)

internal class Played(val status: Int, val headers: Map<String, String>)

/** A server that is not Vipps. */
internal class Elsewhere : AutoCloseable {
    class Seen(val method: String, val path: String, val headers: Map<String, String>)

    val seen = CopyOnWriteArrayList<Seen>()
    private val scripts = ConcurrentHashMap<String, MutableList<Played>>()
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
    val url = "http://localhost:${server.address.port}"

    init {
        server.createContext("/", ::answer)
        server.start()
    }

    fun script(path: String, replies: List<Played>) {
        scripts[path] = CopyOnWriteArrayList(replies)
    }

    private fun answer(exchange: HttpExchange) = exchange.use {
        val headers = it.requestHeaders.map { (name, values) -> name.lowercase() to values.joinToString() }.toMap()
        it.requestBody.readAllBytes()
        seen += Seen(it.requestMethod, it.requestURI.toString(), headers)
        val reply = scripts[it.requestURI.path]?.removeFirstOrNull()
        reply?.headers?.forEach(it.responseHeaders::set)
        it.sendResponseHeaders(reply?.status ?: 200, -1)
    }

    override fun close() = server.stop(0)
}

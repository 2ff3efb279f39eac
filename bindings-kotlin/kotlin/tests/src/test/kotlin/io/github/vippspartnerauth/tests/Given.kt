package io.github.vippspartnerauth.tests

import com.fasterxml.jackson.databind.JsonNode
import io.github.vippspartnerauth.Expect
import io.github.vippspartnerauth.Flow
import io.github.vippspartnerauth.Keys
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.PspKeys
import io.github.vippspartnerauth.SalesUnitKeys
import io.github.vippspartnerauth.SpecializedKeys
import io.github.vippspartnerauth.SystemInfo

private val MEMBERS = arrayOf(
    "text", "name", "version", "plugin_name", "plugin_version", "environment", "keys", "system", "now", "options",
    "msn", "jwks", "jwks_text", "jwt", "leeway", "expect", "id_token", "redirect_uri", "scopes", "request",
    "callback_url", "app_callback_uri", "pending", "login_hint", "msisdn", "timeout", "after",
    "secrets", "public_host", "tolerance", "method", "path", "headers", "body", "body_base64", "webhook_id", "url",
    "scheme", "business", "known",
)

/** `given` of a case, and the library's own types made of it. */
internal class Given(private val members: JsonNode, private val resolve: (JsonNode) -> JsonNode) {
    init {
        known(members, *MEMBERS)
    }

    val options: JsonNode = (members["options"] ?: json("{}")).also {
        known(
            it, "basic_encoding", "login_basic_encoding", "backchannel_basic_encoding", "login_auth_method", "market", "acr_values",
            "requested_flow", "app_callback_uri", "final_redirect_is_app", "binding_message", "requested_expiry",
            "redirect_uri",
        )
    }

    operator fun get(name: String): JsonNode? = members[name]?.takeUnless { it.isNull }

    fun text(name: String): String? = get(name)?.textValue()

    fun needed(name: String): String = checkNotNull(text(name)) { "given lacks $name" }

    fun resolved(name: String): JsonNode? = get(name)?.let(resolve)

    fun option(name: String): String? = options[name]?.textValue()

    fun keys(): Keys {
        val keys = checkNotNull(resolved("keys"))
        known(
            keys, "type", "client_id", "client_secret", "subscription_key", "second_subscription_key", "msn", "scope",
            "psp_id",
        )
        fun text(name: String) = keys[name]?.textValue()
        val (id, secret) = text("client_id")!! to text("client_secret")!!
        val (first, second) = text("subscription_key").orEmpty() to text("second_subscription_key")
        val (msn, scope) = text("msn").orEmpty() to text("scope")
        return when (val type = text("type")) {
            "partner" -> if (second == null) PartnerKeys(id, secret, first) else PartnerKeys(id, secret, first, second)
            "sales_unit" ->
                if (second == null) SalesUnitKeys(id, secret, first, msn) else SalesUnitKeys(id, secret, first, msn, second)
            "specialized" -> if (scope == null) SpecializedKeys(id, secret) else SpecializedKeys(id, secret, scope)
            "psp" -> {
                val pspId = text("psp_id").orEmpty()
                if (second == null) PspKeys(id, secret, first, pspId) else PspKeys(id, secret, first, pspId, second)
            }
            else -> error("unknown type of keys $type")
        }
    }

    fun system(): SystemInfo = system(checkNotNull(resolved("system")))

    fun ownSystem(): SystemInfo = system(members)

    private fun system(node: JsonNode) = SystemInfo(
        node["name"].textValue(), node["version"].textValue(), node["plugin_name"]?.textValue(),
        node["plugin_version"]?.textValue(),
    )

    fun expect(): Expect {
        val expect = get("expect") ?: json("{}")
        known(expect, "msn", "flow", "nonce", "client_id", "access_token", "acr", "auth_req_id")
        fun Expect.and(name: String, with: Expect.(String) -> Expect) = expect[name]?.textValue()?.let { with(it) } ?: this
        return Expect().and("msn", Expect::withMsn).and("flow") { withFlow(Flow.valueOf(it.uppercase())) }
            .and("nonce", Expect::withNonce).and("client_id", Expect::withClientId)
            .and("access_token", Expect::withAccessToken).and("acr", Expect::withAcr)
            .and("auth_req_id", Expect::withAuthReqId)
    }

    /** What must never stand in an error. */
    fun secrets(): List<String> {
        val keys = resolved("keys")
        val ofKeys = listOf("client_secret", "subscription_key", "second_subscription_key").map { keys?.get(it) }
        val ofToken = listOf(get("jwt"), get("expect")?.get("access_token"), get("msisdn"))
        val ofKept = listOf("request", "pending").mapNotNull(::resolved).flatMap { kept ->
            listOf("code_verifier", "state", "nonce", "auth_req_id").map { kept[it] }
        }
        val ofCallback = form(text("callback_url").orEmpty().substringAfter('?', ""))
            .filter { it.first == "code" || it.first == "state" }.map { it.second }
        val ofHint = listOfNotNull(text("login_hint")?.substringAfterLast(':'))
        val ofWebhooks = resolved("secrets")?.map { it[1] }.orEmpty()
        return (ofKeys + ofToken + ofKept + ofWebhooks).mapNotNull { it?.textValue() } + ofCallback + ofHint
    }
}

package io.github.vippspartnerauth.tests

import com.fasterxml.jackson.databind.JsonNode
import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import java.security.MessageDigest
import java.util.HexFormat
import net.rubyeye.xmemcached.XMemcachedClient

/** One process of a fleet, told what to do on standard input; the requests are described in `tests/fleet/README.md`. */
object FleetWorker {
    private lateinit var partner: Partner

    @JvmStatic
    fun main(args: Array<String>) = generateSequence(::readLine).forEach { println(json(answer(json(it)))) }

    private fun answer(request: JsonNode): Map<String, Any?> = try {
        when (val what = request["do"].textValue()) {
            "start" -> start(request["settings"])
            "token" -> mapOf("token" to fingerprint(partner.accessTokenBlocking().secret))
            "stats" -> partner.stats.run { mapOf("tokens_from_cache" to tokensFromCache, "token_requests" to tokenRequests) }
            else -> mapOf("error" to mapOf("code" to "unknown_request", "detail" to what))
        }
    } catch (error: VippsAuthException) {
        mapOf("error" to mapOf("code" to error.code, "field" to error.field, "detail" to error.detail))
    }

    private fun start(settings: JsonNode): Map<String, Any?> {
        fun text(name: String) = settings[name]?.textValue()
        val keys = PartnerKeys(text("client_id")!!, text("client_secret")!!, text("subscription_key")!!)
        val shared = Settings {
            text("redis_url")?.let(::redisUrl)
            text("redis_ca_pem")?.let { redisCaPem(it) }
        }
        val environment = text("environment")?.let(Environment::of) ?: Environment.Production
        val cache = text("memcached")?.let { Memcached(XMemcachedClient("127.0.0.1", it.toInt())) }
        partner = Partner(keys, SystemInfo("fleet-jvm", "1"), environment, shared, null, cache)
        return emptyMap()
    }

    private fun fingerprint(token: String): String =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(token.toByteArray())).take(32)
}

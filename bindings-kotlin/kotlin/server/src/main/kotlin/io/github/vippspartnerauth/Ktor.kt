package io.github.vippspartnerauth

import io.ktor.client.call.HttpClientCall
import io.ktor.client.plugins.api.Send
import io.ktor.client.plugins.api.createClientPlugin
import io.ktor.client.request.HttpRequestBuilder
import io.ktor.http.HttpStatusCode
import io.ktor.util.AttributeKey

/** What [VippsAuth] needs to know. */
class VippsAuthConfig {
    /** The merchant or partner to make calls for. */
    var caller: Caller? = null
}

/**
 * For Ktor's client: attaches a caller's headers to each request that the partner covers, and takes them off again when
 * a redirect leads elsewhere. On a 401 the token is fetched anew and the request sent once more.
 */
val VippsAuth = createClientPlugin("VippsAuth", ::VippsAuthConfig) {
    val caller = requireNotNull(pluginConfig.caller) { "set caller to the merchant or partner to make calls for" }
    on(Send) { request ->
        val used = caller.attach(request)
        val call = proceed(request)
        if (used == null || !caller.wantsAnother(call, used)) return@on call
        caller.attach(request)
        proceed(request)
    }
}

private val ATTACHED = AttributeKey<Set<String>>("VippsAuthHeaders")

private suspend fun Caller.attach(request: HttpRequestBuilder): Snapshot? {
    request.attributes.takeOrNull(ATTACHED)?.forEach(request.headers::remove)
    if (!partner.covers(request.url.buildString())) return null
    val snapshot = source.get()
    snapshot.headers.forEach { (name, value) -> request.headers[name] = value }
    request.attributes.put(ATTACHED, snapshot.headers.keys)
    return snapshot
}

private fun Caller.wantsAnother(call: HttpClientCall, used: Snapshot) =
    call.response.status == HttpStatusCode.Unauthorized && worthAnotherTry(used.headers.getValue(AUTHORIZATION))

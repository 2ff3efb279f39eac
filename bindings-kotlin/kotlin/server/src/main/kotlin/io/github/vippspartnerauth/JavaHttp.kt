@file:JvmName("VippsJavaHttp")

package io.github.vippspartnerauth

import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

/**
 * Sends a request with this caller's headers attached, if the partner covers its URL; else as it is. On a 401 the token
 * is fetched anew and the request sent once more.
 *
 * @throws IllegalArgumentException for a client that follows redirects: it would take the headers to any host
 */
@Throws(java.io.IOException::class, InterruptedException::class)
fun <T> Caller.send(client: HttpClient, request: HttpRequest, handler: HttpResponse.BodyHandler<T>): HttpResponse<T> {
    require(client.followRedirects() == HttpClient.Redirect.NEVER) { "the client must not follow redirects" }
    if (!partner.covers(request.uri().toString())) return client.send(request, handler)
    val used = source.getBlocking()
    val response = client.send(request.with(used), handler)
    val again = response.statusCode() == UNAUTHORIZED && worthAnotherTry(used.headers.getValue(AUTHORIZATION))
    return if (again) client.send(request.with(source.getBlocking()), handler) else response
}

private fun HttpRequest.with(snapshot: Snapshot): HttpRequest {
    val builder = HttpRequest.newBuilder(this) { name, _ -> snapshot.headers.keys.none { it.equals(name, true) } }
    snapshot.headers.forEach(builder::header)
    return builder.build()
}

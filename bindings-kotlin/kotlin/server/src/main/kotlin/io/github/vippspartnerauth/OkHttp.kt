@file:JvmName("VippsOkHttp")

package io.github.vippspartnerauth

import okhttp3.Authenticator
import okhttp3.Interceptor
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.Route

/**
 * Attaches this caller's headers to each request that the partner covers. Add it as a *network* interceptor: those run
 * once for each hop, so that a redirect to another host takes nothing along; as any other kind it refuses to work.
 *
 * Token trouble is a [VippsAuthException], which is unchecked.
 */
fun Caller.okHttpInterceptor(): Interceptor = Interceptor { chain ->
    checkNotNull(chain.connection()) { "add it with addNetworkInterceptor, so that redirects take no keys along" }
    val request = chain.request()
    chain.proceed(if (partner.covers(request.url.toString())) request.with(source.getBlocking()) else request)
}

/**
 * On a 401 to a call that carried a token of this caller, has it fetched anew and the call made once more, if its body
 * can be sent again. Belongs to [okHttpInterceptor], which attaches the headers.
 */
fun Caller.okHttpAuthenticator(): Authenticator = Authenticator { _: Route?, response: Response ->
    val carried = response.networkResponse?.request?.header(AUTHORIZATION)
    response.request.takeIf { carried != null && !response.isSecondRefusal() && worthAnotherTry(carried) }
}

/** Installs [okHttpInterceptor] and [okHttpAuthenticator] on this client. */
fun OkHttpClient.Builder.authorize(caller: Caller): OkHttpClient.Builder =
    addNetworkInterceptor(caller.okHttpInterceptor()).authenticator(caller.okHttpAuthenticator())

private fun Request.with(snapshot: Snapshot): Request {
    val builder = newBuilder()
    snapshot.headers.forEach { (name, value) -> builder.header(name, value) }
    return builder.build()
}

private fun Response.isSecondRefusal() = priorResponse?.code == code

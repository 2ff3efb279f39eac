package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.VippsAuthException
import io.github.vippspartnerauth.VippsAuthIOException
import io.github.vippspartnerauth.authorize
import io.github.vippspartnerauth.emulator.Endpoint
import io.github.vippspartnerauth.emulator.ErrorShape
import io.github.vippspartnerauth.emulator.Mishap
import io.github.vippspartnerauth.okHttpInterceptor
import java.io.IOException
import java.io.InterruptedIOException
import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.runBlocking
import okhttp3.Authenticator
import okhttp3.Call
import okhttp3.Callback
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import okhttp3.ResponseBody
import okhttp3.mockwebserver.MockResponse
import okhttp3.mockwebserver.MockWebServer
import okio.BufferedSink
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import retrofit2.HttpException
import retrofit2.Retrofit
import retrofit2.http.Body
import retrofit2.http.GET
import retrofit2.http.POST
import retrofit2.http.Tag

/** What belongs to OkHttp alone. */
class OkHttpTest {
    private fun Shop.client() = OkHttpClient.Builder().authorize(merchant)

    private fun Shop.get() = Request.Builder().url(payments).build()

    private fun Shop.statuses() = vipps.requests().filter { it.path == PAYMENTS }.map { it.status }

    @Test
    fun `a token that can't be fetched is an IOException, executed or enqueued, and nothing is uncaught`(): Unit = Shop().use { shop ->
        shop.vipps.wrongEnvironment()
        val client = shop.client().build()
        val uncaught = CompletableFuture<Throwable>()
        val usual = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler { _, error -> uncaught.complete(error) }
        try {
            val told = CompletableFuture<IOException>()
            client.newCall(shop.get()).enqueue(
                object : Callback {
                    override fun onFailure(call: Call, e: IOException) = Unit.also { told.complete(e) }

                    override fun onResponse(call: Call, response: Response) = Unit.also { told.cancel(true) }
                },
            )
            assertInstanceOf(VippsAuthException.CredentialsRejected::class.java, told.get().cause)
            client.dispatcher.executorService.submit {}.get()
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(usual)
        }
        val thrown = assertThrows(VippsAuthIOException::class.java) { client.newCall(shop.get()).execute() }
        assertEquals("credentials_rejected", thrown.cause.code)
        assertNull(uncaught.getNow(null))
    }

    @Test
    fun `a partner that was closed is an IOException, too`(): Unit = Shop().use { shop ->
        val client = OkHttpClient.Builder().authorize(shop.partner).build()
        shop.partner.close()
        assertThrows(IOException::class.java) { client.newCall(shop.get()).execute() }
    }

    @Test
    fun `an interrupt while a token is fetched is an InterruptedIOException`(): Unit = Shop().use { shop ->
        shop.vipps.failNext(Endpoint.STANDARD_TOKEN) { kind(Mishap.HANG) }
        val ended = CompletableFuture<Pair<IOException, Boolean>>()
        val caller = Thread {
            val failure = assertThrows(IOException::class.java) { shop.client().build().newCall(shop.get()).execute() }
            ended.complete(failure to Thread.currentThread().isInterrupted)
        }
        caller.start()
        while (shop.tokenRequests() == 0L) Thread.onSpinWait()
        caller.interrupt()
        assertInstanceOf(InterruptedIOException::class.java, ended.get().first)
        assertTrue(ended.get().second, "the thread stays interrupted")
        shop.vipps.releaseHung()
    }

    @Test
    fun `an authenticator of one's own is asked, whichever came first, and ours renews too`() {
        val orders = listOf<(OkHttpClient.Builder, Shop, Authenticator) -> OkHttpClient.Builder>(
            { builder, shop, own -> builder.authenticator(own).authorize(shop.merchant) },
            { builder, shop, own -> builder.authorize(shop.merchant).authenticator(own) },
        )
        val answers = listOf<(Response) -> Request?>(
            { null },
            { it.request.newBuilder().header("Authorization", "Basic YTpi").build() },
        )
        for (order in orders) for (answer in answers) Shop().use { shop ->
            val asked = mutableListOf<String>()
            val client = order(OkHttpClient.Builder(), shop) { _, response ->
                asked += response.request.url.host
                if (response.priorResponse == null) answer(response) else null
            }.build()
            shop.merchant.headersBlocking()
            shop.vipps.revokeTokens()
            assertEquals(200, client.newCall(shop.get()).execute().use { it.code })
            assertEquals(listOf(401, 200), shop.statuses())
            MockWebServer().use { other ->
                other.enqueue(MockResponse().setResponseCode(401))
                other.enqueue(MockResponse())
                client.newCall(Request.Builder().url(other.url("/")).build()).execute().close()
                assertNull(other.takeRequest().getHeader("Authorization"))
            }
            assertEquals(2, asked.size, "once by Vipps, once by the other")
        }
    }

    @Test
    fun `a body that writes something else each time is sent as it was, and once`(): Unit = Shop().use { shop ->
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        var written = 0
        val counting = object : RequestBody() {
            override fun contentType() = null

            override fun contentLength() = 1L

            override fun writeTo(sink: BufferedSink) = sink.writeUtf8("${written++}").let { }
        }
        assertEquals(200, post(shop, counting))
        assertEquals(listOf("0", "0"), shop.vipps.requests().filter { it.path == PAYMENTS }.map { it.body })
    }

    @Test
    fun `a refusal of a body that can be sent once only is told, and not tried again`(): Unit = Shop().use { shop ->
        val oneShot = object : RequestBody() {
            override fun contentType() = null

            override fun contentLength() = 1L

            override fun isOneShot() = true

            override fun writeTo(sink: BufferedSink) = sink.writeUtf8("x").let { }
        }
        val first = shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        assertEquals(401, post(shop, oneShot))
        assertNotEquals(first, shop.merchant.cachedHeaders(), "the refusal was told")
        assertEquals(listOf(401), shop.statuses())
    }

    /** Ours stands around interceptors that are added after it. */
    @Test
    fun `each call of an interceptor that makes two has its own body`(): Unit = Shop().use { shop ->
        val client = shop.client().addInterceptor { chain ->
            val first = chain.request().newBuilder().url("${shop.payments}/first").post("first".toRequestBody()).build()
            chain.proceed(first).close()
            chain.proceed(chain.request())
        }.build()
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        val request = Request.Builder().url(shop.payments).post("second".toRequestBody()).build()
        assertEquals(200, client.newCall(request).execute().use { it.code })
        val calls = shop.vipps.requests().filter { it.path.startsWith(PAYMENTS) }
        assertEquals(listOf("first", "second"), calls.map { it.body }.distinct())
        calls.forEach { assertEquals(if (it.path == PAYMENTS) "second" else "first", it.body) }
    }

    private fun post(shop: Shop, body: RequestBody) =
        shop.client().build().newCall(Request.Builder().url(shop.payments).post(body).build()).execute().use { it.code }

    @Test
    fun `an interceptor by itself tells of a refusal and does not try again`(): Unit = Shop().use { shop ->
        val client = OkHttpClient.Builder().addNetworkInterceptor(shop.merchant.okHttpInterceptor()).build()
        shop.merchant.headersBlocking()
        shop.vipps.revokeTokens()
        assertEquals(listOf(401, 200), List(2) { client.newCall(shop.get()).execute().use { it.code } })
    }

    @Test
    fun `what would let keys go astray is refused`(): Unit = Shop().use { shop ->
        val wrong = OkHttpClient.Builder().addInterceptor(shop.merchant.okHttpInterceptor()).build()
        assertThrows(IllegalStateException::class.java) { wrong.newCall(shop.get()).execute() }
        assertEquals(0, shop.tokenRequests())
    }

    private interface Payments {
        @GET("epayment/v1/payments")
        suspend fun list(@Tag shop: Merchant): ResponseBody

        @POST("epayment/v1/payments")
        fun create(@Body body: RequestBody): retrofit2.Call<ResponseBody>
    }

    @Test
    fun `Retrofit gets answers and errors of its own kind, for the merchant of the tag`(): Unit = Shop().use { shop ->
        shop.vipps.addMerchant("654321")
        val retrofit = Retrofit.Builder().baseUrl("${shop.vipps.baseUrl}/").client(shop.client().build()).build()
        val payments = retrofit.create(Payments::class.java)
        runBlocking { payments.list(shop.partner.merchant("654321")).close() }
        shop.vipps.revokeTokens()
        assertEquals(200, payments.create("{}".toRequestBody()).execute().code())
        val called = shop.vipps.requests().filter { it.path == PAYMENTS }
        assertEquals(
            listOf("654321", "123456", "123456"),
            called.map { call -> call.headers.first { it.name == "merchant-serial-number" }.value },
        )
        shop.vipps.failNext(Endpoint.PAYMENTS) { status(403).shape(ErrorShape.PROBLEM) }
        assertThrows(HttpException::class.java) { runBlocking { payments.list(shop.merchant) } }
        shop.vipps.wrongEnvironment()
        shop.partner.invalidate(shop.partner.accessTokenBlocking())
        assertThrows(VippsAuthIOException::class.java) { runBlocking { payments.list(shop.merchant) } }
    }

    /** The world's own mock in the place of Vipps: all that it takes is an environment of that address. */
    @Test
    fun `MockWebServer plays Vipps`(): Unit = MockWebServer().use { vipps ->
        val environment = Environment.of(vipps.url("/").toString().trimEnd('/'))
        val partner = Partner(PartnerKeys("id", "secret", "key"), SystemInfo("acme", "3.1.2"), environment, Settings())
        vipps.enqueue(MockResponse().setBody("""{"access_token": "one", "expires_in": "3600"}"""))
        vipps.enqueue(MockResponse().setResponseCode(401))
        vipps.enqueue(MockResponse().setBody("""{"access_token": "two", "expires_in": "3600"}"""))
        vipps.enqueue(MockResponse().setBody("paid"))
        val client = OkHttpClient.Builder().authorize(partner.merchant("123456")).build()
        val paid = client.newCall(Request.Builder().url(vipps.url(PAYMENTS)).build()).execute().use { it.body!!.string() }
        assertEquals("paid", paid)
        val sent = List(4) { vipps.takeRequest() }
        assertEquals(listOf(TOKENS, PAYMENTS, TOKENS, PAYMENTS), sent.map { it.path })
        assertEquals("Bearer two", sent[3].getHeader("Authorization"))
    }
}

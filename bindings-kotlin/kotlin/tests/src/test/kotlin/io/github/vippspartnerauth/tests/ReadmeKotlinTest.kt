package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.LoginRequest
import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.TokenCache
import io.github.vippspartnerauth.Transport
import io.github.vippspartnerauth.TransportReply
import io.github.vippspartnerauth.VippsAuth
import io.github.vippspartnerauth.VippsAuthException
import io.github.vippspartnerauth.authorize
import io.github.vippspartnerauth.authorizeWith
import io.github.vippspartnerauth.emulator.Emulator
import io.github.vippspartnerauth.emulator.EmulatorKit
import io.github.vippspartnerauth.emulator.Endpoint
import io.github.vippspartnerauth.emulator.Mode
import io.github.vippspartnerauth.emulator.NewKeys
import io.github.vippspartnerauth.emulator.VippsEmulatorExtension
import io.ktor.client.HttpClient
import io.ktor.client.request.get
import java.io.File
import java.net.URI
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import kotlinx.coroutines.runBlocking
import net.rubyeye.xmemcached.MemcachedClient
import okhttp3.Headers.Companion.toHeaders
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.RegisterExtension

/** The blocks of the READMEs, the library's and the emulator's, word for word. */
class ReadmeKotlinTest {
    private val vipps = Emulator.start { merchants("123456", "654321").partnerKeys(environmentKeys()) }
    private val environment: Environment = vipps.environment
    private val partner = Partner(vipps.partnerKeys().forPartner(), SystemInfo("acme", "3.1.2"), environment)
    private val shop: Merchant = partner.merchant("123456")
    private val url = vipps.baseUrl + PAYMENTS

    @Test
    fun `quick start`() = runBlocking {
        val partner = Partner(PartnerKeys.fromEnv(), SystemInfo("acme", "3.1.2"), environment = environment)
        val shop = partner.merchant("123456")
        val headers = shop.headers()
        assertEquals("123456", headers["merchant-serial-number"])
    }

    @Test
    fun okhttp() {
        val http = OkHttpClient.Builder().authorize(shop).build()
        val response = http.newCall(Request.Builder().url(url).build()).execute()
        assertEquals(200, response.use { it.code })
    }

    @Test
    fun ktor() = runBlocking {
        val client = HttpClient { install(VippsAuth) { caller = shop } }
        val answer = client.get(url)
        val other = client.get(url) { authorizeWith(partner.merchant("654321")) }
        assertEquals(listOf(200, 200), listOf(answer, other).map { it.status.value })
    }

    @Test
    fun login() = runBlocking {
        vipps.registerRedirectUri("123456", "https://shop.example/callback")
        vipps.autoApprove("4791234567")
        val session = mutableMapOf<String, String>()
        val callbackUrl by lazy { whereTheBrowserGoes(LoginRequest.fromJson(session.getValue("login")).url) }
        val login = shop.login("https://shop.example/callback")
        val request = login.start(listOf("openid", "name"))
        session["login"] = request.toJson()
        // The browser goes to request.url. When it is back:
        val result = login.finish(callbackUrl, LoginRequest.fromJson(session.getValue("login")))
        println("${result.claims.sub} is ${login.userinfo(result).name}")
        assertEquals("Kari Fixture", login.userinfo(result).name)
    }

    @Test
    fun offline() = runBlocking {
        Emulator.start { merchants("123456") }.use { vipps ->
            val partner = Partner(vipps.partnerKeys().forPartner(), SystemInfo("acme", "3.1.2"), vipps.environment)
            vipps.failNext(Endpoint.STANDARD_TOKEN) { status(503) }
            check(partner.merchant("123456").headers()["merchant-serial-number"] == "123456")
            check(vipps.count("/accesstoken/get") == 2L)
        }
    }

    @Test
    fun `both clocks`() = runBlocking {
        EmulatorKit.start { merchants("123456") }.use { kit ->
            val shop = kit.merchant()
            shop.headers()
            kit.advance(Duration.ofDays(1))
            shop.headers()
            check(kit.emulator.count("/accesstoken/get") == 2L)
        }
    }

    @Test
    fun fleet() {
        val settings = Settings { redisUrl("redis://cache.internal:6379") }
        val partner = Partner(PartnerKeys.fromEnv(), SystemInfo("acme", "3.1.2"), environment, settings)
        assertEquals(environment, partner.environment)
    }

    @Test
    fun `own transport`() = runBlocking {
        val (keys, system) = vipps.partnerKeys().forPartner() to SystemInfo("acme", "3.1.2")
        val client = OkHttpClient.Builder().followRedirects(false).retryOnConnectionFailure(false).build()
        val sender = Transport { request ->
            val call = Request.Builder().url(request.url).headers(request.headers.toHeaders())
                .method(request.method, request.body?.toRequestBody()).build()
            client.newBuilder().callTimeout(request.timeout).build().newCall(call).execute().use { reply ->
                TransportReply(reply.code, reply.headers.toMultimap(), reply.body!!.bytes())
            }
        }
        val partner = Partner(keys, system, environment, Settings { transport(sender) })
        assertEquals("123456", partner.merchant("123456").headers()["merchant-serial-number"])
    }

    @Test
    fun errors() = runBlocking {
        val logged = mutableListOf<String>()
        val log: (String) -> Unit = logged::add
        val tryAgainAfter: (Duration?) -> Unit = { error("wrong keys stay wrong") }
        vipps.wrongEnvironment()
        try {
            shop.headers()
        } catch (error: VippsAuthException) {
            log("${error.code}: ${error.message}")
            if (error.retryable) tryAgainAfter(error.retryAfter)
        }
        assertTrue(logged.single().startsWith("credentials_rejected: "))
    }

    @Test
    fun `every block of the READMEs is in a test`() {
        val root = File(System.getProperty("vectors")).resolve("../..")
        val tests = root.resolve("bindings-kotlin/kotlin")
        val folder = "tests/src/test"
        val of = "io/github/vippspartnerauth/tests"
        val sources = mapOf(
            "kotlin" to "$folder/kotlin/$of/ReadmeKotlinTest.kt",
            "java" to "$folder/java/$of/ReadmeJavaTest.java",
        )
        val readmes = listOf(tests.resolve("README.md"), root.resolve("emulator/kotlin/README.md"))
        // Whole programs, which begin with imports, are run as they stand.
        val blocks = readmes.flatMap { blocks(it.readText()) }.filterNot { (_, block) -> block.startsWith("import ") }
        assertEquals(sources.keys, blocks.map { it.first }.toSet())
        for ((language, block) in blocks) {
            val source = plain(tests.resolve(sources.getValue(language)).readText())
            assertTrue(plain(block) in source, "no test holds this block:\n$block")
        }
    }

    private fun blocks(readme: String) = Regex("```(kotlin|java)\n(.*?)```", RegexOption.DOT_MATCHES_ALL)
        .findAll(readme).map { it.groupValues[1] to it.groupValues[2] }.toList()

    private fun plain(text: String) = text.lines().map(String::trim).filter(String::isNotEmpty).joinToString("\n")
}

class Memcached(private val client: MemcachedClient) : TokenCache {
    override fun get(name: String): ByteArray? = client.get(name)

    override fun set(name: String, value: ByteArray, ttl: Duration) {
        client.set(name, ttl.toSeconds().toInt(), value)
    }

    override fun add(name: String, value: ByteArray, ttl: Duration): Boolean =
        client.add(name, ttl.toSeconds().toInt(), value)

    override fun delete(name: String) {
        client.delete(name)
    }
}

class PaymentsTest {
    @JvmField
    @RegisterExtension
    val extension = VippsEmulatorExtension { merchants("654321").mode(Mode.TEST) }

    @Test
    fun `tokens of the test environment live for an hour`(kit: EmulatorKit, shop: Merchant) {
        shop.headersBlocking()
        kit.advance(Duration.ofHours(1))
        shop.headersBlocking()
        assertEquals(2, kit.emulator.count("/accesstoken/get"))
    }
}

/** The keys that the tests find in their environment. */
internal fun environmentKeys() = NewKeys().clientId(System.getenv("VIPPS_CLIENT_ID"))
    .clientSecret(System.getenv("VIPPS_CLIENT_SECRET")).subscriptionKey(System.getenv("VIPPS_SUBSCRIPTION_KEY"))

/** Follows the emulator's redirects as a browser would, up to the one that leaves it. */
internal fun whereTheBrowserGoes(url: String): String {
    val client = java.net.http.HttpClient.newHttpClient()
    val start = URI(url)
    return generateSequence(start) { at ->
        val response = client.send(HttpRequest.newBuilder(at).build(), BodyHandlers.discarding())
        at.resolve(response.headers().firstValue("location").orElseThrow())
    }.first { it.host != start.host }.toString()
}

package io.github.vippspartnerauth.emulator

import com.sun.net.httpserver.HttpServer
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.SystemInfo
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.util.concurrent.LinkedBlockingQueue
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class EmulatorTest {
    private fun refused(call: () -> Unit): EmulatorException = assertThrows(EmulatorException::class.java) { call() }

    @Test
    fun `options are set by a lambda, and refused by their names`() {
        Emulator.start { merchants("123456", "654321").mode(Mode.TEST) }.use { vipps ->
            assertEquals(listOf("123456", "654321"), vipps.merchants().map { it.msn })
            assertEquals(EmulatorInfo(vipps.version, vipps.baseUrl, vipps.pageUrl, Mode.TEST), vipps.info())
            assertEquals("Emulator(${vipps.baseUrl})", "$vipps")
        }
        val error = refused { Emulator.start { merchants("12") } }
        assertEquals(ControlErrorKind.INVALID_INPUT to "merchants[0]", error.code to error.member)
        assertTrue(error.message!!.startsWith("start: ") && error.rule!! in error.message!!, "$error")
    }

    @Test
    fun `a configuration file gives way to what is set beside it`(@TempDir folder: Path) {
        val file = folder.resolve("vipps.json").apply { toFile().writeText("""{"merchants": ["123456"], "mode": "test"}""") }
        Emulator.start(EmulatorOptions().mode(Mode.PRODUCTION), file).use { vipps ->
            assertEquals("123456" to Mode.PRODUCTION, vipps.merchants().single().msn to vipps.info().mode)
        }
        val error = refused { Emulator.start(config = folder.resolve("none.json")) }
        assertTrue("none.json" in error.message!! && error.code == null, "$error")
    }

    @Test
    fun `the reason why the program does not start is told`(@TempDir folder: Path) {
        val broken = folder.resolve("broken").toFile().apply { writeText("no program"); setExecutable(true) }
        val none = jsonOf(emptyMap())
        assertTrue("broken" in refused { Program.start(broken.toPath(), none, null) }.message!!)
        val failing = folder.resolve("failing").toFile().apply { writeText("#!/bin/sh\necho out of order >&2\nexit 3\n"); setExecutable(true) }
        assertEquals("vipps-emulator did not start: out of order", refused { Program.start(failing.toPath(), none, null) }.message)
        failing.writeText("#!/bin/sh\nexit 3\n")
        assertEquals("vipps-emulator did not start: exit code 3", refused { Program.start(failing.toPath(), none, null) }.message)
    }

    @Test
    fun `one that runs elsewhere is steered and left running`() = Emulator.start().use { vipps ->
        Emulator.connect(vipps.baseUrl.replace("://", "://user:hunter2@")).use { other ->
            assertEquals(vipps.baseUrl to vipps.version, other.baseUrl to other.version)
            other.addUser("4798765432")
            other.close()
            assertFalse("hunter2" in refused { other.now() }.message!!)
        }
        assertEquals(2, vipps.users().size)
    }

    @Test
    fun `where no emulator answers is said`() {
        val gone = Emulator.start().use { it.baseUrl }
        assertTrue("can't be reached" in refused { Emulator.connect(gone) }.message!!)
        assertTrue("url: " in refused { Emulator.connect("localhost:80") }.message!!)
        val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
        server.createContext("/") { it.use { exchange -> exchange.sendResponseHeaders(200, -1) } }
        server.start()
        try {
            val error = refused { Emulator.connect("http://localhost:${server.address.port}") }
            assertTrue("is no vipps-emulator" in error.message!!, "$error")
        } finally {
            server.stop(0)
        }
    }

    @Test
    fun `keys are plain, and those of the library`() = Emulator.start { merchants("123456") }.use { vipps ->
        val keys = vipps.partnerKeys()
        val partner = Partner(keys.forPartner(), SystemInfo("acme", "3.1.2"), vipps.environment)
        partner.use { assertEquals("123456", it.merchant("123456").headersBlocking()["merchant-serial-number"]) }
        val request = vipps.requests().single { it.path == "/accesstoken/get" }
        assertEquals(keys.clientSecret, request.header("Client_Secret"))
        assertNull(request.header("nothing"))
        assertEquals("123456", vipps.salesUnitKeys("123456").forSalesUnit("123456").msn)
        assertEquals(vipps.specializedKeys().clientId, vipps.specializedKeys().forPartner().clientId)
        assertEquals(keys.clientId, vipps.environment()["VIPPS_CLIENT_ID"])
        Emulator.start { partnerKeys(keys.toNew()).merchants("123456") }.use { assertEquals(keys, it.partnerKeys()) }
    }

    @Test
    fun `values are equal by what they hold and show no secret`() = Emulator.start { merchants("123456") }.use { vipps ->
        val keys = vipps.partnerKeys()
        assertEquals(keys to keys.hashCode(), vipps.partnerKeys().let { it to it.hashCode() })
        assertNotEquals(keys, vipps.salesUnitKeys("123456"))
        assertEquals("EmulatorKeys(clientId=${keys.clientId})", "$keys")
        assertEquals(Reply(503).body("later"), Reply(503).body("later"))
        assertNotEquals(Reply(503), Reply(504))
        assertEquals("NewKeys(client_secret)", "${NewKeys().clientSecret("hunter2")}")
        Partner(keys.forPartner(), SystemInfo("acme", "3.1.2"), vipps.environment).use { it.accessTokenBlocking() }
        assertFalse(keys.clientSecret in "${vipps.requests()}")
        assertEquals("approved", "${LoginStatus.APPROVED}")
    }

    @Test
    fun `spans and moments keep their fractions`() = Emulator.start().use { vipps ->
        val at = Instant.parse("2030-01-02T03:04:05.250Z")
        assertEquals(EmulatorTime(at, false, null), vipps.setTime(at))
        assertEquals(at.plusMillis(1_500), vipps.advance(Duration.ofMillis(1_500)).now)
        assertTrue(vipps.realTime().running)
        val error = refused { vipps.advance(Duration.ofSeconds(-1)) }
        assertEquals("seconds", error.member)
    }

    @Test
    fun `claims have the types of JSON`() = Emulator.start { merchants("123456") }.use { vipps ->
        val claims = mapOf("n" to 1, "r" to 1.5, "b" to true, "l" to listOf("a", null), "o" to mapOf("x" to "y"))
        val payload = vipps.mintIdToken("123456") { claims(claims) }.split('.')[1]
        val told = MAPPER.readTree(java.util.Base64.getUrlDecoder().decode(payload))
        claims.forEach { (name, value) -> assertEquals(MAPPER.valueToTree(value), told[name]) }
        val wrong = assertThrows(IllegalArgumentException::class.java) { vipps.mintIdToken("123456") { claims(mapOf("x" to Double.NaN)) } }
        assertTrue("NaN" in wrong.message!!)
        vipps.addUser("4798765432") { addresses().moreClaims(claims) }
        val user = vipps.users().single { it.msisdn == "4798765432" }
        assertEquals(listOf<Address>() to listOf("a", null), user.addresses to user.moreClaims["l"])
        assertTrue(MAPPER.readTree(vipps.jwks())["keys"].size() > 0)
    }

    @Test
    fun `what nobody would notice is logged once`() = Emulator.start { merchants("123456") }.use { vipps ->
        val logged = LinkedBlockingQueue<LogRecord>()
        val logger = Logger.getLogger("io.github.vippspartnerauth.emulator")
        val handler = object : Handler() {
            override fun publish(record: LogRecord) = logged.put(record)

            override fun flush() = Unit

            override fun close() = Unit
        }
        logger.addHandler(handler)
        try {
            Partner(vipps.partnerKeys().forPartner(), SystemInfo("acme", "3.1.2"), vipps.environment).use { partner ->
                val headers = partner.merchant("123456").headersBlocking()
                vipps.advance(Duration.ofHours(25))
                val call = MAPPER.createObjectNode().put("method", "GET").put("path", "/epayment/v1/payments/acme-order-1")
                headers.forEach { (name, value) -> call.withObject("/headers").put(name, value) }
                assertEquals(401, Plain.send(vipps.baseUrl, call).status)
                repeat(2) { assertTrue("the library under test" in vipps.advance(Duration.ofSeconds(1)).warning!!) }
            }
        } finally {
            logger.removeHandler(handler)
        }
        assertTrue("the library under test" in logged.single().message)
    }

    @Test
    fun `an emulator that is newer says what is not known here`() {
        assertEquals(Mode.TEST, jsonOf(mapOf("mode" to "test")).getValue("mode").word<Mode>())
        val error = refused { jsonOf(mapOf("mode" to "brand_new")).getValue("mode").word<Mode>() }
        assertTrue("`brand_new` is no Mode" in error.message!!, "$error")
    }

    @Test
    fun `platforms are named as JNA names them`() {
        assertEquals("linux-x86-64", platform("Linux", "amd64"))
        assertEquals("darwin-aarch64", platform("Mac OS X", "aarch64"))
        assertEquals("win32-aarch64", platform("Windows 11", "arm64"))
    }

    /** The folder that the jar is made of. */
    @Test
    fun `the library's package holds no emulator`() {
        val here = programPath().toFile().readBytes()
        assertTrue(here.holds(OF_THE_EMULATOR))
        val classes = File(System.getProperty("server"), "classes")
        val files = classes.walkTopDown().filter(File::isFile).toList()
        assertTrue(files.any { "vipps_partner_auth_ffi" in it.name }, "$classes")
        assertEquals(emptyList<File>(), files.filter { it.readBytes().holds(OF_THE_EMULATOR) })
    }
}

/** Part of the page that every emulator has within it and nothing else. */
private const val OF_THE_EMULATOR = "/emulator/page/style.css"

private fun ByteArray.holds(text: String) = text in String(this, Charsets.ISO_8859_1)

import com.fasterxml.jackson.databind.ObjectMapper
import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.Expect
import io.github.vippspartnerauth.IdTokenVerifier
import io.github.vippspartnerauth.LoginRequest
import io.github.vippspartnerauth.ManualClock
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.VippsAuthException
import java.io.File
import java.lang.module.ModuleFinder
import java.nio.file.Path
import java.time.Instant
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class AppTest {
    private fun file(name: String) = ObjectMapper().readTree(File(System.getProperty("vectors"), name))

    @Test
    fun `no class and no native function has to do with keys`() {
        val folder = File(IdTokenVerifier::class.java.protectionDomain.codeSource.location.toURI())
        val files = folder.walk().filter(File::isFile).toList()
        val classes = files.filter { it.extension == "class" }
        assertTrue(classes.any { it.nameWithoutExtension == "LoginRequest" })
        val forbidden = listOf("Keys", "Partner", "Merchant", "SystemInfo", "AccessToken", "Backchannel")
        classes.filterNot { it.nameWithoutExtension.startsWith("Vipps") }.forEach { file ->
            forbidden.forEach { assertFalse(it in file.nameWithoutExtension, file.name) }
        }
        val library = files.single { it.name.contains("vipps_partner_auth_ffi") }.readText(Charsets.ISO_8859_1)
        assertTrue("verifierhandle" in library)
        listOf("keyshandle", "partnerhandle", "loginhandle").forEach { assertFalse(it in library, it) }
    }

    @Test
    fun `it is a module`() {
        val place = Path.of(IdTokenVerifier::class.java.protectionDomain.codeSource.location.toURI())
        val module = ModuleFinder.of(place).find("io.github.vippspartnerauth.app").orElseThrow().descriptor()
        assertFalse(module.isAutomatic)
        assertEquals(setOf("io.github.vippspartnerauth"), module.exports().map { it.source() }.toSet())
    }

    @Test
    fun `an ID token is checked with the vectors' own keys`() {
        val content = file("id-token.json")
        val case = content["cases"].first { it["result"].has("ok") && it["given"].has("jwks") }
        val given = case["given"]
        val jwks = given["jwks"].let { if (it.isTextual) content["shared"][it.textValue()] else it }
        val clock = ManualClock(Instant.ofEpochSecond(given["now"].longValue()))
        val environment = Environment.of(given["environment"]?.textValue() ?: "production")
        val verifier = IdTokenVerifier(environment, jwks.toString(), Settings { clock(clock) })
        val expect = given["expect"]
        val claims = verifier.verifyBlocking(
            given["jwt"].textValue(),
            Expect(expect["msn"].textValue()).withNonce(expect["nonce"].textValue()),
        )
        assertEquals(expect["msn"].textValue(), claims.msn)
    }

    @Test
    fun `a callback is judged`() {
        val case = file("login-callback.json").let { it to it["cases"].first { case -> case["result"].has("ok") } }
        val request = case.first["shared"][case.second["given"]["request"].textValue()].toString()
        val kept = LoginRequest.fromJson(request.replace("{base_url}", Environment.Production.baseUrl))
        val callback = case.second["given"]["callback_url"].textValue()
        assertEquals(case.second["result"]["ok"]["code"].textValue(), kept.code(callback).code)
        val error = assertThrows(VippsAuthException.LoginFailed::class.java) { kept.code("$callback&code=another") }
        assertEquals("callback", error.reason)
    }
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.DoctorOutcome
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.SystemInfo
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The doctor: as a call, and as a main class. */
class DoctorTest {
    @Test
    fun `a partner at work is examined`(): Unit = Shop().use { shop ->
        val report = shop.partner.doctorBlocking(listOf("123456"), "https://shop.example/callback")
        assertEquals(DoctorOutcome.OK, report.outcome, "$report")
        assertTrue(report.findings.any { it.check == "sales_unit" }, "$report")
        assertEquals(shop.vipps.baseUrl, report.environment)
    }

    @Test
    fun `what is wrong is told and nothing is thrown`(): Unit = Shop().use { shop ->
        val wrong = PartnerKeys("acme", "wrong-secret", "wrong-key")
        Partner(wrong, SystemInfo("acme", "1"), shop.vipps.environment).use { partner ->
            val report = runBlocking { partner.doctor() }
            assertEquals(DoctorOutcome.FAULT, report.outcome)
            assertFalse("wrong-" in report.json + report)
        }
    }

    @Test
    fun `the main class reads the variables and ends with a code`() {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val name = "io.github.vippspartnerauth.Doctor"
        val command = listOf(java, "-cp", System.getProperty("java.class.path"), name, "--offline", "--json")
        val builder = ProcessBuilder(command)
        builder.environment().keys.removeIf { it.startsWith("VIPPS_") }
        val process = builder.start()
        val printed = process.inputStream.readAllBytes().decodeToString()
        assertTrue(process.waitFor(1, TimeUnit.MINUTES))
        assertEquals(1, process.exitValue(), printed)
        assertTrue("VIPPS_CLIENT_ID" in printed, printed)
    }
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Environment
import io.github.vippspartnerauth.LoginRequest
import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.PartnerKeys
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.WebhookVerifier
import io.github.vippspartnerauth.emulator.Emulator
import io.github.vippspartnerauth.emulator.LoginStatus
import java.time.Duration
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.BeforeEach

private const val CALLBACK = "https://shop.example/callback"
private const val WEBHOOK = "https://shop.example/webhooks/vipps?shop=7"
private const val KARI = "4791234567"

/** What the pages of the guide speak of: each of their blocks is run in one of these, as `bindings-kotlin/scripts/blocks.py` has it. */
abstract class Scene {
    @JvmField protected val vipps: Emulator = Emulator.start { merchants("123456", "654321").partnerKeys(environmentKeys()) }
    @JvmField protected val environment: Environment = vipps.environment
    @JvmField protected val keys: PartnerKeys = vipps.partnerKeys().forPartner()
    @JvmField protected val system = SystemInfo("acme", "3.1.2")
    @JvmField protected val partner = Partner(keys, system, environment)
    @JvmField protected val shop: Merchant = partner.merchant("123456")
    @JvmField protected val url: String = vipps.baseUrl + PAYMENTS
    @JvmField protected val counts: MutableMap<String, Int> = ConcurrentHashMap()

    protected val session = mutableMapOf<String, String>()
    protected val callbackUrl by lazy { whereTheBrowserGoes(LoginRequest.fromJson(session.getValue("login")).url) }

    @JvmField protected val nonce = "n-0001"
    @JvmField protected val jwt: String = vipps.mintIdToken("123456") { nonce(nonce) }

    @JvmField protected val webhookId = "3cc1dd85-0000-4000-8000-000000000001"
    @JvmField protected val secret = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW9uZQ=="
    @JvmField protected val method = "POST"
    @JvmField protected val pathAndQuery = "/webhooks/vipps?shop=7"
    @JvmField protected val rawBody: ByteArray = "{}".toByteArray()
    @JvmField protected val headers: Map<String, List<String>> =
        WebhookVerifier(webhookId, secret).sign(webhookId, WEBHOOK, rawBody).mapValues { listOf(it.value) }

    private val isOver = AtomicBoolean()
    private val person = thread(start = false) { approveUntilItIsOver() }

    @BeforeEach
    fun begin() {
        vipps.registerRedirectUri("123456", CALLBACK)
        vipps.autoApprove(KARI)
        person.start()
    }

    @AfterEach
    fun end() {
        isOver.set(true)
        person.join()
        partner.close()
        vipps.close()
    }

    protected fun log(line: String) = println(line)

    protected fun tryAgainAfter(span: Duration?) = println("again after $span")

    /** In the browser nobody is asked; on the phone it is for the person. */
    private fun approveUntilItIsOver() {
        while (!isOver.get()) {
            vipps.logins().filter { it.status == LoginStatus.PENDING }.forEach { vipps.approve(it.id, KARI) }
            Thread.yield()
        }
    }
}

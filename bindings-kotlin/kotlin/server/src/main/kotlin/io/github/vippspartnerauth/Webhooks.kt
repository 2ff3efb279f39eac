package io.github.vippspartnerauth

import io.github.vippspartnerauth.ffi.PingParts
import io.github.vippspartnerauth.ffi.WebhookHeaderParts
import io.github.vippspartnerauth.ffi.WebhookOptionsParts
import io.github.vippspartnerauth.ffi.WebhookParts
import io.github.vippspartnerauth.ffi.WebhookSecretParts
import io.github.vippspartnerauth.ffi.WebhookVerifierHandle
import io.github.vippspartnerauth.ffi.backchannelPingOf
import java.time.Duration
import java.time.Instant

/**
 * What may differ from one receiver of webhooks to another.
 *
 * ```
 * WebhookOptions { publicHost("shop.example") }                        // Kotlin
 * WebhookOptions.builder().publicHost("shop.example").build()          // Java
 * ```
 */
class WebhookOptions private constructor(private val set: WebhookOptionsParts) {
    /** What fits where no proxy changes `Host`. */
    constructor() : this(WebhookOptionsParts(null, null, null))

    internal fun parts() = set

    /** For logs; holds no secret. */
    override fun toString() = "WebhookOptions(publicHost=${set.publicHost}, tolerance=${set.tolerance})"

    /** Puts [WebhookOptions] together. It takes no `null`, so that nothing is left out by mistake. */
    class Builder internal constructor() {
        private var set = WebhookOptions().set

        /**
         * The host of the registered URL, such as `shop.example`, with a port where it is not 443. Needed where a
         * proxy in front of this program changes `Host`; the request's own unless set.
         */
        fun publicHost(host: String) = apply { set = set.copy(publicHost = host) }

        /** How far `x-ms-date` may be from this machine's clock, at most 24 hours; 5 minutes unless set. */
        fun tolerance(span: Duration) = apply { set = set.copy(tolerance = span.inSeconds()) }

        /** The time, for tests. */
        fun clock(clock: ManualClock) = apply { set = set.copy(clock = clock.handle) }

        /** The options so far. */
        fun build() = WebhookOptions(set)
    }

    /** Ways to make one. */
    companion object {
        /** For Java: start here and set what differs. */
        @JvmStatic
        fun builder() = Builder()

        /** For Kotlin: `WebhookOptions { publicHost("shop.example") }`. */
        @JvmSynthetic
        operator fun invoke(set: Builder.() -> Unit): WebhookOptions = Builder().apply(set).build()
    }
}

/**
 * Checks that a call to a webhook comes from Vipps and is as it was sent. Needs no keys and no network. Build one and
 * keep it; it may be used from any thread.
 */
class WebhookVerifier private constructor(private val handle: WebhookVerifierHandle) : AutoCloseable {
    /**
     * A verifier for these registrations. A secret is used as it stands: it looks like base64 and is not to be decoded.
     *
     * @param secrets by `Webhook-Id`, as the Webhooks API gave them out; several for one id while a secret is rotated
     * @throws VippsAuthException.InvalidConfig field `secrets`, `webhook_id`, `secret`, `public_host` or `tolerance`
     */
    @JvmOverloads
    constructor(secrets: Map<String, Collection<String>>, options: WebhookOptions = WebhookOptions()) :
        this(native { WebhookVerifierHandle(each(secrets, ::WebhookSecretParts), options.parts()) })

    /** The same for one registration. */
    @JvmOverloads
    constructor(webhookId: String, secret: String, options: WebhookOptions = WebhookOptions()) :
        this(mapOf(webhookId to listOf(secret)), options)

    /**
     * Checks a request.
     *
     * @param path path and query as the request line had them, or the whole URL
     * @param headers all of them, names in any letter case, as `HttpExchange.getRequestHeaders()` and other maps have
     * them
     * @param body the raw body, before any parser
     * @throws VippsAuthException.InvalidWebhook for all that is not to be trusted: answer 401. `reason` names what
     * differs, `hint` the likely cause; both are for logs, not for whoever called
     */
    fun verify(
        method: String,
        path: String,
        headers: Map<String, Collection<String>>,
        body: ByteArray,
    ): VerifiedWebhook {
        val all = each(headers) { name, value -> WebhookHeaderParts(foreign(name), foreign(value)) }
        return VerifiedWebhook(native { handle.verify(foreign(method), foreign(path), all, body) })
    }

    /**
     * Signs a body as Vipps would, for tests of a receiver: the headers of the call, `host` among them. With several
     * secrets for this id the first signs; the date is that of the clock.
     *
     * @param url the whole URL of the registration
     * @throws VippsAuthException.InvalidConfig field `webhook_id` for an id without a secret, or `url`
     */
    fun sign(webhookId: String, url: String, body: ByteArray): Map<String, String> =
        native { handle.sign(webhookId, url, body) }

    /** Frees the native part. */
    override fun close() = handle.close()
}

/** A text from outside: in the place of half a character a mark that nothing signed holds. */
private fun foreign(text: String) = if (text.isText()) text else String(text.toByteArray())

private fun <T> each(values: Map<String, Collection<String>>, make: (String, String) -> T): List<T> =
    values.flatMap { (name, several) -> several.map { make(name, it) } }

/**
 * A call that passed every check of a [WebhookVerifier]; there is no other way to make one. Be ready for
 * the same event to come twice.
 *
 * @property webhookId which registration it came through (`Webhook-Id`)
 * @property sentAt when Vipps sent it (`x-ms-date`)
 */
class VerifiedWebhook internal constructor(parts: WebhookParts) {
    internal val handle = parts.handle
    val webhookId: String = parts.webhookId
    val sentAt: Instant = parts.sentAt

    /** The body as it came: the event's JSON. Each call gives a copy. */
    fun body(): ByteArray = native { handle.body() }

    /**
     * The event `login.merchant-initiated.ping.v1`: a login by phone number has been decided. Finish the login with
     * [Backchannel.finishWebhook].
     *
     * @throws VippsAuthException.InvalidConfig field `body`, for any other event
     */
    fun ping() = BackchannelPing(native { handle.ping() })

    /** For logs; holds no secret. */
    override fun toString() = "VerifiedWebhook(webhookId=$webhookId, sentAt=$sentAt)"
}

/**
 * The webhook event `login.merchant-initiated.ping.v1`. [VerifiedWebhook.ping] is the way to one: that it comes from
 * Vipps has been checked by then. A forged ping costs one request and ends nothing.
 *
 * @property authReqId which login it is about
 * @property msn which merchant it is about; told where the registration is for all merchants of the partner
 */
class BackchannelPing internal constructor(parts: PingParts) {
    val authReqId: String = parts.authReqId
    val msn: String? = parts.msn

    /** Ways to make one. */
    companion object {
        /**
         * Reads the event's JSON body, which was verified elsewhere.
         *
         * @throws VippsAuthException.InvalidConfig field `body`, for anything else
         */
        @JvmStatic
        fun parse(body: String) = BackchannelPing(native { backchannelPingOf(body) })
    }
}

package io.github.vippspartnerauth.tests

import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.Partner
import io.github.vippspartnerauth.Settings
import io.github.vippspartnerauth.SystemInfo
import io.github.vippspartnerauth.emulator.Emulator

internal const val TOKENS = "/accesstoken/get"
internal const val PAYMENTS = "/epayment/v1/payments"

/** An emulator with one merchant, and a partner that uses it. */
internal class Shop(settings: Settings = Settings()) : AutoCloseable {
    val vipps = Emulator.start { merchants("123456") }
    val partner = Partner(vipps.partnerKeys().forPartner(), SystemInfo("acme", "3.1.2"), vipps.environment, settings)
    val merchant: Merchant = partner.merchant("123456")
    val payments = vipps.baseUrl + PAYMENTS

    fun tokenRequests() = vipps.count(TOKENS)

    override fun close() {
        partner.close()
        vipps.close()
    }
}

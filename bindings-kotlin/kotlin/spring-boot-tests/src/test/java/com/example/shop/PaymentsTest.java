package com.example.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.vippspartnerauth.emulator.Emulator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.client.HttpClientErrorException;

@SpringBootTest
class PaymentsTest {
    private static final Emulator VIPPS = Emulator.start(it -> it.merchants("123456"));

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry settings) {
        settings.add("vipps.environment", VIPPS::getBaseUrl);
        settings.add("vipps.client-id", VIPPS.partnerKeys()::getClientId);
        settings.add("vipps.client-secret", VIPPS.partnerKeys()::getClientSecret);
        settings.add("vipps.subscription-key", VIPPS.partnerKeys()::getSubscriptionKey);
        settings.add("vipps.login.msn", () -> "123456");
        settings.add("vipps.login.redirect-uri", () -> "https://shop.example/callback");
    }

    @AfterAll
    static void stop() {
        VIPPS.close();
    }

    @Test
    void eachMerchantIsNamed(@Autowired Payments payments) {
        payments.list("123456");
        assertEquals(1, VIPPS.count("/epayment/v1/payments"));
        assertThrows(HttpClientErrorException.Forbidden.class, () -> payments.list("654321"));
    }
}

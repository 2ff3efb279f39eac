package io.github.vippspartnerauth.spring.tests;

import com.sun.net.httpserver.Headers;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.PartnerKeys;
import io.github.vippspartnerauth.Settings;
import io.github.vippspartnerauth.SystemInfo;
import java.util.function.BooleanSupplier;

/** What several tests ask. */
final class Settled {
    private Settled() {}

    /** Events come on a thread of their own. */
    static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) Thread.onSpinWait();
    }

    /** A partner that has no token yet. */
    static Partner like(Partner partner) {
        return like(partner, new Settings());
    }

    static Partner like(Partner partner, Settings settings) {
        PartnerKeys keys = new PartnerKeys("11111111-2222-4333-8444-555555555555", Shop.SECRET, Shop.KEY);
        return new Partner(keys, new SystemInfo("acme", "3.1.2"), partner.getEnvironment(), settings);
    }

    /** Whether none of our headers is among these. */
    static boolean isBare(Headers headers) {
        return headers.keySet().stream().map(String::toLowerCase).noneMatch(
                name -> name.equals("authorization") || name.startsWith("vipps-") || name.contains("subscription")
                        || name.startsWith("merchant-"));
    }
}

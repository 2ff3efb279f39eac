package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.VippsAuthException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Whether a token can be had. While one is at hand, nobody is asked. */
record TokenHealth(boolean isUp, Map<String, Object> details) {
    static final String FAILURE = "the token could not be looked at";

    static TokenHealth of(Partner partner) throws InterruptedException {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("environment", partner.getEnvironment().getBaseUrl());
        try {
            details.put("tokenExpiresAt", partner.accessTokenBlocking().getExpiresAt());
            return new TokenHealth(true, details);
        } catch (VippsAuthException failure) {
            details.put("code", failure.getCode());
            details.put("error", failure.getMessage());
            return new TokenHealth(false, details);
        }
    }
}

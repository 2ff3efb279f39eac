package io.github.vippspartnerauth.spring;

import java.util.Locale;
import java.util.Set;

/** The properties that are secrets or may hold one. The actuator shows none of them, whatever else it is told to show. */
final class SecretProperties {
    private static final Set<String> NAMES =
            Set.of("clientsecret", "subscriptionkey", "secondsubscriptionkey", "redisurl", "proxy");

    private SecretProperties() {}

    /** However the name is spelt: as a property, a variable or a member of an object. */
    static boolean contain(String key) {
        String letters = key.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
        return NAMES.stream().anyMatch(name -> letters.equals("vipps" + name));
    }
}

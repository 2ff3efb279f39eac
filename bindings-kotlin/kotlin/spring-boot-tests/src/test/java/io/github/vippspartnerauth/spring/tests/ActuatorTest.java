package io.github.vippspartnerauth.spring.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.Stats;
import java.lang.reflect.Method;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class ActuatorTest {
    private static final List<String> SECRETS = List.of(Shop.SECRET, Shop.KEY, Shop.SECOND_KEY, "hunter2", "swordfish");

    @Test
    void healthSaysWhetherThereIsAToken() throws Exception {
        try (Shop shop = new Shop("--server.error.include-message=always")) {
            HttpResponse<String> up = shop.get("/actuator/health");
            assertEquals(200, up.statusCode(), up.body());
            assertTrue(up.body().contains("{\"environment\":\"" + shop.vipps.getBaseUrl()), up.body());
            assertTrue(up.body().contains("tokenExpiresAt"), up.body());
        }
        try (Shop shop = new Shop()) {
            shop.vipps.wrongEnvironment();
            HttpResponse<String> down = shop.get("/actuator/health");
            assertEquals(503, down.statusCode());
            assertTrue(down.body().contains("\"code\":\"credentials_rejected\""), down.body());
            assertHidden(down.body());
        }
        try (Shop shop = new Shop("--management.health.vipps.enabled=false")) {
            assertFalse(shop.get("/actuator/health").body().contains("\"vipps\""));
        }
    }

    @Test
    void allCountersAndEventsAreScraped() throws Exception {
        try (Shop shop = new Shop()) {
            shop.bean(Merchant.class).headersBlocking();
            Settled.until(() -> events(shop).anyMatch("token_fetched"::equals));
            String scraped = shop.get("/actuator/prometheus").body();
            assertTrue(scraped.contains("vipps_partner_auth_tokens_fetched_total 1.0"), scraped);
            assertTrue(scraped.contains("vipps_partner_auth_events_total{name=\"token_fetched\",warning=\"false\"} 1.0"), scraped);
            for (String counter : counters()) {
                assertTrue(scraped.contains("vipps_partner_auth_" + counter + "_total"), counter);
            }
        }
    }

    /** Of the library itself: a new one needs its meter. */
    private static List<String> counters() {
        return Stream.of(Stats.class.getMethods()).filter(it -> it.getName().startsWith("get") && it.getReturnType() == long.class).map(Method::getName)
                .map(name -> name.substring("get".length()).replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase()).toList();
    }

    @Test
    void noSecretIsShownWhereEverythingIs(CapturedOutput log) throws Exception {
        try (Shop shop = new Shop(
                "--vipps.redis-url=redis://user:hunter2@localhost:1", "--vipps.proxy=http://user:swordfish@localhost:1",
                "--logging.level.io.github.vippspartnerauth=debug", "--debug=true")) {
            shop.get("/actuator/health");
            for (String page : List.of("env", "configprops", "beans", "health", "conditions")) {
                HttpResponse<String> shown = shop.get("/actuator/" + page);
                assertEquals(page.equals("health") ? shown.statusCode() : 200, shown.statusCode());
                assertHidden(shown.body());
            }
            String env = shop.get("/actuator/env/vipps.client-secret").body();
            assertTrue(env.contains("******"), env);
            assertTrue(shop.get("/actuator/configprops").body().contains("11111111-2222-4333-8444-555555555555"));
        }
        assertHidden(log.getAll());
    }

    @Test
    void whatHappensIsInTheLogOfTheApplication(CapturedOutput log) throws Exception {
        try (Shop shop = new Shop("--logging.level.io.github.vippspartnerauth=debug")) {
            shop.bean(Merchant.class).headersBlocking();
            assertFalse(shop.bean(Partner.class).covers("https://elsewhere.example/"));
            shop.bean(Merchant.class).headersWithheld("https://elsewhere.example/");
            Settled.until(() -> events(shop).anyMatch("headers_withheld"::equals));
        }
        assertTrue(log.getAll().lines().anyMatch(it -> it.contains("DEBUG") && it.contains("io.github.vippspartnerauth")), log.getAll());
        assertTrue(log.getAll().lines().anyMatch(it -> it.contains("WARN") && it.contains("elsewhere.example")), log.getAll());
    }

    private static Stream<String> events(Shop shop) {
        return shop.bean(ShopApplication.class).events.stream().map(io.github.vippspartnerauth.Event::getName);
    }

    private static void assertHidden(String text) {
        for (String secret : SECRETS) assertFalse(text.contains(secret), () -> secret + " in " + text);
    }
}

package com.example.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.vippspartnerauth.emulator.Emulator;
import io.github.vippspartnerauth.emulator.NewKeys;
import java.io.IOException;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole round, with an HTTP client in the place of the browser and the emulator in that of Vipps. */
@SpringBootTest(webEnvironment = WebEnvironment.DEFINED_PORT, properties = "spring.main.banner-mode=off")
class LoginTest {
    private static final NewKeys KEYS = new NewKeys()
            .clientId(System.getenv("VIPPS_CLIENT_ID")).clientSecret(System.getenv("VIPPS_CLIENT_SECRET"))
            .subscriptionKey(System.getenv("VIPPS_SUBSCRIPTION_KEY"));
    private static final Emulator VIPPS = Emulator.start(it -> it.merchants("123456").partnerKeys(KEYS));
    private static final int PORT = freePort();
    private static final String SHOP = "http://localhost:" + PORT;

    private final HttpClient browser = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL).cookieHandler(new CookieManager()).build();

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry settings) {
        VIPPS.registerRedirectUri("123456", SHOP + "/callback");
        settings.add("server.port", () -> PORT);
        settings.add("vipps.environment", VIPPS::getBaseUrl);
        settings.add("shop.msn", () -> "123456");
        settings.add("shop.redirect-uri", () -> SHOP + "/callback");
    }

    @AfterAll
    static void stop() {
        VIPPS.close();
    }

    @Test
    void aPersonWhoApprovesIsWelcomed() throws Exception {
        VIPPS.autoApprove("4791234567");
        HttpResponse<String> shown = get("/login");
        assertEquals("Welcome, Kari Fixture", shown.body());
        assertEquals(403, get(shown.uri().getRawPath() + "?" + shown.uri().getRawQuery()).statusCode(), "a callback twice");
    }

    @Test
    void aCallbackOutOfNowhereIsRefused() throws Exception {
        HttpResponse<String> shown = get("/callback?code=stolen&state=guessed");
        assertEquals("The login failed. invalid_config", shown.body());
        assertEquals(403, shown.statusCode());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return browser.send(HttpRequest.newBuilder(URI.create(SHOP + path)).build(), BodyHandlers.ofString());
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

package com.example.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.vippspartnerauth.emulator.Emulator;
import io.github.vippspartnerauth.emulator.EmulatorException;
import io.github.vippspartnerauth.emulator.EmulatorKeys;
import io.github.vippspartnerauth.emulator.EmulatorOptions;
import java.io.IOException;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole round, with an HTTP client in the place of the browser and the emulator in that of Vipps. */
@SpringBootTest(webEnvironment = WebEnvironment.DEFINED_PORT, properties = "spring.main.banner-mode=off")
class LoginTest {
    private static final EmulatorKeys KEYS = new EmulatorKeys(
            System.getenv("VIPPS_CLIENT_ID"), System.getenv("VIPPS_CLIENT_SECRET"),
            System.getenv("VIPPS_SUBSCRIPTION_KEY"), "fedcba9876543210fedcba9876543210");
    private static final Emulator VIPPS = new Emulator(new EmulatorOptions(0, null, List.of("123456"), KEYS, null));
    private static final int PORT = freePort();
    private static final String SHOP = "http://localhost:" + PORT;

    private final HttpClient browser = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL).cookieHandler(new CookieManager()).build();

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry settings) throws EmulatorException {
        VIPPS.registerRedirectUri("123456", SHOP + "/callback");
        settings.add("server.port", () -> PORT);
        settings.add("vipps.environment", VIPPS::baseUrl);
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

package io.github.vippspartnerauth.spring.tests;

import io.github.vippspartnerauth.emulator.Emulator;
import io.github.vippspartnerauth.emulator.NewKeys;
import io.github.vippspartnerauth.emulator.RecordedRequest;
import java.io.IOException;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The application at a port of its own, with the emulator in the place of Vipps. */
final class Shop implements AutoCloseable {
    static final String PAYMENTS = "/epayment/v1/payments";
    static final String SECRET = "fixture-Secret+/42==";
    static final String KEY = "0123456789abcdef0123456789abcdef";
    static final String SECOND_KEY = "fedcba9876543210fedcba9876543210";

    final Emulator vipps = Emulator.start(it -> it.merchants(ShopApplication.MSN, "654321")
            .partnerKeys(new NewKeys().clientId("11111111-2222-4333-8444-555555555555").clientSecret(SECRET)
                    .subscriptionKey(KEY).secondSubscriptionKey(SECOND_KEY)));
    private final int port = freePort();
    final String url = "http://localhost:" + port;
    final ConfigurableApplicationContext context;

    Shop(String... more) {
        vipps.registerRedirectUri(ShopApplication.MSN, url + "/callback");
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=" + port,
                "--vipps.client-id=11111111-2222-4333-8444-555555555555",
                "--vipps.client-secret=" + SECRET,
                "--vipps.subscription-key=" + KEY,
                "--vipps.second-subscription-key=" + SECOND_KEY,
                "--vipps.environment=" + vipps.getBaseUrl(),
                "--vipps.login.redirect-uri=" + url + "/callback"));
        Collections.addAll(arguments, more);
        context = new SpringApplicationBuilder(ShopApplication.class).run(arguments.toArray(String[]::new));
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    <T> T bean(String name, Class<T> type) {
        return context.getBean(name, type);
    }

    /** One page, without cookies and redirects. */
    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(url + path)).build(), BodyHandlers.ofString());
    }

    List<RecordedRequest> calls() {
        return vipps.requests().stream().filter(call -> call.getPath().equals(PAYMENTS)).toList();
    }

    List<Integer> statuses() {
        return calls().stream().map(RecordedRequest::getStatus).toList();
    }

    static HttpClient browser() {
        return HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL).cookieHandler(new CookieManager()).build();
    }

    @Override
    public void close() {
        context.close();
        vipps.close();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }
}

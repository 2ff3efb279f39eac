package com.example.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.SystemInfo;
import io.github.vippspartnerauth.VippsAuthIOException;
import io.github.vippspartnerauth.emulator.Emulator;
import io.github.vippspartnerauth.emulator.RecordedRequest;
import io.github.vippspartnerauth.emulator.Reply;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

/** The adapter for a client that the library ships none for, made of public names alone. */
class VippsInterceptorTest {
    private static final String PAYMENTS = "/epayment/v1/payments";
    private final Emulator vipps = Emulator.start(it -> it.merchants("123456"));
    private final Partner partner = new Partner(
            vipps.partnerKeys().forPartner(), new SystemInfo("acme", "3.1.2"), vipps.getEnvironment());
    private final Merchant shop = partner.merchant("123456");
    private final RestClient client = RestClient.builder().requestFactory(new JdkClientHttpRequestFactory())
            .baseUrl(vipps.getBaseUrl()).requestInterceptor(new VippsInterceptor(shop)).build();

    @AfterEach
    void stop() {
        partner.close();
        vipps.close();
    }

    @Test
    void aRevokedTokenIsReplacedAndTheCallMadeAgainBodyAndAll() throws Exception {
        shop.headersBlocking();
        vipps.revokeTokens();
        client.post().uri(PAYMENTS).body("{\"amount\":100}").retrieve().toBodilessEntity();
        List<RecordedRequest> calls = vipps.requests().stream().filter(call -> call.getPath().equals(PAYMENTS)).toList();
        assertEquals(List.of(401, 200), calls.stream().map(RecordedRequest::getStatus).toList());
        assertEquals(List.of("{\"amount\":100}"), calls.stream().map(RecordedRequest::getBody).distinct().toList());
    }

    @Test
    void aSecondRefusalIsHandedOver() throws Exception {
        vipps.script(PAYMENTS, new Reply(401), new Reply(401));
        assertThrows(
                HttpClientErrorException.Unauthorized.class, () -> client.get().uri(PAYMENTS).retrieve().toBodilessEntity());
        assertEquals(2, vipps.count(PAYMENTS));
    }

    @Test
    void aTokenThatCanNotBeHadIsTheClientsOwnKindOfError() {
        vipps.wrongEnvironment();
        ResourceAccessException error = assertThrows(
                ResourceAccessException.class, () -> client.get().uri(PAYMENTS).retrieve().toBodilessEntity());
        assertInstanceOf(VippsAuthIOException.class, error.getCause());
    }

    @Test
    void anotherHostGetsNothing() throws Exception {
        List<String> seen = new ArrayList<>();
        HttpServer stranger = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        stranger.createContext("/", exchange -> {
            seen.add(exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(200, -1);
        });
        stranger.start();
        client.get().uri("http://localhost:" + stranger.getAddress().getPort() + "/").retrieve().toBodilessEntity();
        stranger.stop(0);
        assertEquals(1, seen.size());
        assertNull(seen.get(0));
    }
}

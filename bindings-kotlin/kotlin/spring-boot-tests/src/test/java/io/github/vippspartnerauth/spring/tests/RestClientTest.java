package io.github.vippspartnerauth.spring.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.VippsAuthIOException;
import io.github.vippspartnerauth.emulator.RecordedRequest;
import io.github.vippspartnerauth.emulator.Reply;
import io.github.vippspartnerauth.spring.VippsAttributes;
import io.github.vippspartnerauth.spring.VippsRestClient;
import java.net.http.HttpClient;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.SpringVersion;
import org.springframework.http.HttpStatus;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

class RestClientTest {
    private static final Shop SHOP = new Shop();
    private final RestClient client = SHOP.bean("vippsRestClient", RestClient.class);
    /** With a token of its own: after a refusal the next must wait before it may cost a fetch. */
    private final Partner partner = Settled.like(SHOP.bean(Partner.class));
    private final Merchant shop = partner.merchant(ShopApplication.MSN);

    @BeforeEach
    void begin() {
        SHOP.vipps.clearFailures();
        SHOP.vipps.wrongEnvironment(false);
        SHOP.vipps.clearRequests();
    }

    @AfterEach
    void end() {
        partner.close();
    }

    @AfterAll
    static void stop() {
        SHOP.close();
    }

    @Test
    void aCallIsMadeForTheOnlyMerchantOrForTheOneThatItNames() {
        client.get().uri(Shop.PAYMENTS).retrieve().toBodilessEntity();
        Merchant other = SHOP.bean(Partner.class).merchant("654321");
        client.get().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(other)).retrieve().toBodilessEntity();
        assertEquals(List.of("123456", "654321"), SHOP.calls().stream().map(it -> it.header("merchant-serial-number")).distinct().toList());
    }

    @Test
    void aRevokedTokenIsReplacedAndTheCallMadeAgainOnceBodyAndAll() throws Exception {
        shop.headersBlocking();
        SHOP.vipps.revokeTokens();
        client.post().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(shop)).body("{\"amount\":100}").retrieve().toBodilessEntity();
        assertEquals(List.of(401, 200), SHOP.statuses());
        assertEquals(List.of("{\"amount\":100}"), SHOP.calls().stream().map(RecordedRequest::getBody).distinct().toList());
    }

    /** Spring 6 hands a second try straight to the client. */
    @Test
    void anInterceptorBelowOursSeesBothTriesFromSpring7On() throws Exception {
        shop.headersBlocking();
        SHOP.vipps.revokeTokens();
        AtomicInteger tries = new AtomicInteger();
        RestClient counted = client.mutate().requestInterceptor((request, body, call) -> {
            tries.incrementAndGet();
            return call.execute(request, body);
        }).build();
        counted.get().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(shop)).retrieve().toBodilessEntity();
        assertEquals(List.of(401, 200), SHOP.statuses());
        assertEquals(SpringVersion.getVersion().startsWith("6.") ? 1 : 2, tries.get());
    }

    @Test
    void aSecondRefusalIsHandedOver() {
        SHOP.vipps.script(Shop.PAYMENTS, new Reply(401), new Reply(401));
        assertThrows(
                HttpClientErrorException.Unauthorized.class,
                () -> client.get().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(shop)).retrieve().toBodilessEntity());
        assertEquals(List.of(401, 401), SHOP.statuses());
    }

    @Test
    void aTokenOfSomebodyElseIsNotOurs() {
        SHOP.vipps.script(Shop.PAYMENTS, new Reply(401));
        RestClient later = client.mutate().requestInterceptor((request, body, call) -> {
            request.getHeaders().setBearerAuth("of-somebody-else");
            return call.execute(request, body);
        }).build();
        assertThrows(
                HttpClientErrorException.Unauthorized.class, () -> later.get().uri(Shop.PAYMENTS).retrieve().toBodilessEntity());
        assertEquals(1, SHOP.calls().size());
    }

    @Test
    void aTokenThatCanNotBeHadIsTheClientsOwnKindOfError() {
        SHOP.vipps.wrongEnvironment();
        try (Partner fresh = Settled.like(partner)) {
            RestClient client = VippsRestClient.authorize(RestClient.builder(), fresh).build();
            ResourceAccessException error = assertThrows(
                    ResourceAccessException.class,
                    () -> client.get().uri(SHOP.vipps.getBaseUrl() + Shop.PAYMENTS).retrieve().toBodilessEntity());
            assertInstanceOf(VippsAuthIOException.class, error.getCause());
        }
    }

    @Test
    void anotherHostGetsNothingAndThatIsTold() throws Exception {
        try (Stranger stranger = new Stranger()) {
            client.get().uri(stranger.url()).retrieve().toBodilessEntity();
            assertEquals(1, stranger.seen.size());
            assertTrue(Settled.isBare(stranger.seen.get(0)), () -> stranger.seen.toString());
        }
        Settled.until(() -> SHOP.bean(ShopApplication.class).events.stream().anyMatch(it -> it.getName().equals("headers_withheld")));
    }

    @Test
    void aRedirectAwayIsNotFollowed() throws Exception {
        try (Stranger stranger = new Stranger()) {
            SHOP.vipps.script(Shop.PAYMENTS, new Reply(302).headers(Map.of("location", stranger.url())));
            assertEquals(
                    HttpStatus.FOUND, client.get().uri(Shop.PAYMENTS).retrieve().toBodilessEntity().getStatusCode());
            assertEquals(List.of(), stranger.seen);
        }
        HttpClient follower = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
        assertThrows(
                IllegalArgumentException.class, () -> VippsRestClient.authorize(RestClient.builder(), shop, follower));
    }
}

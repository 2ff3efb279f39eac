package io.github.vippspartnerauth.spring.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.Settings;
import io.github.vippspartnerauth.VippsAuthIOException;
import io.github.vippspartnerauth.emulator.RecordedRequest;
import io.github.vippspartnerauth.emulator.Reply;
import io.github.vippspartnerauth.spring.VippsAttributes;
import io.github.vippspartnerauth.spring.VippsWebClient;
import java.net.http.HttpClient;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class WebClientTest {
    private static final Shop SHOP = new Shop();
    private final WebClient client = SHOP.bean("vippsWebClient", WebClient.class);
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
        client.get().uri(Shop.PAYMENTS).retrieve().toBodilessEntity().block();
        Merchant other = SHOP.bean(Partner.class).merchant("654321");
        client.get().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(other)).retrieve().toBodilessEntity().block();
        assertEquals(List.of("123456", "654321"), SHOP.calls().stream().map(it -> it.header("merchant-serial-number")).distinct().toList());
    }

    @Test
    void aRevokedTokenIsReplacedAndTheCallMadeAgainOnceWhateverWroteItsBody() throws Exception {
        shop.headersBlocking();
        SHOP.vipps.revokeTokens();
        Flux<DataBuffer> once = Flux.just("{\"amount\":", "100}")
                .map(text -> (DataBuffer) DefaultDataBufferFactory.sharedInstance.wrap(text.getBytes()));
        client.post().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(shop)).contentType(MediaType.APPLICATION_JSON)
                .body(BodyInserters.fromDataBuffers(once)).retrieve().toBodilessEntity().block();
        assertEquals(List.of(401, 200), SHOP.statuses());
        assertEquals(List.of("{\"amount\":100}"), SHOP.calls().stream().map(RecordedRequest::getBody).distinct().toList());
        assertEquals(
                List.of("application/json"), SHOP.calls().stream().map(it -> it.header("content-type")).distinct().toList());
    }

    @Test
    void aFilterThatTriesAgainSendsTheSameBodyEachTime() {
        SHOP.vipps.script(Shop.PAYMENTS, new Reply(503), new Reply(401), new Reply(200));
        ExchangeFilterFunction again = (request, next) -> next.exchange(request)
                .flatMap(it -> it.statusCode().is5xxServerError() ? it.<ClientResponse>createError() : Mono.just(it)).retry(1);
        client.mutate().filters(all -> all.add(0, again)).build()
                .post().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(shop)).bodyValue("amount=100")
                .retrieve().toBodilessEntity().block();
        assertEquals(List.of(503, 401, 200), SHOP.statuses());
        assertEquals(List.of("amount=100"), SHOP.calls().stream().map(RecordedRequest::getBody).distinct().toList());
    }

    @Test
    void aBodyThatIsTooLongToBeKeptIsSentOnce() throws Exception {
        assertEquals(1, timesSent("x".repeat((1 << 20) + 1)));
        assertEquals(2, timesSent("x".repeat(1 << 20)));
    }

    /** To a gateway that refuses every token. */
    private static int timesSent(String body) throws Exception {
        try (Stranger gateway = new Stranger(401)) {
            Settings settings = Settings.builder().trustedOrigin(gateway.url()).build();
            try (Partner partner = Settled.like(SHOP.bean(Partner.class), settings)) {
                WebClient client = VippsWebClient.authorize(WebClient.builder(), partner).build();
                assertThrows(
                        WebClientResponseException.Unauthorized.class,
                        () -> client.post().uri(gateway.url()).bodyValue(body).retrieve().toBodilessEntity().block());
            }
            return gateway.seen.size();
        }
    }

    @Test
    void aBodyThatStreamsIsSentOnce() {
        SHOP.vipps.script(Shop.PAYMENTS, new Reply(401), new Reply(200));
        Flux<Map<String, Integer>> lines = Flux.just(Map.of("amount", 1), Map.of("amount", 2));
        assertThrows(
                WebClientResponseException.Unauthorized.class,
                () -> client.post().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(shop))
                        .contentType(MediaType.APPLICATION_NDJSON).body(lines, Map.class).retrieve().toBodilessEntity().block());
        assertEquals(List.of(401), SHOP.statuses());
    }

    @Test
    void aSecondRefusalIsHandedOver() {
        SHOP.vipps.script(Shop.PAYMENTS, new Reply(401), new Reply(401).body("why"));
        WebClientResponseException error = assertThrows(
                WebClientResponseException.Unauthorized.class,
                () -> client.get().uri(Shop.PAYMENTS).attributes(VippsAttributes.caller(shop)).retrieve().toBodilessEntity().block());
        assertEquals("why", error.getResponseBodyAsString());
        assertEquals(List.of(401, 401), SHOP.statuses());
    }

    @Test
    void aTokenThatCanNotBeHadIsTheClientsOwnKindOfError() {
        SHOP.vipps.wrongEnvironment();
        try (Partner fresh = Settled.like(SHOP.bean(Partner.class))) {
            WebClient client = VippsWebClient.authorize(WebClient.builder(), fresh).build();
            WebClientRequestException error = assertThrows(
                    WebClientRequestException.class,
                    () -> client.get().uri(SHOP.vipps.getBaseUrl() + Shop.PAYMENTS).retrieve().toBodilessEntity().block());
            assertInstanceOf(VippsAuthIOException.class, error.getCause());
        }
    }

    @Test
    void anotherHostGetsNothing() throws Exception {
        try (Stranger stranger = new Stranger()) {
            client.get().uri(stranger.url()).retrieve().toBodilessEntity().block();
            assertEquals(1, stranger.seen.size());
            assertTrue(Settled.isBare(stranger.seen.get(0)), () -> stranger.seen.toString());
        }
    }

    @Test
    void aRedirectAwayIsNotFollowed() throws Exception {
        try (Stranger stranger = new Stranger()) {
            SHOP.vipps.script(Shop.PAYMENTS, new Reply(302).headers(Map.of("location", stranger.url())));
            assertEquals(
                    HttpStatus.FOUND, client.get().uri(Shop.PAYMENTS).retrieve().toBodilessEntity().block().getStatusCode());
            assertEquals(List.of(), stranger.seen);
        }
        HttpClient follower = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
        assertThrows(IllegalArgumentException.class, () -> VippsWebClient.authorize(WebClient.builder(), shop, follower));
    }
}

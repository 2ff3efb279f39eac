package io.github.vippspartnerauth.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.vippspartnerauth.Backchannel;
import io.github.vippspartnerauth.Environment;
import io.github.vippspartnerauth.Expect;
import io.github.vippspartnerauth.IdTokenClaims;
import io.github.vippspartnerauth.IdTokenVerifier;
import io.github.vippspartnerauth.LoginResult;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.NotSentException;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.PartnerKeys;
import io.github.vippspartnerauth.PendingLogin;
import io.github.vippspartnerauth.Settings;
import io.github.vippspartnerauth.Stats;
import io.github.vippspartnerauth.SystemInfo;
import io.github.vippspartnerauth.Transport;
import io.github.vippspartnerauth.TransportReply;
import io.github.vippspartnerauth.VippsAuthException;
import io.github.vippspartnerauth.VippsJavaHttp;
import io.github.vippspartnerauth.VippsOkHttp;
import io.github.vippspartnerauth.emulator.Emulator;
import io.github.vippspartnerauth.emulator.EmulatorKit;
import io.github.vippspartnerauth.emulator.NewKeys;
import io.github.vippspartnerauth.emulator.VippsEmulatorExtension;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.function.ToLongFunction;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The Java blocks of the READMEs, word for word, and how the face reads from Java. */
class ReadmeJavaTest {
    private static final NewKeys KEYS = new NewKeys()
            .clientId(System.getenv("VIPPS_CLIENT_ID")).clientSecret(System.getenv("VIPPS_CLIENT_SECRET"))
            .subscriptionKey(System.getenv("VIPPS_SUBSCRIPTION_KEY"));
    private final Emulator vipps = Emulator.start(it -> it.merchants("123456").partnerKeys(KEYS));
    private final Environment environment = vipps.getEnvironment();
    private final Merchant shop =
            new Partner(vipps.partnerKeys().forPartner(), new SystemInfo("acme", "3.1.2"), environment)
                    .merchant("123456");
    private final String url = vipps.getBaseUrl() + "/epayment/v1/payments";

    @Test
    void ownTransport() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        Transport sender = request -> {
            var body = request.getBody() == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(request.getBody());
            var call = HttpRequest.newBuilder(URI.create(request.getUrl()))
                    .timeout(request.getTimeout()).method(request.getMethod(), body);
            request.getHeaders().forEach(call::header);
            try {
                var reply = client.send(call.build(), BodyHandlers.ofByteArray());
                return new TransportReply(reply.statusCode(), reply.headers().map(), reply.body());
            } catch (ConnectException failure) {
                throw new NotSentException(failure);
            }
        };
        Settings settings = Settings.builder().transport(sender).build();
        try (Partner partner = new Partner(
                vipps.partnerKeys().forPartner(), new SystemInfo("acme", "3.1.2"), environment, settings)) {
            assertEquals("123456", partner.merchant("123456").headersBlocking().get("merchant-serial-number"));
        }
    }

    @Test
    void quickStart() throws Exception {
        Partner partner = new Partner(PartnerKeys.fromEnv(), new SystemInfo("acme", "3.1.2"), environment);
        Merchant shop = partner.merchant("123456");
        Map<String, String> headers = shop.headersBlocking();
        assertEquals("123456", headers.get("merchant-serial-number"));
    }

    @Test
    void offline() throws Exception {
        try (Emulator vipps = Emulator.start(it -> it.merchants("123456"))) {
            PartnerKeys keys = vipps.partnerKeys().forPartner();
            Partner partner = new Partner(keys, new SystemInfo("acme", "3.1.2"), vipps.getEnvironment());
            Map<String, String> headers = partner.merchant("123456").headersBlocking();
            assertEquals("123456", headers.get("merchant-serial-number"));
        }
    }

    @Test
    void javaHttp() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        HttpResponse<String> response = VippsJavaHttp.send(shop, HttpClient.newHttpClient(), request, BodyHandlers.ofString());
        assertEquals(200, response.statusCode());
    }

    @Test
    void okHttp() throws Exception {
        OkHttpClient client = VippsOkHttp.authorize(new OkHttpClient.Builder(), shop).build();
        assertEquals(200, client.newCall(new Request.Builder().url(url).build()).execute().code());
    }

    @Test
    void phone() throws Exception {
        FutureTask<String> person = new FutureTask<>(() -> {
            while (vipps.logins().isEmpty()) {
                Thread.onSpinWait();
            }
            return vipps.approve(vipps.logins().get(0).getId(), "4791234567");
        });
        new Thread(person).start();
        Backchannel phone = shop.backchannel();
        PendingLogin pending = phone.startBlocking("urn:msisdn:4791234567", List.of("openid"));
        LoginResult result = phone.waitBlocking(pending, Duration.ofMinutes(5)); // null while nobody has decided
        assertNull(person.get());
        assertNotNull(result);
    }

    @Test
    void verifier() throws Exception {
        String nonce = "n-0001";
        String jwt = vipps.mintIdToken("123456", it -> it.nonce(nonce));
        try (IdTokenVerifier verifier = new IdTokenVerifier(environment)) {
            IdTokenClaims claims = verifier.verifyBlocking(jwt, new Expect("123456").withNonce(nonce));
            System.out.println(claims.getSub());
        }
    }

    @Test
    void events() throws Exception {
        Map<String, Integer> counts = new ConcurrentHashMap<>();
        Settings settings = Settings.builder().onEvent(event -> counts.merge(event.getName(), 1, Integer::sum)).build();
        PartnerKeys keys = vipps.partnerKeys().forPartner();
        new Partner(keys, new SystemInfo("acme", "3.1.2"), environment, settings).headersBlocking();
        while (!counts.containsKey("token_fetched")) {
            Thread.onSpinWait();
        }
    }

    @Test
    void micrometer() throws Exception {
        MeterRegistry registry = new SimpleMeterRegistry();
        Settings settings = Settings.builder()
                .onEvent(event -> registry.counter("vipps.partner.auth.events", "name", event.getName()).increment()).build();
        Partner partner = new Partner(PartnerKeys.fromEnv(), new SystemInfo("acme", "3.1.2"), environment, settings);
        Map<String, ToLongFunction<Stats>> counters = Map.of(
                "tokens.fetched", Stats::getTokensFetched, "tokens.renewed", Stats::getTokensRenewed,
                "fetches.failed", Stats::getFetchesFailed, "renewals.failed", Stats::getRenewalsFailed,
                "cache.failures", Stats::getCacheFailures, "keys.refresh.failed", Stats::getKeysRefreshFailed,
                "refusals.ignored", Stats::getRefusalsIgnored, "events.dropped", Stats::getEventsDropped);
        counters.forEach((name, counter) -> FunctionCounter
                .builder("vipps.partner.auth." + name, partner, it -> counter.applyAsLong(it.getStats())).register(registry));
        partner.headersBlocking();
        assertEquals(1, registry.get("vipps.partner.auth.tokens.fetched").functionCounter().count());
        while (registry.find("vipps.partner.auth.events").tag("name", "token_fetched").counter() == null) {
            Thread.onSpinWait();
        }
    }

    @Test
    void openTelemetry() throws Exception {
        InMemoryMetricReader reader = InMemoryMetricReader.create();
        OpenTelemetry openTelemetry = OpenTelemetrySdk.builder()
                .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build()).build();
        Meter meter = openTelemetry.getMeter("shop");
        LongCounter events = meter.counterBuilder("vipps_partner_auth.events").build();
        Settings settings = Settings.builder()
                .onEvent(event -> events.add(1, Attributes.of(AttributeKey.stringKey("name"), event.getName()))).build();
        Partner partner = new Partner(PartnerKeys.fromEnv(), new SystemInfo("acme", "3.1.2"), environment, settings);
        meter.counterBuilder("vipps_partner_auth.tokens_fetched")
                .buildWithCallback(it -> it.record(partner.getStats().getTokensFetched()));
        partner.headersBlocking();
        assertEquals(1, sumOf(reader, "vipps_partner_auth.tokens_fetched"));
        while (sumOf(reader, "vipps_partner_auth.events") == 0) {
            Thread.onSpinWait();
        }
    }

    private static long sumOf(InMemoryMetricReader reader, String name) {
        return reader.collectAllMetrics().stream().filter(it -> it.getName().equals(name))
                .flatMap(it -> it.getLongSumData().getPoints().stream()).mapToLong(LongPointData::getValue).sum();
    }

    @Test
    void settingsAreBuilt() {
        Settings settings = Settings.builder().deadline(Duration.ofSeconds(-1)).trustedOrigin("https://a.example").build();
        VippsAuthException.InvalidConfig error = assertThrows(
                VippsAuthException.InvalidConfig.class, () -> new IdTokenVerifier(environment, settings));
        assertEquals("deadline", error.getField());
    }
}

@ExtendWith(VippsEmulatorExtension.class)
class ShopTest {
    @Test
    void aTokenIsRenewedADayLater(Emulator vipps, EmulatorKit kit, Merchant shop) throws Exception {
        shop.headersBlocking();
        kit.advance(Duration.ofDays(1));
        shop.headersBlocking();
        assertEquals(2, vipps.count("/accesstoken/get"));
    }
}

package io.github.vippspartnerauth.bench;

import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.SystemInfo;
import io.github.vippspartnerauth.emulator.Emulator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Warm headers for one of 10,000 merchants. */
@State(Scope.Thread)
public class HeadersBench {
    private static final int MERCHANTS = 10_000;
    private Emulator vipps;
    private List<Merchant> shops;
    private Map<String, String> example;
    private String token;
    private long freshUntil;
    private int next;

    @Setup
    public void prepare() throws Exception {
        vipps = Emulator.start();
        Partner partner = new Partner(
                vipps.partnerKeys().forPartner(), new SystemInfo("acme", "3.1.2", "plugin", "4"),
                vipps.getEnvironment());
        token = partner.accessTokenBlocking().getSecret();
        freshUntil = System.currentTimeMillis() + 3_600_000;
        shops = IntStream.range(0, MERCHANTS).mapToObj(at -> partner.merchant(String.format("%06d", at))).toList();
        shops.forEach(Merchant::cachedHeaders);
        example = shops.get(0).cachedHeaders();
    }

    @TearDown
    public void stop() {
        vipps.close();
    }

    /** What a program without this library would write. */
    @Benchmark
    public Map<String, String> map() {
        int at = next();
        if (System.currentTimeMillis() >= freshUntil) {
            throw new IllegalStateException("no fresh token");
        }
        Map<String, String> headers = new HashMap<>();
        headers.put("authorization", "Bearer " + token);
        headers.put("ocp-apim-subscription-key", "0123456789abcdef0123456789abcdef");
        headers.put("merchant-serial-number", shops.get(at).getMsn());
        headers.put("vipps-system-name", "acme");
        headers.put("vipps-system-version", "3.1.2");
        headers.put("vipps-system-plugin-name", "plugin");
        headers.put("vipps-system-plugin-version", "4");
        return headers;
    }

    @Benchmark
    public Map<String, String> cached() {
        return shops.get(next()).cachedHeaders();
    }

    @Benchmark
    public Map<String, String> blocking() throws InterruptedException {
        return shops.get(next()).headersBlocking();
    }

    @Benchmark
    public Object suspendingPlain() {
        next();
        return Awaited.plain(example);
    }

    @Benchmark
    public Object suspending() {
        return Awaited.headers(shops.get(next()));
    }

    private int next() {
        next = (next + 7919) % MERCHANTS;
        return next;
    }
}

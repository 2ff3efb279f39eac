package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.BasicEncoding;
import io.github.vippspartnerauth.LoginAuthMethod;
import io.github.vippspartnerauth.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;

/**
 * The properties {@code vipps.*}. What is not set has the library's default.
 *
 * @param clientId The client id, as the portal shows it.
 * @param clientSecret The client secret. A secret.
 * @param subscriptionKey The subscription key. A secret.
 * @param secondSubscriptionKey The other key of the pair, used when Vipps refuses the first. A secret.
 * @param msn The merchant serial number of the one sales unit that the keys are for; not for partner keys.
 * @param pspId The id of a payment service provider, for its keys.
 * @param environment Which Vipps to talk to: production, test, or a base URL such as the emulator's. Default: production.
 * @param systemName The name of your system, at most 30 characters of ASCII; sent with each call.
 * @param systemVersion The version of your system, at most 30 characters of ASCII; sent with each call.
 * @param pluginName The name of a plugin within your system.
 * @param pluginVersion The version of the plugin.
 * @param connectTimeout Limit for a TCP and TLS handshake. Default: 5 s; more than 0, at most 1 h.
 * @param requestTimeout Limit for one request, from connecting to the last byte. Default: 10 s; more than 0, at most 1 h.
 * @param deadline Limit for a whole fetch with its retries, while somebody waits. Default: 30 s; more than 0, at most 1 h.
 * @param leeway How far the clocks of Vipps and this machine may differ when an ID token is checked. Default: 60 s; 0 to 300 s.
 * @param staleKeysFor How long past their age Vipps' public keys are still used while it can't be reached. Longer survives longer outages and trusts a withdrawn key longer. Default: 4 h; 0 to 24 h.
 * @param caPem A company's own certificate authorities (PEM), trusted besides the machine's. Names a file. Default: none.
 * @param proxy The proxy for everything that leaves this machine, in the place of the proxy variables; direct for none. Default: the variables https_proxy, all_proxy and no_proxy, small or in capitals.
 * @param redisUrl Where processes share their token: the URL of a Redis or Valkey. Default: none.
 * @param redisCaPem The authorities (PEM) that a rediss:// server is checked against, instead of the machine's. Names a file. Default: the machine's.
 * @param basicEncoding How specialised keys are written in HTTP Basic at the token endpoint: as they are, or form-encoded first (RFC 6749 section 2.3.1). Default: raw.
 * @param loginBasicEncoding How sales unit keys are written in HTTP Basic at Login's token endpoint. Where Vipps refuses them, the other way is tried once. Default: form.
 * @param backchannelBasicEncoding How sales unit keys are written in HTTP Basic where a login by phone number starts, and where it is asked whether a user exists. Where Vipps refuses them, the other way is tried once. Default: raw.
 * @param loginAuthMethod How sales unit keys authenticate in Login, as the portal has it for that sales unit: in a header, or in the body. Default: client_secret_basic.
 * @param allowPartnerKeysInTest Lets partner keys be used with the test environment, where Vipps refuses them. Default: false.
 * @param trustedOrigins More origins (https://gateway.example) that adapters may send headers to, besides the environment's own. Default: none.
 * @param login Where people log in.
 */
@ConfigurationProperties("vipps")
public record VippsProperties(
        String clientId,
        String clientSecret,
        String subscriptionKey,
        String secondSubscriptionKey,
        String msn,
        String pspId,
        String environment,
        String systemName,
        String systemVersion,
        String pluginName,
        String pluginVersion,
        // Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
        Duration connectTimeout,
        Duration requestTimeout,
        Duration deadline,
        Duration leeway,
        Duration staleKeysFor,
        Resource caPem,
        String proxy,
        String redisUrl,
        Resource redisCaPem,
        BasicEncoding basicEncoding,
        BasicEncoding loginBasicEncoding,
        BasicEncoding backchannelBasicEncoding,
        LoginAuthMethod loginAuthMethod,
        boolean allowPartnerKeysInTest,
        @DefaultValue List<String> trustedOrigins,
        // End of what is generated.
        @DefaultValue Login login) {

    /**
     * The properties {@code vipps.login.*}, for {@link VippsLoginConfigurer}.
     *
     * @param msn The sales unit that people log in at; that of the keys or of the only Merchant bean unless set.
     * @param redirectUri Where Vipps sends the browser back to: the very text that is registered in the portal.
     * @param scopes What is asked for, such as openid, name and email.
     * @param startPath Where a login begins in this application.
     * @param callbackPath Where the browser comes back to in this application; the path of the redirect URI unless set.
     * @param userinfo Whether Vipps is asked who the person is, with one more request.
     */
    public record Login(
            String msn,
            String redirectUri,
            @DefaultValue List<String> scopes,
            @DefaultValue("/login/vipps") String startPath,
            String callbackPath,
            boolean userinfo) {}

    /** The values that the library knows as variables, by the names that Spring Boot itself gives to variables. */
    Map<String, String> variables() {
        Map<String, String> values = new HashMap<>();
        put(values, "clientId", clientId);
        put(values, "clientSecret", clientSecret);
        put(values, "subscriptionKey", subscriptionKey);
        put(values, "secondSubscriptionKey", secondSubscriptionKey);
        put(values, "msn", msn);
        put(values, "pspId", pspId);
        put(values, "environment", environment);
        put(values, "systemName", systemName);
        put(values, "systemVersion", systemVersion);
        put(values, "pluginName", pluginName);
        put(values, "pluginVersion", pluginVersion);
        return values;
    }

    /** All that is no key and no name. */
    Settings.Builder settings() {
        Settings.Builder settings = Settings.builder();
        // Generated from core/src/settings.rs by `cargo run -p tests --bin make-settings`.
        set(connectTimeout, settings::connectTimeout);
        set(requestTimeout, settings::requestTimeout);
        set(deadline, settings::deadline);
        set(leeway, settings::leeway);
        set(staleKeysFor, settings::staleKeysFor);
        set(caPem, file -> settings.caPem(read(file)));
        set(proxy, settings::proxy);
        set(redisUrl, settings::redisUrl);
        set(redisCaPem, file -> settings.redisCaPem(read(file)));
        set(basicEncoding, settings::basicEncoding);
        set(loginBasicEncoding, settings::loginBasicEncoding);
        set(backchannelBasicEncoding, settings::backchannelBasicEncoding);
        set(loginAuthMethod, settings::loginAuthMethod);
        if (allowPartnerKeysInTest) settings.allowPartnerKeysInTest();
        trustedOrigins.forEach(settings::trustedOrigin);
        // End of what is generated.
        return settings;
    }

    /** Never a value: some are secrets. */
    @Override
    public String toString() {
        return "VippsProperties";
    }

    private static void put(Map<String, String> values, String name, String value) {
        set(value, it -> values.put(PropertyNames.variable("vipps." + PropertyNames.hyphenated(name)), it));
    }

    private static <T> void set(T value, Consumer<T> setter) {
        if (value != null) setter.accept(value);
    }

    private static byte[] read(Resource file) {
        try (InputStream content = file.getInputStream()) {
            return content.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}

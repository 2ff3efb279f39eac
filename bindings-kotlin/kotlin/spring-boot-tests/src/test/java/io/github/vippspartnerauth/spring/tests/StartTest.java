package io.github.vippspartnerauth.spring.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.Settings;
import io.github.vippspartnerauth.SpecializedKeys;
import io.github.vippspartnerauth.SystemInfo;
import io.github.vippspartnerauth.emulator.Emulator;
import io.github.vippspartnerauth.spring.VippsAutoConfiguration;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

@ExtendWith(OutputCaptureExtension.class)
class StartTest {
    private static final String[] KEYS = {
        "--vipps.client-id=id", "--vipps.client-secret=s3cret", "--vipps.subscription-key=key",
        "--vipps.environment=http://localhost:1"
    };

    @Test
    void whatIsMissingIsToldAtOnceByItsProperties(CapturedOutput log) {
        assertThrows(RuntimeException.class, () -> start(Plain.class));
        assertTrue(
                log.getAll().contains("Vipps: vipps.client-id, vipps.client-secret and vipps.subscription-key are not set"),
                log.getAll());
        assertTrue(log.getAll().contains("Set vipps.client-id, as a property or as the variable VIPPS_CLIENT_ID."), log.getAll());
        assertFalse(log.getAll().contains("\tat "), "no stack trace");
    }

    @Test
    void aWrongSettingIsNamedAndNoSecretRepeated(CapturedOutput log) {
        assertThrows(RuntimeException.class, () -> start(Plain.class, with("--vipps.deadline=-1s")));
        assertTrue(log.getAll().contains("vipps.deadline"), log.getAll());
        assertThrows(RuntimeException.class, () -> start(Plain.class, with("--vipps.client-secret=two words s3cret\u00e9 ")));
        assertTrue(log.getAll().contains("Set vipps.client-secret"), log.getAll());
        assertFalse(log.getAll().contains("s3cret"), log.getAll());
    }

    @Test
    void variablesHaveTheNamesThatTheLibraryKnows() {
        Map<String, Object> variables = Map.of(
                "VIPPS_CLIENT_ID", "id", "VIPPS_CLIENT_SECRET", "s3cret", "VIPPS_SUBSCRIPTION_KEY", "key",
                "VIPPS_SYSTEM_NAME", "acme", "VIPPS_SYSTEM_VERSION", "1", "VIPPS_ENVIRONMENT", "http://localhost:1",
                "VIPPS_MSN", "123456");
        SpringApplicationBuilder builder = new SpringApplicationBuilder(Plain.class).web(WebApplicationType.NONE);
        builder.environment(new org.springframework.core.env.StandardEnvironment() {
            @Override
            protected void customizePropertySources(org.springframework.core.env.MutablePropertySources sources) {
                sources.addLast(new org.springframework.core.env.SystemEnvironmentPropertySource(
                        SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
            }
        });
        try (ConfigurableApplicationContext context = builder.run()) {
            assertEquals("http://localhost:1", context.getBean(Partner.class).getEnvironment().getBaseUrl());
            assertEquals("123456", context.getBean(io.github.vippspartnerauth.Merchant.class).getMsn());
        }
    }

    @Test
    void thePartnerIsClosedWithTheApplication() {
        Partner partner;
        try (ConfigurableApplicationContext context = start(Plain.class, KEYS)) {
            partner = context.getBean(Partner.class);
        }
        assertThrows(IllegalStateException.class, partner::headersBlocking);
    }

    @Test
    void aBeanOfTheApplicationTakesThePlaceOfOurs() throws Exception {
        try (Emulator vipps = Emulator.start();
                ConfigurableApplicationContext context = start(Own.class, "--own.environment=" + vipps.getBaseUrl())) {
            assertSame(context.getBean("own"), context.getBean(Partner.class));
        }
    }

    @Test
    void anApplicationOfSeveralPartnersHasThemAlone() throws Exception {
        try (Emulator vipps = Emulator.start();
                ConfigurableApplicationContext context = start(Several.class, "--own.environment=" + vipps.getBaseUrl())) {
            assertEquals(Set.of("own", "other"), context.getBeansOfType(Partner.class).keySet());
            assertFalse(context.containsBean("vippsRestClient") || context.containsBean("vippsHealthIndicator"));
        }
    }

    @Test
    void eachSettingOfTheLibraryIsAPropertyAndCanBeSet(@TempDir Path folder) throws Exception {
        Set<String> settings = Stream.of(Settings.Builder.class.getMethods())
                .filter(method -> method.getReturnType() == Settings.Builder.class).map(Method::getName)
                .filter(name -> !Set.of("onEvent", "transport", "clock").contains(name)).collect(Collectors.toCollection(TreeSet::new));
        Set<String> properties = documented().keySet().stream()
                .map(name -> name.substring("vipps.".length())).map(StartTest::camel).collect(Collectors.toSet());
        settings.removeAll(properties);
        assertEquals(Set.of("trustedOrigin"), settings, "it is a list as a property");
        Path pem = Files.writeString(folder.resolve("ca.pem"), authority());
        try (ConfigurableApplicationContext context = start(Plain.class, with(
                "--vipps.connect-timeout=3s", "--vipps.request-timeout=4s", "--vipps.deadline=5s", "--vipps.leeway=10s",
                "--vipps.stale-keys-for=1h", "--vipps.ca-pem=file:" + pem, "--vipps.proxy=direct",
                "--vipps.redis-url=rediss://localhost:1", "--vipps.redis-ca-pem=file:" + pem, "--vipps.basic-encoding=form",
                "--vipps.login-basic-encoding=raw", "--vipps.backchannel-basic-encoding=form",
                "--vipps.login-auth-method=client_secret_post", "--vipps.allow-partner-keys-in-test=true",
                "--vipps.trusted-origins=https://gateway.example,https://other.example"))) {
            assertTrue(context.getBean(Partner.class).covers("https://other.example/x"));
        }
    }

    @Test
    void eachPropertyIsDocumentedForEditors() throws Exception {
        documented().forEach((name, property) -> {
            assertTrue(property.containsKey("type"), name);
            assertTrue(String.valueOf(property.get("description")).length() > 15, () -> name + ": " + property);
        });
        assertEquals("java.time.Duration", documented().get("vipps.deadline").get("type"));
    }

    private static Map<String, Map<?, ?>> documented() throws Exception {
        try (InputStream metadata =
                VippsAutoConfiguration.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            Map<String, Object> read = JsonParserFactory.getJsonParser().parseMap(new String(metadata.readAllBytes()));
            return ((List<?>) read.get("properties")).stream().map(it -> (Map<?, ?>) it)
                    .collect(Collectors.toMap(it -> (String) it.get("name"), it -> it));
        }
    }

    private static String camel(String name) {
        return java.util.regex.Pattern.compile("-(.)").matcher(name).replaceAll(it -> it.group(1).toUpperCase());
    }

    private static String[] with(String... more) {
        return Stream.concat(Stream.of(KEYS), Stream.of(more)).toArray(String[]::new);
    }

    private static ConfigurableApplicationContext start(Class<?> application, String... arguments) {
        return new SpringApplicationBuilder(application).web(WebApplicationType.NONE).run(arguments);
    }

    @ImportAutoConfiguration(VippsAutoConfiguration.class)
    static class Plain {}

    @ImportAutoConfiguration(VippsAutoConfiguration.class)
    static class Own {
        @Bean
        Partner own(@Value("${own.environment}") String environment, Settings settings) {
            SpecializedKeys keys = new SpecializedKeys("id", "s3cret");
            SystemInfo system = new SystemInfo("acme", "3.1.2");
            return new Partner(keys, system, io.github.vippspartnerauth.Environment.of(environment), settings);
        }
    }

    @SpringBootConfiguration
    @EnableAutoConfiguration
    static class Several extends Own {
        @Bean
        Partner other(@Value("${own.environment}") String environment, Settings settings) {
            return own(environment, settings);
        }
    }

    /** One that the JVM trusts, as text. */
    private static String authority() throws Exception {
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init((KeyStore) null);
        byte[] certificate = ((X509TrustManager) trusted.getTrustManagers()[0]).getAcceptedIssuers()[0].getEncoded();
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate);
        return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n";
    }
}

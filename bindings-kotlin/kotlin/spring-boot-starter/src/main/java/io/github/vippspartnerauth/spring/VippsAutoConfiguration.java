package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.EventListener;
import io.github.vippspartnerauth.KeySource;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.Settings;
import io.github.vippspartnerauth.TokenCache;
import io.github.vippspartnerauth.Transport;
import io.github.vippspartnerauth.VippsAuthException;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;

/** One {@link Partner} for the application, made of the properties {@code vipps.*}. Each bean gives way to one of your own. */
@AutoConfiguration
@EnableConfigurationProperties(VippsProperties.class)
public class VippsAutoConfiguration {
    VippsAutoConfiguration() {}

    /** The entry point, closed with the application. It asks nobody when it is made. */
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    Partner vippsPartner(
            VippsProperties properties,
            Settings settings,
            ObjectProvider<KeySource> keySource,
            ObjectProvider<TokenCache> tokenCache) {
        return checked(
                "vipps",
                () -> Partner.fromVars(
                        properties.variables(), settings, keySource.getIfAvailable(), tokenCache.getIfAvailable()));
    }

    /**
     * For a {@link Partner} of your own, too. Each bean that is an {@link EventListener} hears what happens, and one that is a
     * {@link Transport} sends the library's requests.
     */
    @Bean
    @ConditionalOnMissingBean
    Settings vippsSettings(
            VippsProperties properties, ObjectProvider<EventListener> listeners, ObjectProvider<Transport> transport) {
        List<EventListener> all = listeners.orderedStream().toList();
        Settings.Builder settings = properties.settings().onEvent(event -> all.forEach(listener -> listener.onEvent(event)));
        transport.ifAvailable(settings::transport);
        return settings.build();
    }

    /** Each event of the library is an event of the application. */
    @Bean
    @ConditionalOnMissingBean(name = "vippsEventPublisher")
    EventListener vippsEventPublisher(ApplicationEventPublisher publisher) {
        return publisher::publishEvent;
    }

    /** Keys of one sales unit speak for one merchant. */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("vipps.msn")
    Merchant vippsMerchant(Partner partner, VippsProperties properties) {
        return checked("vipps", () -> partner.merchant(properties.msn()));
    }

    /** What the library finds wrong is told of the property below this prefix. */
    static <T> T checked(String prefix, Supplier<T> made) {
        try {
            return made.get();
        } catch (VippsAuthException.InvalidConfig failure) {
            throw new InvalidVippsProperty(prefix, failure);
        }
    }
}

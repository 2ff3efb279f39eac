package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Caller;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Clients for Vipps' APIs, made of the application's own builders. Their calls are made for the only {@link Merchant} bean, or
 * else for the partner, where a request names no other caller. They are injected by name:
 * {@code @Qualifier("vippsRestClient") RestClient client}.
 */
@AutoConfiguration(
        after = VippsAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.autoconfigure.web.client.RestClientAutoConfiguration",
            "org.springframework.boot.autoconfigure.web.reactive.function.client.WebClientAutoConfiguration",
            "org.springframework.boot.restclient.autoconfigure.RestClientAutoConfiguration",
            "org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration",
        })
@ConditionalOnSingleCandidate(Partner.class)
public class VippsHttpAutoConfiguration {
    VippsHttpAutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(RestClient.class)
    static class Blocking {
        /** Injected by name alone: an application may have clients for other services. */
        @Bean(defaultCandidate = false)
        @ConditionalOnMissingBean(name = "vippsRestClient")
        RestClient vippsRestClient(
                Partner partner, ObjectProvider<Merchant> merchant, ObjectProvider<RestClient.Builder> builders) {
            RestClient.Builder builder = builders.getIfAvailable(RestClient::builder);
            return VippsRestClient.authorize(builder, caller(partner, merchant)).baseUrl(baseUrl(partner)).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(WebClient.class)
    static class Reactive {
        /** Injected by name alone: an application may have clients for other services. */
        @Bean(defaultCandidate = false)
        @ConditionalOnMissingBean(name = "vippsWebClient")
        WebClient vippsWebClient(
                Partner partner, ObjectProvider<Merchant> merchant, ObjectProvider<WebClient.Builder> builders) {
            WebClient.Builder builder = builders.getIfAvailable(WebClient::builder);
            return VippsWebClient.authorize(builder, caller(partner, merchant)).baseUrl(baseUrl(partner)).build();
        }
    }

    private static Caller caller(Partner partner, ObjectProvider<Merchant> merchant) {
        Merchant only = merchant.getIfUnique();
        return only == null ? partner : only;
    }

    private static String baseUrl(Partner partner) {
        return partner.getEnvironment().getBaseUrl();
    }
}

package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Partner;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Health, metrics, and secrets that stay out of the actuator's pages. With several partners health and metrics are yours. */
@AutoConfiguration(after = VippsAutoConfiguration.class)
public class VippsActuatorAutoConfiguration {
    VippsActuatorAutoConfiguration() {}

    /** Of Spring Boot 3. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.actuate.health.HealthIndicator")
    @ConditionalOnSingleCandidate(Partner.class)
    static class Health3 {
        @Bean
        @ConditionalOnMissingBean(name = "vippsHealthIndicator")
        @ConditionalOnEnabledHealthIndicator("vipps")
        org.springframework.boot.actuate.health.HealthIndicator vippsHealthIndicator(Partner partner) {
            return new Indicator3(partner);
        }
    }

    /** Of Spring Boot 4. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.health.contributor.HealthIndicator")
    @ConditionalOnSingleCandidate(Partner.class)
    static class Health4 {
        @Bean
        @ConditionalOnMissingBean(name = "vippsHealthIndicator")
        @org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator("vipps")
        org.springframework.boot.health.contributor.HealthIndicator vippsHealthIndicator(Partner partner) {
            return new Indicator4(partner);
        }
    }

    private static final class Indicator3 extends org.springframework.boot.actuate.health.AbstractHealthIndicator {
        private final Partner partner;

        Indicator3(Partner partner) {
            super(TokenHealth.FAILURE);
            this.partner = partner;
        }

        @Override
        protected void doHealthCheck(org.springframework.boot.actuate.health.Health.Builder builder) throws InterruptedException {
            TokenHealth found = TokenHealth.of(partner);
            (found.isUp() ? builder.up() : builder.down()).withDetails(found.details());
        }
    }

    private static final class Indicator4 extends org.springframework.boot.health.contributor.AbstractHealthIndicator {
        private final Partner partner;

        Indicator4(Partner partner) {
            super(TokenHealth.FAILURE);
            this.partner = partner;
        }

        @Override
        protected void doHealthCheck(org.springframework.boot.health.contributor.Health.Builder builder)
                throws InterruptedException {
            TokenHealth found = TokenHealth.of(partner);
            (found.isUp() ? builder.up() : builder.down()).withDetails(found.details());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterBinder.class)
    static class Metrics {
        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnSingleCandidate(Partner.class)
        VippsMetrics vippsMetrics(Partner partner) {
            return new VippsMetrics(partner);
        }

        /** Apart from the others: it must be there before the partner is. */
        @Bean
        @ConditionalOnMissingBean
        VippsEventMetrics vippsEventMetrics() {
            return new VippsEventMetrics();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(SanitizingFunction.class)
    static class Sanitizing {
        @Bean
        @ConditionalOnMissingBean(name = "vippsSanitizingFunction")
        SanitizingFunction vippsSanitizingFunction() {
            return data -> SecretProperties.contain(data.getKey()) ? data.withSanitizedValue() : data;
        }
    }
}

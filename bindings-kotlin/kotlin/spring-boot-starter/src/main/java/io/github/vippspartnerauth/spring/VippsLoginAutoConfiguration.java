package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Login;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.Userinfo;
import java.net.URI;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Scope;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.web.SecurityFilterChain;

/** Login for Spring Security, by the properties {@code vipps.login.*}. */
@AutoConfiguration(after = VippsAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({AbstractHttpConfigurer.class, SecurityFilterChain.class})
@ConditionalOnSingleCandidate(Partner.class)
public class VippsLoginAutoConfiguration {
    VippsLoginAutoConfiguration() {}

    /** A new one for each chain of filters that it is given to. */
    @Bean
    @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
    @ConditionalOnMissingBean
    VippsLoginConfigurer vippsLoginConfigurer(
            Partner partner, VippsProperties properties, ObjectProvider<VippsLoginSource> source, VippsUserMapper users) {
        VippsProperties.Login login = properties.login();
        return new VippsLoginConfigurer(partner).source(source.getIfAvailable()).userMapper(users).scopes(login.scopes())
                .startPath(login.startPath()).callbackPath(callbackPath(login));
    }

    private static String callbackPath(VippsProperties.Login login) {
        if (login.callbackPath() != null || login.redirectUri() == null) return login.callbackPath();
        return URI.create(login.redirectUri()).getRawPath();
    }

    /** One merchant, by the properties. */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("vipps.login.redirect-uri")
    VippsLoginSource vippsLoginSource(Partner partner, VippsProperties properties, ObjectProvider<Merchant> merchants) {
        Login login = VippsAutoConfiguration.checked(
                "vipps.login", () -> merchant(partner, properties, merchants).login(properties.login().redirectUri()));
        return request -> login;
    }

    private static Merchant merchant(Partner partner, VippsProperties properties, ObjectProvider<Merchant> merchants) {
        String msn = properties.login().msn();
        if (msn != null) return partner.merchant(msn);
        Merchant only = merchants.getIfUnique();
        if (only == null) throw new InvalidVippsProperty("vipps.login.msn", "is not set");
        return only;
    }

    /** Everybody who logged in has one authority. */
    @Bean
    @ConditionalOnMissingBean
    VippsUserMapper vippsUserMapper(VippsProperties properties) {
        boolean isAsked = properties.login().userinfo();
        return (login, result) -> {
            Userinfo userinfo = isAsked ? login.userinfoBlocking(result) : null;
            return new VippsAuthentication(
                    VippsUser.of(result, userinfo), AuthorityUtils.createAuthorityList(VippsAuthentication.AUTHORITY));
        };
    }
}

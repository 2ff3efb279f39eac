package com.example.shop;

import io.github.vippspartnerauth.Environment;
import io.github.vippspartnerauth.Login;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.PartnerKeys;
import io.github.vippspartnerauth.SystemInfo;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** A shop of one merchant. Its keys come from VIPPS_CLIENT_ID and the other variables of the guide. */
@SpringBootApplication
public class ShopApplication {
    public static void main(String[] args) {
        SpringApplication.run(ShopApplication.class, args);
    }

    /** One for the whole application: it holds the token. Spring closes it. */
    @Bean
    Partner partner(@Value("${vipps.environment:production}") String environment) {
        return new Partner(PartnerKeys.fromEnv(), new SystemInfo("acme", "3.1.2"), Environment.of(environment));
    }

    @Bean
    Merchant merchant(Partner partner, @Value("${shop.msn}") String msn) {
        return partner.merchant(msn);
    }

    @Bean
    Login login(Merchant merchant, @Value("${shop.redirect-uri}") String redirectUri) {
        return merchant.login(redirectUri);
    }
}

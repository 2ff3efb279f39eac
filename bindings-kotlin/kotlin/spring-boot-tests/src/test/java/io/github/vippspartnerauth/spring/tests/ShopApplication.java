package io.github.vippspartnerauth.spring.tests;

import io.github.vippspartnerauth.Event;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.spring.VippsLoginConfigurer;
import io.github.vippspartnerauth.spring.VippsUser;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A shop as an application would write it: one merchant, where people log in. */
@SpringBootApplication
@RestController
class ShopApplication {
    static final String MSN = "123456";

    final Queue<Event> events = new ConcurrentLinkedQueue<>();

    @Bean
    Merchant shop(Partner partner) {
        return partner.merchant(MSN);
    }

    @Bean
    SecurityFilterChain pages(HttpSecurity http, VippsLoginConfigurer vippsLogin) throws Exception {
        return http
                .authorizeHttpRequests(all -> all.requestMatchers("/actuator/**").permitAll().anyRequest().authenticated())
                .with(vippsLogin, Customizer.withDefaults())
                .build();
    }

    @GetMapping("/me")
    Map<String, String> me(@AuthenticationPrincipal VippsUser user) {
        return Map.of("sub", user.getName(), "msn", user.getMsn(), "name", user.userinfo().getName());
    }

    @EventListener
    void on(Event event) {
        events.add(event);
    }
}

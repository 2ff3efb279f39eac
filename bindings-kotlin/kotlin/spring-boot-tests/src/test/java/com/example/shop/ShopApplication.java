package com.example.shop;

import io.github.vippspartnerauth.spring.VippsLoginConfigurer;
import io.github.vippspartnerauth.spring.VippsUser;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
class ShopApplication {
    @Bean
    SecurityFilterChain pages(HttpSecurity http, VippsLoginConfigurer vippsLogin) throws Exception {
        return http.authorizeHttpRequests(all -> all.anyRequest().authenticated())
                .with(vippsLogin, Customizer.withDefaults())
                .build();
    }

    @GetMapping("/welcome")
    String welcome(@AuthenticationPrincipal VippsUser user) {
        return "Welcome, " + user.userinfo().getName();
    }
}

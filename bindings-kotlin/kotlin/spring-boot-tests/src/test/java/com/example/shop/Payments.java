package com.example.shop;

import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.spring.VippsAttributes;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Service;
import org.springframework.web.client.RestClient;

@Service
class Payments {
    private final RestClient vipps;
    private final Partner partner;

    Payments(@Qualifier("vippsRestClient") RestClient vipps, Partner partner) {
        this.vipps = vipps;
        this.partner = partner;
    }

    String list(String msn) {
        return vipps.get().uri("/epayment/v1/payments")
                .attributes(VippsAttributes.caller(partner.merchant(msn)))
                .retrieve().body(String.class);
    }
}

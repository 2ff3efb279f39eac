package io.github.vippspartnerauth.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.SystemInfo;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The same face, as it is written in Java. */
class JavaTest {
    @RegisterExtension
    static final VippsEmulatorExtension VIPPS =
            new VippsEmulatorExtension(it -> it.merchants("123456").mode(Mode.TEST)).perClass();

    @Test
    void anEmulatorInABlock() throws InterruptedException {
        try (Emulator vipps = Emulator.start(it -> it.merchants("123456"))) {
            SystemInfo system = new SystemInfo("acme", "3.1.2");
            try (Partner partner = new Partner(vipps.partnerKeys().forPartner(), system, vipps.getEnvironment())) {
                vipps.failNext(Endpoint.STANDARD_TOKEN, it -> it.status(503).shape(ErrorShape.PROBLEM));
                assertEquals("123456", partner.merchant("123456").headersBlocking().get("merchant-serial-number"));
                assertEquals(2, vipps.count("/accesstoken/get"));
            }
        }
    }

    @Test
    void whatMayBeLeftOutCanBeLeftOut(Emulator vipps) {
        vipps.forgiving();
        vipps.forgiving(false);
        vipps.script("/epayment/v1/payments/acme-order-1", new Reply(401).body("not you"), new Reply(200));
        vipps.script("/epayment/v1/payments/acme-order-1", List.of(new Reply(200).headers(Map.of("x", "y"))));
        vipps.addUser("4798765432", it -> it.givenName("Ola").addresses(new NewAddress().kind(AddressKind.WORK)));
        User ola = vipps.users().stream().filter(user -> user.getGivenName().equals("Ola")).findFirst().orElseThrow();
        assertEquals(AddressKind.WORK, ola.getAddresses().get(0).getKind());
        assertEquals(Mode.TEST, vipps.info().getMode());
        assertTrue(vipps.mintIdToken("123456").startsWith("ey"));
    }

    @Test
    void aRefusalNamesTheMember(Emulator vipps) {
        EmulatorException error = assertThrows(EmulatorException.class, () -> vipps.approve("nothing"));
        assertEquals(ControlErrorKind.NOT_FOUND, error.getCode());
        assertEquals("id", error.getMember());
    }

    @Test
    void aKitMovesBothClocks(EmulatorKit kit, Merchant shop) throws InterruptedException {
        String first = shop.headersBlocking().get("authorization");
        kit.advance(Duration.ofHours(25));
        assertTrue(!first.equals(shop.headersBlocking().get("authorization")));
        assertEquals(kit.getNow(), kit.getEmulator().now().getNow());
    }
}

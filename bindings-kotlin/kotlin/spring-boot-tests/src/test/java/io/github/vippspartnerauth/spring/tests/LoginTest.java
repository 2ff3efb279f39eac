package io.github.vippspartnerauth.spring.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.vippspartnerauth.LoginRequest;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.spring.VippsAuthentication;
import io.github.vippspartnerauth.spring.VippsUserMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole round, with an HTTP client in the place of the browser. */
class LoginTest {
    private static final Shop SHOP = new Shop();

    private final CookieManager cookies = new CookieManager();
    private final HttpClient browser =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).cookieHandler(cookies).build();

    @BeforeEach
    void begin() {
        SHOP.vipps.clearFailures();
        SHOP.vipps.autoApprove("4791234567");
    }

    @AfterAll
    static void stop() {
        SHOP.close();
    }

    @Test
    void whoeverMustLogInDoesSoAtVippsAndSeesThePageThatTheyWanted() throws Exception {
        assertEquals(302, SHOP.get("/me").statusCode());
        HttpResponse<String> shown = browse("/me");
        assertEquals(200, shown.statusCode());
        assertEquals("/me", shown.uri().getPath());
        assertTrue(shown.body().contains("\"msn\":\"123456\"") && shown.body().contains("Kari Fixture"), shown.body());
        assertEquals(shown.body(), browse("/me").body());
    }

    @Test
    void theSessionHasAnotherNameAfterwards() throws Exception {
        send(HttpClient.Redirect.NEVER, "/login/vipps");
        String before = session();
        browse("/me");
        assertNotEquals(before, session());
    }

    @Test
    void aTokenForAnotherMerchantIsRefused() throws Exception {
        SHOP.vipps.bendNextIdToken(it -> it.claims(Map.of("msn", "654321")));
        assertEquals(401, browse("/me").statusCode());
        assertEquals(302, send(HttpClient.Redirect.NEVER, "/me").statusCode());
    }

    @Test
    void whoeverSaysNoIsNotLoggedIn() throws Exception {
        SHOP.vipps.autoDeny();
        HttpResponse<String> shown = browse("/me");
        assertEquals(401, shown.statusCode());
        assertEquals("/callback", shown.uri().getPath());
    }

    @Test
    void aCallbackOutOfNowhereOrOnceMoreIsRefused() throws Exception {
        assertEquals(401, browse("/callback?code=stolen&state=guessed").statusCode());
        String path = callbackOf(send(HttpClient.Redirect.NEVER, "/login/vipps").headers().firstValue("location").orElseThrow())
                .substring(SHOP.url.length());
        assertEquals(401, SHOP.get(path).statusCode(), "another browser");
        assertEquals(302, send(HttpClient.Redirect.NEVER, path).statusCode());
        assertEquals(401, send(HttpClient.Redirect.NEVER, path).statusCode(), "once more");
    }

    @Test
    void aUserLivesInASessionThatIsWrittenDown() throws Exception {
        Merchant shop = SHOP.bean(Merchant.class);
        var login = shop.login(SHOP.url + "/callback");
        LoginRequest request = login.startBlocking(List.of("openid", "name"));
        var result = login.finishBlocking(callbackOf(request.getUrl()), request);
        VippsAuthentication before = (VippsAuthentication) SHOP.bean(VippsUserMapper.class).authentication(login, result);
        VippsAuthentication after = copy(before);
        assertEquals(before.getName(), after.getName());
        assertEquals("Kari Fixture", after.getPrincipal().userinfo().getName());
        assertEquals("123456", after.getPrincipal().claims().text("msn"));
        assertTrue(after.isAuthenticated());
        assertEquals("[ROLE_VIPPS_USER]", after.getAuthorities().toString());
        assertFalse(after.toString().contains("Kari"), after.toString());
    }

    private static VippsAuthentication copy(VippsAuthentication of) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(of);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (VippsAuthentication) in.readObject();
        }
    }

    /** Where the browser is sent back to in the end. */
    private static String callbackOf(String url) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        HttpResponse<Void> answer = HttpClient.newHttpClient().send(request, BodyHandlers.discarding());
        String next = URI.create(url).resolve(answer.headers().firstValue("location").orElseThrow()).toString();
        return next.startsWith(SHOP.url) ? next : callbackOf(next);
    }

    private String session() {
        return cookies.getCookieStore().getCookies().stream()
                .filter(cookie -> cookie.getName().equals("JSESSIONID")).map(HttpCookie::getValue).findFirst().orElseThrow();
    }

    private HttpResponse<String> browse(String path) throws Exception {
        return browser.send(request(path), BodyHandlers.ofString());
    }

    private HttpResponse<String> send(HttpClient.Redirect redirects, String path) throws Exception {
        return browser(redirects).send(request(path), BodyHandlers.ofString());
    }

    private HttpClient browser(HttpClient.Redirect redirects) {
        return HttpClient.newBuilder().followRedirects(redirects).cookieHandler(cookies).build();
    }

    private static HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create(SHOP.url + path)).build();
    }
}

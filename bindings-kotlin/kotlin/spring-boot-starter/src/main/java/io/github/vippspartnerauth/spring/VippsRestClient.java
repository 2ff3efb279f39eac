package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Caller;
import java.net.http.HttpClient;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.util.Assert;
import org.springframework.web.client.RestClient;

/** For Spring's {@link RestClient}. */
public final class VippsRestClient {
    private VippsRestClient() {}

    /**
     * Attaches this caller's headers to each request that the partner covers, and makes a call once more whose token is refused.
     * The client follows no redirects afterwards: headers must not go along to another host.
     */
    public static RestClient.Builder authorize(RestClient.Builder builder, Caller caller) {
        return authorize(builder, caller, HttpClient.newHttpClient());
    }

    /**
     * The same with an HTTP client of yours.
     *
     * @throws IllegalArgumentException for a client that follows redirects
     */
    public static RestClient.Builder authorize(RestClient.Builder builder, Caller caller, HttpClient client) {
        return builder.requestFactory(new JdkClientHttpRequestFactory(withoutRedirects(client)))
                .requestInterceptor(new VippsInterceptor(caller));
    }

    static HttpClient withoutRedirects(HttpClient client) {
        Assert.isTrue(client.followRedirects() == HttpClient.Redirect.NEVER, "the client must not follow redirects");
        return client;
    }
}

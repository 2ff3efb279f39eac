package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Caller;
import java.net.http.HttpClient;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

/** For Spring's {@link WebClient}. */
public final class VippsWebClient {
    private VippsWebClient() {}

    /**
     * Attaches this caller's headers to each request that the partner covers, and makes a call once more whose token is refused.
     * The client follows no redirects afterwards: headers must not go along to another host.
     */
    public static WebClient.Builder authorize(WebClient.Builder builder, Caller caller) {
        return authorize(builder, caller, HttpClient.newHttpClient());
    }

    /**
     * The same with an HTTP client of yours.
     *
     * @throws IllegalArgumentException for a client that follows redirects
     */
    public static WebClient.Builder authorize(WebClient.Builder builder, Caller caller, HttpClient client) {
        return builder.clientConnector(new JdkClientHttpConnector(VippsRestClient.withoutRedirects(client)))
                .filter(new VippsFilter(caller));
    }
}

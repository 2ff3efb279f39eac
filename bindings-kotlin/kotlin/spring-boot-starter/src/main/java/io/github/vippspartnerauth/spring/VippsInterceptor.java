package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Authorization;
import io.github.vippspartnerauth.Caller;
import io.github.vippspartnerauth.VippsAuthException;
import io.github.vippspartnerauth.VippsAuthIOException;
import java.io.IOException;
import java.io.InterruptedIOException;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * The part of {@link VippsRestClient#authorize} that attaches headers and makes a call once more after a 401, for a request
 * factory of your own, also that of a {@code RestTemplate}. That factory must follow no redirects: an interceptor sees none, and
 * headers would go along to any host.
 */
public final class VippsInterceptor implements ClientHttpRequestInterceptor {
    private final Caller caller;

    /** For this caller, where a request names no other by {@link VippsAttributes#caller}. */
    public VippsInterceptor(Caller caller) {
        this.caller = caller;
    }

    @Override
    public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
            throws IOException {
        Caller caller = VippsAttributes.callerOf(request.getAttributes(), this.caller);
        String url = request.getURI().toString();
        if (caller.covers(url)) return authorized(caller, request, body, execution);
        caller.headersWithheld(url);
        return execution.execute(request, body);
    }

    private static ClientHttpResponse authorized(
            Caller caller, HttpRequest request, byte[] body, ClientHttpRequestExecution execution) throws IOException {
        Authorization used = waited(caller::authorizationBlocking);
        ClientHttpResponse response = sent(caller, used, request, body, execution);
        if (response.getStatusCode() != HttpStatus.UNAUTHORIZED || !isCarried(used, request)) return response;
        Authorization other = otherThan(used, caller, response);
        if (other == null) return response;
        response.close();
        return sent(caller, other, request, body, execution);
    }

    private static ClientHttpResponse sent(
            Caller caller, Authorization used, HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
            throws IOException {
        used.getHeaders().forEach(request.getHeaders()::set);
        ClientHttpResponse response = execution.execute(request, body);
        String type = response.getHeaders().getFirst("Content-Type");
        if (isCarried(used, request)) caller.answered(response.getStatusCode().value(), type);
        return response;
    }

    private static boolean isCarried(Authorization used, HttpRequest request) {
        return used.isCarriedBy(request.getHeaders()::getFirst);
    }

    /** {@code null} when the 401 is to be handed over. A response that nobody will get is closed. */
    private static Authorization otherThan(Authorization used, Caller caller, ClientHttpResponse response) throws IOException {
        try {
            return waited(() -> caller.refusedBlocking(used));
        } catch (VippsAuthIOException none) {
            return null;
        } catch (InterruptedIOException interrupt) {
            response.close();
            throw interrupt;
        }
    }

    private interface Wait {
        Authorization get() throws InterruptedException;
    }

    private static Authorization waited(Wait wait) throws IOException {
        try {
            return wait.get();
        } catch (VippsAuthException failure) {
            throw new VippsAuthIOException(failure);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}

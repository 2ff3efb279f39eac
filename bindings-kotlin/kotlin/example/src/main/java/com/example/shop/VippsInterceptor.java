package com.example.shop;

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

/** For a RestClient whose request factory follows no redirects: headers on each call, and one more try after a 401. */
record VippsInterceptor(Caller caller) implements ClientHttpRequestInterceptor {
    @Override
    public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution call) throws IOException {
        if (!caller.covers(request.getURI().toString())) return call.execute(request, body);
        try {
            Authorization used = caller.authorizationBlocking();
            used.getHeaders().forEach(request.getHeaders()::set);
            ClientHttpResponse response = call.execute(request, body);
            if (response.getStatusCode() != HttpStatus.UNAUTHORIZED) return response;
            try {
                caller.refusedBlocking(used).getHeaders().forEach(request.getHeaders()::set);
            } catch (VippsAuthException none) {
                return response;
            }
            response.close();
            return call.execute(request, body);
        } catch (VippsAuthException failure) {
            throw new VippsAuthIOException(failure);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}

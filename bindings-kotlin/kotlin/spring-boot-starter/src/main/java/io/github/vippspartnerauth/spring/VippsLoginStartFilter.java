package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.LoginRequest;
import io.github.vippspartnerauth.VippsAuthException;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/** Sends the browser to Vipps; what its answer will be checked against stays in the session. */
final class VippsLoginStartFilter extends OncePerRequestFilter {
    private final RequestMatcher start;
    private final VippsLoginSource source;
    private final List<String> scopes;
    private final AuthenticationFailureHandler failure;

    VippsLoginStartFilter(
            RequestMatcher start, VippsLoginSource source, List<String> scopes, AuthenticationFailureHandler failure) {
        this.start = start;
        this.source = source;
        this.scopes = scopes;
        this.failure = failure;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !start.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        try {
            LoginRequest login = source.login(request).startBlocking(scopes);
            KeptLogin.keep(login, request);
            response.sendRedirect(login.getUrl());
        } catch (VippsAuthException error) {
            failure.onAuthenticationFailure(request, response, new VippsLoginException(error));
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            failure.onAuthenticationFailure(request, response, new VippsLoginException("interrupted", interrupt));
        }
    }
}

package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Login;
import io.github.vippspartnerauth.LoginRequest;
import io.github.vippspartnerauth.LoginResult;
import io.github.vippspartnerauth.Partner;
import io.github.vippspartnerauth.VippsAuthException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.AbstractAuthenticationProcessingFilter;
import org.springframework.security.web.util.matcher.RequestMatcher;

/** The browser is back from Vipps. */
final class VippsLoginFilter extends AbstractAuthenticationProcessingFilter {
    private final Partner partner;
    private final VippsUserMapper users;

    VippsLoginFilter(RequestMatcher callback, Partner partner, VippsUserMapper users) {
        super(callback);
        this.partner = partner;
        this.users = users;
    }

    @Override
    public Authentication attemptAuthentication(HttpServletRequest request, HttpServletResponse response) {
        try {
            LoginRequest kept = KeptLogin.take(request);
            Login login = partner.merchant(kept.getMsn()).login(kept.getRedirectUri());
            return users.authentication(login, finished(login, kept, request));
        } catch (VippsAuthException failure) {
            throw new VippsLoginException(failure);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new VippsLoginException("interrupted", interrupt);
        }
    }

    /** While an error is retryable the code has not been sent, so that the same address may be opened again. */
    private static LoginResult finished(Login login, LoginRequest kept, HttpServletRequest request)
            throws InterruptedException {
        try {
            return login.finishBlocking(callback(request), kept);
        } catch (VippsAuthException failure) {
            if (failure.getRetryable()) KeptLogin.keep(kept, request);
            throw failure;
        }
    }

    private static String callback(HttpServletRequest request) {
        String query = request.getQueryString();
        return query == null ? request.getRequestURI() : request.getRequestURI() + "?" + query;
    }
}

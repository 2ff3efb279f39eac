package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Partner;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.ExceptionHandlingConfigurer;
import org.springframework.security.web.authentication.AuthenticationEntryPointFailureHandler;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;
import org.springframework.security.web.authentication.SimpleUrlAuthenticationFailureHandler;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.authentication.session.SessionAuthenticationStrategy;
import org.springframework.security.web.context.DelegatingSecurityContextRepository;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.security.web.context.SecurityContextRepository;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.util.Assert;

/**
 * Login with Vipps for the people that a chain of filters is for. Whoever must log in is sent to Vipps, and is back where they
 * wanted to go when they have; every check of the ID token is the library's, that of the MSN among them.
 *
 * <pre>{@code
 * @Bean
 * SecurityFilterChain shop(HttpSecurity http, VippsLoginConfigurer vippsLogin) throws Exception {
 *     return http.authorizeHttpRequests(all -> all.anyRequest().authenticated())
 *             .with(vippsLogin, Customizer.withDefaults()).build();
 * }
 * }</pre>
 *
 * A login that fails is answered with the status 401 and no page, unless there is a {@link #failureUrl} or {@link #failureHandler}.
 */
public final class VippsLoginConfigurer extends AbstractHttpConfigurer<VippsLoginConfigurer, HttpSecurity> {
    private final Partner partner;
    private VippsLoginSource source;
    private VippsUserMapper users;
    private List<String> scopes = List.of();
    private String startPath;
    private String callbackPath;
    private AuthenticationSuccessHandler success;
    /** No page of errors: where that needs a login, too, a person who says no would be asked for ever. */
    private AuthenticationFailureHandler failure =
            new AuthenticationEntryPointFailureHandler(new HttpStatusEntryPoint(HttpStatus.UNAUTHORIZED));

    /** For logins at this partner's merchants. A bean of this class has what the properties {@code vipps.login.*} say. */
    public VippsLoginConfigurer(Partner partner) {
        this.partner = partner;
    }

    /** Which merchant a login is for. */
    public VippsLoginConfigurer source(VippsLoginSource source) {
        this.source = source;
        return this;
    }

    /** Who a person is to the application. */
    public VippsLoginConfigurer userMapper(VippsUserMapper users) {
        this.users = users;
        return this;
    }

    /** What is asked for, {@code openid} among them. */
    public VippsLoginConfigurer scopes(List<String> scopes) {
        this.scopes = List.copyOf(scopes);
        return this;
    }

    /** Where a login begins in this application. */
    public VippsLoginConfigurer startPath(String path) {
        this.startPath = path;
        return this;
    }

    /** Where the browser comes back to, as this application is asked for it, its context path included. */
    public VippsLoginConfigurer callbackPath(String path) {
        this.callbackPath = path;
        return this;
    }

    /** What follows a login; the page that was asked for unless set. */
    public VippsLoginConfigurer successHandler(AuthenticationSuccessHandler handler) {
        this.success = handler;
        return this;
    }

    /** Where the browser is sent after a login that failed. */
    public VippsLoginConfigurer failureUrl(String url) {
        return failureHandler(new SimpleUrlAuthenticationFailureHandler(url));
    }

    /** What follows a login that failed, with a {@link VippsLoginException}. */
    public VippsLoginConfigurer failureHandler(AuthenticationFailureHandler handler) {
        this.failure = handler;
        return this;
    }

    @Override
    public void init(HttpSecurity http) {
        Assert.state(source != null, "set vipps.login.redirect-uri, or a VippsLoginSource");
        Assert.state(users != null, "set a VippsUserMapper");
        Assert.state(startPath != null, "set vipps.login.start-path");
        Assert.state(callbackPath != null, "set vipps.login.redirect-uri or vipps.login.callback-path");
        Assert.state(!scopes.isEmpty(), "set vipps.login.scopes");
        ExceptionHandlingConfigurer<HttpSecurity> exceptions = exceptions(http);
        if (exceptions != null) exceptions.authenticationEntryPoint(new LoginUrlAuthenticationEntryPoint(startPath));
    }

    @Override
    public void configure(HttpSecurity http) {
        http.addFilterBefore(postProcess(callback(http)), UsernamePasswordAuthenticationFilter.class);
        http.addFilterBefore(
                postProcess(new VippsLoginStartFilter(this::isStart, source, scopes, failure)), VippsLoginFilter.class);
    }

    private VippsLoginFilter callback(HttpSecurity http) {
        RequestMatcher callback = request -> callbackPath.equals(request.getRequestURI());
        VippsLoginFilter filter = new VippsLoginFilter(callback, partner, users);
        // It asks none, but the class wants one.
        filter.setAuthenticationManager(http.getSharedObject(AuthenticationManager.class));
        filter.setAuthenticationSuccessHandler(success == null ? savedRequest(http) : success);
        filter.setAuthenticationFailureHandler(failure);
        filter.setSecurityContextRepository(repository(http));
        SessionAuthenticationStrategy sessions = http.getSharedObject(SessionAuthenticationStrategy.class);
        if (sessions != null) filter.setSessionAuthenticationStrategy(sessions);
        return filter;
    }

    private boolean isStart(HttpServletRequest request) {
        return "GET".equals(request.getMethod()) && request.getRequestURI().equals(request.getContextPath() + startPath);
    }

    private static AuthenticationSuccessHandler savedRequest(HttpSecurity http) {
        SavedRequestAwareAuthenticationSuccessHandler handler = new SavedRequestAwareAuthenticationSuccessHandler();
        RequestCache cache = http.getSharedObject(RequestCache.class);
        if (cache != null) handler.setRequestCache(cache);
        return handler;
    }

    private static SecurityContextRepository repository(HttpSecurity http) {
        SecurityContextRepository shared = http.getSharedObject(SecurityContextRepository.class);
        return shared != null ? shared : new DelegatingSecurityContextRepository(
                new RequestAttributeSecurityContextRepository(), new HttpSessionSecurityContextRepository());
    }

    @SuppressWarnings("unchecked")
    private static ExceptionHandlingConfigurer<HttpSecurity> exceptions(HttpSecurity http) {
        return http.getConfigurer(ExceptionHandlingConfigurer.class);
    }
}

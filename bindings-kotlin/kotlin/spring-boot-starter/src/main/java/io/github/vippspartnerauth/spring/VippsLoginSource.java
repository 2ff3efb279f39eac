package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Login;
import jakarta.servlet.http.HttpServletRequest;

/** Which merchant a login is for, in an application of several. */
@FunctionalInterface
public interface VippsLoginSource {
    /** The merchant's login, such as {@code partner.merchant(msn).login(redirectUri)}. */
    Login login(HttpServletRequest request);
}

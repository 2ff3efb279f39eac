package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.Login;
import io.github.vippspartnerauth.LoginResult;
import org.springframework.security.core.Authentication;

/** Who a person is to the application, and what they may do. */
@FunctionalInterface
public interface VippsUserMapper {
    /**
     * The authentication of a login that passed every check.
     *
     * @param login for {@link Login#userinfoBlocking}, while it is open
     */
    Authentication authentication(Login login, LoginResult result) throws InterruptedException;
}

package io.github.vippspartnerauth.spring;

import java.util.Collection;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;

/** A login with Vipps that passed every check. It holds no token. */
public final class VippsAuthentication extends AbstractAuthenticationToken {
    /** The authority of everybody who logged in with Vipps: the role {@code VIPPS_USER}. */
    public static final String AUTHORITY = "ROLE_VIPPS_USER";

    private final VippsUser user;

    /** For a user who may do this. */
    public VippsAuthentication(VippsUser user, Collection<? extends GrantedAuthority> authorities) {
        super(authorities);
        this.user = user;
        setAuthenticated(true);
    }

    @Override
    public VippsUser getPrincipal() {
        return user;
    }

    /** None are kept. */
    @Override
    public Object getCredentials() {
        return "";
    }
}

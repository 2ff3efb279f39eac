package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.IdTokenClaims;
import io.github.vippspartnerauth.LoginResult;
import io.github.vippspartnerauth.Userinfo;
import java.io.Serializable;
import java.util.List;
import org.springframework.security.core.AuthenticatedPrincipal;

/**
 * A person who logged in with Vipps.
 *
 * @param claims the checked claims of the ID token
 * @param scopes the scopes that were granted
 * @param userinfo what the person agreed to tell; {@code null} where Vipps was not asked
 */
public record VippsUser(IdTokenClaims claims, List<String> scopes, Userinfo userinfo)
        implements AuthenticatedPrincipal, Serializable {

    /** The user of a login, with what userinfo told, or {@code null}. */
    public static VippsUser of(LoginResult result, Userinfo userinfo) {
        return new VippsUser(result.getClaims(), List.copyOf(result.getScopes()), userinfo);
    }

    /** The person, as this sales unit knows them: another MSN gets another value for the same person. */
    @Override
    public String getName() {
        return claims.getSub();
    }

    /** The sales unit that the person logged in at. */
    public String getMsn() {
        return claims.getMsn();
    }

    /** Nothing personal. */
    @Override
    public String toString() {
        return "VippsUser(" + claims + ")";
    }
}

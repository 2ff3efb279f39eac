package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.VippsAuthException;
import org.springframework.security.core.AuthenticationException;

/** A login with Vipps that did not go through. Its cause says why. */
public class VippsLoginException extends AuthenticationException {
    VippsLoginException(VippsAuthException cause) {
        super(cause.getMessage(), cause);
    }

    VippsLoginException(String text, Throwable cause) {
        super(text, cause);
    }

    /** Why it failed, such as {@code denied}; {@code null} where something else than the login went wrong. */
    public String getReason() {
        return getCause() instanceof VippsAuthException cause ? cause.getReason() : null;
    }

    /** Whether the browser may come back with the same address once more. */
    public boolean isRetryable() {
        return getCause() instanceof VippsAuthException cause && cause.getRetryable();
    }
}

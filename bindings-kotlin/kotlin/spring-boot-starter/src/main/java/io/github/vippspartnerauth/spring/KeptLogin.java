package io.github.vippspartnerauth.spring;

import io.github.vippspartnerauth.LoginRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;

/** The login that is under way in a session, one at a time: it is good for one callback. */
final class KeptLogin {
    private static final String NAME = LoginRequest.class.getName();

    private KeptLogin() {}

    static void keep(LoginRequest login, HttpServletRequest request) {
        request.getSession().setAttribute(NAME, login.toJson());
    }

    /** Fails as for a callback out of nowhere where there is none. */
    static LoginRequest take(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        Object kept = session == null ? null : session.getAttribute(NAME);
        if (kept != null) session.removeAttribute(NAME);
        return LoginRequest.fromJson(kept instanceof String json ? json : "");
    }
}

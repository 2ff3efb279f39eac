package com.example.shop;

import io.github.vippspartnerauth.Login;
import io.github.vippspartnerauth.LoginRequest;
import io.github.vippspartnerauth.LoginResult;
import io.github.vippspartnerauth.VippsAuthException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.net.URI;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Login in the browser. */
@RestController
class LoginController {
    private final Login login;

    LoginController(Login login) {
        this.login = login;
    }

    /** Sends the browser to Vipps; what its answer will be checked against stays in the session. */
    @GetMapping("/login")
    ResponseEntity<Void> start(HttpSession session) throws InterruptedException {
        LoginRequest request = login.startBlocking(List.of("openid", "name"));
        session.setAttribute("login", request.toJson());
        return ResponseEntity.status(HttpStatus.FOUND).location(URI.create(request.getUrl())).build();
    }

    /** The browser is back. */
    @GetMapping("/callback")
    String finish(HttpServletRequest callback) throws InterruptedException {
        String url = callback.getRequestURI() + "?" + callback.getQueryString();
        LoginResult result = login.finishBlocking(url, taken(callback.getSession()));
        callback.changeSessionId();
        callback.getSession().setAttribute("user", result.getClaims().getSub());
        return "Welcome, " + login.userinfoBlocking(result).getName();
    }

    /** Each request is good for one callback. */
    private static LoginRequest taken(HttpSession session) {
        String kept = (String) session.getAttribute("login");
        session.removeAttribute("login");
        return LoginRequest.fromJson(kept == null ? "" : kept);
    }

    @ExceptionHandler
    ResponseEntity<String> refused(VippsAuthException error) {
        HttpStatus status = error.getRetryable() ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.FORBIDDEN;
        return ResponseEntity.status(status).body("The login failed. " + error.getCode());
    }
}

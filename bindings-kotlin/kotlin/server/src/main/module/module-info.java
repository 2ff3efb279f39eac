/** Tokens, headers, Login and ID-token checks for Vipps MobilePay partners. */
module io.github.vippspartnerauth {
    requires transitive java.net.http;
    requires transitive kotlin.stdlib;
    requires java.logging;
    requires kotlinx.coroutines.core;
    requires com.sun.jna;
    // For those who use these clients.
    requires static okhttp3;
    requires static okio;
    requires static io.ktor.client.core;
    requires static io.ktor.http;
    requires static io.ktor.utils;

    exports io.github.vippspartnerauth;

    // It finds members by their names.
    opens io.github.vippspartnerauth to com.sun.jna;
    opens io.github.vippspartnerauth.ffi to com.sun.jna;
}

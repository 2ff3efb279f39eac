/** ID-token checks and callbacks of Vipps Login, for apps. */
module io.github.vippspartnerauth.app {
    requires transitive kotlin.stdlib;
    requires java.logging;
    requires kotlinx.coroutines.core;
    requires com.sun.jna;

    exports io.github.vippspartnerauth;

    // It finds members by their names.
    opens io.github.vippspartnerauth to com.sun.jna;
    opens io.github.vippspartnerauth.ffi to com.sun.jna;
}

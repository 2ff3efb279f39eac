//! How the shared library is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A class loader that is closed unloads its libraries, but the worker thread lives on in this one's code.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux" || os == "android") {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}

//! How the shared library is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if os == "android" {
        // Newer devices have pages of 16 KB and load nothing that is aligned for less.
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,max-page-size=16384");
    }
    // A class loader that is closed unloads its libraries, but the worker thread lives on in this one's code.
    if os == "linux" || os == "android" {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}

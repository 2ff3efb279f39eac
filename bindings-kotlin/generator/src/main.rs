//! Writes the Kotlin and Swift code that calls the native library. A crate of its own, so that the library is not built
//! with what only this program needs.
#![forbid(unsafe_code)]

fn main() {
    uniffi::uniffi_bindgen_main();
}

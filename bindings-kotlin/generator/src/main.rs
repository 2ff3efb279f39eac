//! Writes the Kotlin or Swift code that calls a native library: `bindings-generator kotlin|swift LIBRARY FOLDER`.
//!
//! A crate of its own, so that the library is not built with what only this program needs. Without the generator's own
//! command line, which is a third more to build.
#![forbid(unsafe_code)]

use std::{env, error::Error};

use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [language, library, folder] = words.as_slice() else {
        return Err("usage: bindings-generator kotlin|swift LIBRARY FOLDER".into());
    };
    generate(GenerateOptions {
        languages: vec![target(language)?],
        source: library.into(),
        out_dir: folder.into(),
        config_override: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/crates.toml").into()),
        ..GenerateOptions::default()
    })?;
    Ok(())
}

fn target(language: &str) -> Result<TargetLanguage, Box<dyn Error>> {
    match language {
        "kotlin" => Ok(TargetLanguage::Kotlin),
        "swift" => Ok(TargetLanguage::Swift),
        other => Err(format!("neither kotlin nor swift: {other}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_are_refused() {
        assert!(matches!(target("kotlin"), Ok(TargetLanguage::Kotlin)));
        assert!(matches!(target("swift"), Ok(TargetLanguage::Swift)));
        assert!(target("ruby").is_err());
    }
}

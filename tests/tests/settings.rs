//! What the core says of its settings stands in the sources of every language and in the guide.

use tests::settings;

#[test]
fn every_language_says_of_a_setting_what_the_core_says() {
    let files = settings::files().expect("sources of all languages");
    let stale: Vec<_> = files.iter().filter(|file| file.found != file.wanted).map(|file| file.path.display()).collect();
    assert!(stale.is_empty(), "`cargo run -p tests --bin make-settings` is due for {stale:?}");
}

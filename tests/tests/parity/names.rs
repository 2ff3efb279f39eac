//! One spelling for the names of all languages.

/// Twins of a method for who waits in another way.
const TWINS: [&str; 3] = ["_async", "_blocking", "_in_background"];
/// Words in front that a language puts there by its own custom.
const CUSTOMS: [&str; 3] = ["is_", "with_", "set_"];
/// The same thing by the custom of each language.
const SAME: [(&str, &str); 8] = [
    ("to_json", "json"),
    ("to_dict", "json"),
    ("from_json", "json"),
    ("encode", "json"),
    ("members", "json"),
    ("from_environment", "from_env"),
    ("carried_by", "in"),
    ("withheld", "headers_withheld"),
];

/// In the style of Rust and Python, without what is custom alone.
pub(crate) fn plain(name: &str) -> String {
    let snake = snake(name);
    let name = TWINS.iter().find_map(|twin| snake.strip_suffix(twin)).unwrap_or(&snake);
    let name = CUSTOMS.iter().find_map(|custom| name.strip_prefix(custom)).unwrap_or(name);
    SAME.iter().find(|(one, _)| *one == name).map_or(name, |(_, other)| other).to_owned()
}

fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let follows_lower = before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
        let ends_a_run = before.is_some_and(|before| before.is_ascii_uppercase())
            && letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (follows_lower || ends_a_run) {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

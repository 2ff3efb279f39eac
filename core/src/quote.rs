//! What a caller gave, as an error may repeat it.

/// Longer ones are cut: the beginning says enough.
const LONGEST: usize = 60;

/// A value between backticks, cut to a sane length, with everything escaped that does not show: control characters,
/// white space other than the blank, characters without width or with another direction.
pub(crate) fn quoted(value: &str) -> String {
    let shown: String = value.chars().take(LONGEST).map(visible).collect();
    let cut = if value.chars().nth(LONGEST).is_some() { "..." } else { "" };
    format!("`{shown}{cut}`")
}

/// A URL without what may be a secret: nothing behind a `?` or a `#`, and nothing at all where a user may be named.
pub(crate) fn quoted_url(url: &str) -> Option<String> {
    let place = url.split(['?', '#']).next().unwrap_or_default();
    (!url.contains('@')).then(|| quoted(place))
}

fn visible(sign: char) -> String {
    match sign {
        '\'' | '"' | '\\' => sign.to_string(),
        '`' => "\\`".to_owned(),
        other => other.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_escaped() {
        for (value, shown) in [
            ("", "``"),
            ("123456 ", "`123456 `"),
            ("a\r\nX: 1\0", "`a\\r\\nX: 1\\0`"),
            ("a\u{a0}b\u{feff}\u{202e}c\u{200b}\u{2028}", "`a\\u{a0}b\\u{feff}\\u{202e}c\\u{200b}\\u{2028}`"),
            ("a`b", "`a\\`b`"),
            ("\"a' https:\\\\b", "`\"a' https:\\\\b`"),
            ("blåbær ✓", "`blåbær ✓`"),
        ] {
            assert_eq!(quoted(value), shown);
        }
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(quoted(&"å".repeat(60)), format!("`{}`", "å".repeat(60)));
        assert_eq!(quoted(&"å".repeat(61)), format!("`{}...`", "å".repeat(60)));
        assert!(quoted(&"\u{1}".repeat(1_000_000)).len() < 400);
    }

    #[test]
    fn of_a_url_no_user_and_no_query_is_shown() {
        for (url, shown) in [
            ("https://shop.example/a?code=c#f", Some("`https://shop.example/a`")),
            ("https://shop.example/#f?a", Some("`https://shop.example/`")),
            ("https://user:password@shop.example/", None),
            ("https://shop.example/?mail=a@b", None),
        ] {
            assert_eq!(quoted_url(url).as_deref(), shown, "{url}");
        }
    }
}

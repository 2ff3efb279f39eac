//! The one mechanism by which small choices get their words: in JSON, in configuration files, in the description and in
//! other languages.

use std::io;

use serde_json::{Value, json};

use crate::fault::invalid_input;

/// Declares an enum of plain choices together with the word for each. With `default`, that choice is the default.
macro_rules! words {
    (
        $what:literal $(, default $default:ident)?;
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $name {
            $($(#[doc = $doc])+ #[doc = concat!("\n\nThe word for it is `", $word, "`.")] $variant),+
        }

        impl $name {
            /// Every choice, in order.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it, the same in JSON, in configuration files and in other languages.
            $vis const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        $(impl Default for $name {
            fn default() -> Self {
                Self::$default
            }
        })?

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::io::Error;

            /// Reads a word; anything else is [`InvalidInput`](std::io::ErrorKind::InvalidInput).
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|choice| choice.code() == word);
                found.ok_or_else(|| $crate::words::no_such_word($what, &[$($word),+]))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&$crate::words::value(self.code()), serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let given = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                let word = $crate::words::text(&given).unwrap_or_default();
                word.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::words::schema($what, &[$(($word, concat!($($doc, "\n"),+))),+])
            }
        }
    };
}
pub(crate) use words;

/// A word as JSON has it; one of digits is a number there.
pub(crate) fn value(word: &str) -> Value {
    word.parse::<u64>().map_or_else(|_| json!(word), |number| json!(number))
}

/// The word that a JSON value stands for.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Names the choices, and not what was given in their place: that may be a secret that slipped.
pub(crate) fn no_such_word(what: &str, words: &[&str]) -> io::Error {
    invalid_input(&format!("no such {what}: must be one of {}", words.join(", ")))
}

/// The choices, each with what it means.
pub(crate) fn schema(what: &str, words: &[(&str, &str)]) -> schemars::Schema {
    let meaning = |(word, doc): &(&str, &str)| {
        let doc: Vec<&str> = doc.split_whitespace().collect();
        json!({ "const": value(word), "description": doc.join(" ") })
    };
    let choices: Vec<Value> = words.iter().map(meaning).collect();
    schemars::json_schema!({ "title": what, "oneOf": choices })
}

#[cfg(test)]
mod tests {
    use crate::choices::{Mode, RsaBits};

    #[test]
    fn words_go_both_ways() {
        assert_eq!("test".parse::<Mode>().expect("a mode"), Mode::Test);
        assert_eq!(serde_json::to_string(&Mode::Test).expect("JSON"), r#""test""#);
        assert_eq!(serde_json::from_str::<Mode>(r#""production""#).expect("a mode"), Mode::default());
        for given in ["2048", r#""2048""#] {
            assert_eq!(serde_json::from_str::<RsaBits>(given).expect("a size"), RsaBits::Bits2048);
        }
        assert_eq!(serde_json::to_string(&RsaBits::Bits4096).expect("JSON"), "4096");
    }

    #[test]
    fn another_word_is_refused_with_the_choices_and_without_itself() {
        for given in [r#""Test""#, "true", "null", r#"["test"]"#, "7"] {
            let refusal = serde_json::from_str::<Mode>(given).expect_err(given).to_string();
            assert!(refusal.contains("no such mode: must be one of production, test"), "{refusal}");
        }
        assert!(!"s3cret".parse::<Mode>().expect_err("no mode").to_string().contains("s3cret"));
    }
}

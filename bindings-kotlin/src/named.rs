//! Values by the names that they have in the core, as they come from the other language.

use std::{collections::HashMap, fmt};

use serde_json::{Number, Value};

/// A value that has a name.
#[derive(Clone, uniffi::Enum)]
pub enum NamedValue {
    /// A text, a word, or PEM.
    Text {
        /// The text.
        text: String,
    },
    /// A span of time.
    Span {
        /// Its length.
        seconds: f64,
    },
    /// A switch.
    Flag {
        /// Whether it is on.
        is_on: bool,
    },
    /// Several texts.
    Texts {
        /// All of them.
        texts: Vec<String>,
    },
}

/// As the core reads them.
pub(crate) fn values(named: HashMap<String, NamedValue>) -> impl Iterator<Item = (String, Value)> {
    named.into_iter().map(|(name, value)| (name, value.into()))
}

/// Without the value, which may be a secret.
impl fmt::Debug for NamedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamedValue")
    }
}

impl From<NamedValue> for Value {
    fn from(value: NamedValue) -> Self {
        match value {
            NamedValue::Text { text } => text.into(),
            // JSON has no number for what is none; the core refuses it as a text.
            NamedValue::Span { seconds } => {
                Number::from_f64(seconds).map_or_else(|| seconds.to_string().into(), Self::Number)
            }
            NamedValue::Flag { is_on } => is_on.into(),
            NamedValue::Texts { texts } => texts.into(),
        }
    }
}

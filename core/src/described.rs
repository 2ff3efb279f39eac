//! Values with names that every language has, described in one place: as a struct of Rust, and as a list from which the other
//! languages are served and documented.

use std::time::Duration;

use serde_json::Value;

use crate::{
    environment::Environment,
    error::{Error, ErrorKind, Result},
    msn::Msn,
    quote::quoted,
    secret::Secret,
};

/// What a value is, for languages that have types of their own for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An [`Environment`], as a text.
    Environment,
    /// A span of time, as a number of seconds.
    Span,
    /// A text.
    Text,
    /// A merchant serial number, as a text.
    Msn,
    /// A text in PEM. What is no UTF-8 in its comments may be replaced by anything.
    Pem,
    /// True or false.
    Flag,
    /// Several texts.
    Texts,
    /// One of a few words.
    Word {
        /// What the type with these words is called.
        name: &'static str,
        /// The words.
        words: &'static [&'static str],
    },
}

/// A value by its name.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its name, in the style of Rust and Python.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
}

/// Declares a struct of optional values that can be read by name, for a type that has members of the same names. The documentation
/// of each is what all languages say of it: what it is in short, more where more is to be said, and a last paragraph that begins
/// with `Default:`.
macro_rules! described {
    (
        $what:literal
        $(#[$meta:meta])*
        pub struct $type:ident for $target:ident {
            $($(#[doc = $text:literal])* pub $member:ident: $value:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default)]
        pub struct $type {
            $($(#[doc = $text])* pub $member: Option<$value>,)*
        }

        $crate::described::read_by_name! { $what $type $($(#[doc = $text])* $member: $value,)* }

        /// The names of those that are there, without their values: some are secrets.
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let names = [$(self.$member.is_some().then_some(stringify!($member))),*];
                f.write_str(stringify!($type))?;
                f.debug_set().entries(names.into_iter().flatten()).finish()
            }
        }

        impl From<$type> for $target {
            fn from(values: $type) -> Self {
                let mut made = Self::default();
                $(if let Some(value) = values.$member {
                    made.$member = value.into();
                })*
                made
            }
        }
    };
}
pub(crate) use described;

/// Declares what may be said with a call, all of it optional: a struct with a method for each member, which can be read by name as
/// well. Documented as in [`described!`].
macro_rules! options {
    (
        $what:literal
        $(#[$meta:meta])*
        pub struct $type:ident {
            $($(#[doc = $text:literal])* $member:ident: $value:ident,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default)]
        pub struct $type {
            $(pub(crate) $member: Option<$value>,)*
        }

        impl $type {
            $($crate::described::setter! { $(#[doc = $text])* $member $value })*
        }

        $crate::described::read_by_name! { $what $type $($(#[doc = $text])* $member: $value,)* }
    };
}
pub(crate) use options;

/// Texts are taken in any form that they have in Rust.
macro_rules! setter {
    ($(#[$meta:meta])* $member:ident String) => {
        $(#[$meta])*
        pub fn $member(mut self, $member: impl Into<String>) -> Self {
            self.$member = Some($member.into());
            self
        }
    };
    ($(#[$meta:meta])* $member:ident $value:ident) => {
        $(#[$meta])*
        pub fn $member(mut self, $member: $value) -> Self {
            self.$member = Some($member);
            self
        }
    };
}
pub(crate) use setter;

/// The members of a struct as a list, and the way to make one of values that have names.
macro_rules! read_by_name {
    ($what:literal $type:ident $($(#[doc = $text:literal])* $member:ident: $value:ty,)*) => {
        impl $type {
            /// All of them.
            #[doc(hidden)]
            pub const MEMBERS: &'static [$crate::described::Member] = &[$($crate::described::Member {
                name: stringify!($member),
                kind: <$value as $crate::described::Named>::KIND,
            },)*];

            /// What is said of each, in the same order: apart, so that no package carries it.
            #[doc(hidden)]
            pub const TEXTS: &'static [&'static str] = &[$(concat!($($text, "\n"),*),)*];

            /// What a value of this name is; `None` where there is no such name.
            #[doc(hidden)]
            pub fn kind_of(name: &str) -> Option<$crate::described::Kind> {
                Self::MEMBERS.iter().find(|member| member.name == name).map(|member| member.kind)
            }

            /// Takes values by their names. `null` is the same as not there. A wrong one is `InvalidConfig` and is named by
            /// `field`, and so is a name that does not exist, in the text.
            pub fn read(values: impl IntoIterator<Item = (String, serde_json::Value)>) -> $crate::error::Result<Self> {
                let mut read = Self::default();
                for (name, value) in values {
                    match name.as_str() {
                        $(stringify!($member) => {
                            read.$member = $crate::described::given(stringify!($member), value)?;
                        })*
                        _ => return Err($crate::described::unknown($what, &name)),
                    }
                }
                Ok(read)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let values: serde_json::Map<String, serde_json::Value> = serde::Deserialize::deserialize(from)?;
                Self::read(values).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use read_by_name;

/// A value that knows how it is written in JSON.
pub(crate) trait Named: Sized {
    const KIND: Kind;

    /// Refused under this name.
    fn parse(name: &'static str, value: Value) -> Result<Self>;
}

pub(crate) fn given<T: Named>(name: &'static str, value: Value) -> Result<Option<T>> {
    if value.is_null() { Ok(None) } else { T::parse(name, value).map(Some) }
}

pub(crate) fn unknown(what: &str, name: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("there is no {what} {}", quoted(name)))
}

/// Taken over without a copy: it may be a secret.
pub(crate) fn text(name: &'static str, value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Error::breaks_rule(name, "must be a text")),
    }
}

/// A span of time of so many seconds, or the rule that the number breaks: for whoever can write down one that is none.
pub fn span(seconds: f64) -> Result<Duration, &'static str> {
    Duration::try_from_secs_f64(seconds).ok().filter(|span| *span <= LONGEST).ok_or(NO_SPAN)
}

const NO_SPAN: &str = "must be a span of time, not below zero and not endless";
/// More than anybody means: sums with it stay far from what a clock can hold.
const LONGEST: Duration = Duration::from_secs(1_000_000_000 * 24 * 60 * 60);

impl Named for Environment {
    const KIND: Kind = Kind::Environment;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        text(name, value)?.parse()
    }
}

impl Named for Duration {
    const KIND: Kind = Kind::Span;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        value.as_f64().ok_or(NO_SPAN).and_then(span).map_err(|rule| {
            let shown = value.as_str().map_or_else(|| format!("{value}s"), str::to_owned);
            Error::breaks_rule(name, rule).with_value(&shown)
        })
    }
}

impl Named for String {
    const KIND: Kind = Kind::Text;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        text(name, value)
    }
}

impl Named for Msn {
    const KIND: Kind = Kind::Msn;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        text(name, value)?.parse()
    }
}

impl Named for Secret {
    const KIND: Kind = Kind::Text;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        text(name, value).map(Self::new)
    }
}

impl Named for Vec<u8> {
    const KIND: Kind = Kind::Pem;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        text(name, value).map(String::into_bytes)
    }
}

impl Named for bool {
    const KIND: Kind = Kind::Flag;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        value.as_bool().ok_or_else(|| Error::breaks_rule(name, "must be true or false"))
    }
}

impl Named for Vec<String> {
    const KIND: Kind = Kind::Texts;

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        match value {
            Value::Array(list) => list.into_iter().map(|one| text(name, one)).collect(),
            _ => Err(Error::breaks_rule(name, "must be a list of texts")),
        }
    }
}

/// A type of a few words, which it reads itself.
macro_rules! word {
    ($type:ident: $($word:ident)*) => {
        impl $crate::described::Named for $type {
            const KIND: $crate::described::Kind =
                $crate::described::Kind::Word { name: stringify!($type), words: &[$(Self::$word.as_str()),*] };

            fn parse(name: &'static str, value: serde_json::Value) -> $crate::error::Result<Self> {
                $crate::described::text(name, value)?.parse()
            }
        }
    };
}
pub(crate) use word;

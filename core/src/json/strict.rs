//! JSON read strictly: an object whose members come once each, and values that are judged one by one.

use std::{borrow::Cow, fmt, marker::PhantomData};

use memchr::memchr;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use smallvec::SmallVec;

/// The text of one JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// The value, if it is a string. Borrowed where it holds no escapes.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if memchr(b'\\', inner.as_bytes()).is_some() {
            return serde_json::from_str(self.0).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(inner))
    }

    pub(crate) fn is_text(self, expected: &str) -> bool {
        self.text().is_some_and(|text| text == expected)
    }

    /// The value, if it is a finite number.
    pub(crate) fn number(self) -> Option<f64> {
        let is_number = self.0.starts_with(|first: char| first.is_ascii_digit() || first == '-');
        if !is_number {
            return None;
        }
        self.0.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The digits, if it is an integer of nothing else.
    pub(crate) fn digits(self) -> Option<&'a str> {
        self.0.bytes().all(|byte| byte.is_ascii_digit()).then_some(self.0)
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The members, if it is an array.
    pub(crate) fn array(self) -> Option<Vec<Self>> {
        let members: Vec<&'a RawValue> = serde_json::from_str(self.0).ok()?;
        Some(members.into_iter().map(|member| Json(member.get())).collect())
    }
}

/// A place for the members of an object.
pub(crate) trait Places<'a>: Default {
    /// Where a member of this name goes; `None` for a name that is of no interest.
    fn place(&mut self, name: &str) -> Option<&mut Option<Json<'a>>>;
}

/// Of no member any interest; what remains is whether it is an object with distinct members.
impl<'a> Places<'a> for () {
    fn place(&mut self, _name: &str) -> Option<&mut Option<Json<'a>>> {
        None
    }
}

/// Reads an object. Two readers must never see two different values, so a member that comes twice, of interest or not,
/// also when written with escapes, makes it no object at all.
pub(crate) fn object<'a, P: Places<'a>>(json: &'a str) -> Option<P> {
    serde_json::from_str::<Distinct<'a, P>>(json).ok().map(|object| object.places)
}

/// Reads a structure from an object alone: what serde derives takes the members in an array, too.
pub(crate) fn structure<T: for<'de> Deserialize<'de>>(json: &str) -> Option<T> {
    serde_json::from_str::<Structure<T>>(json).ok().map(|structure| structure.0)
}

struct Structure<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Structure<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a json object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Object(PhantomData)).map(Self)
    }
}

struct Distinct<'a, P> {
    places: P,
    /// The names of all others. Most tokens have few, and those cost no allocation.
    others: SmallVec<[Cow<'a, str>; FEW]>,
}

impl<'a, P: Places<'a>> Distinct<'a, P> {
    /// Whether the member was the first of its name.
    fn add(&mut self, name: Cow<'a, str>, value: Json<'a>) -> bool {
        if let Some(place) = self.places.place(&name) {
            return place.replace(value).is_none();
        }
        // While there are few, comparing each with each is quicker than sorting.
        let first = self.others.len() >= FEW || !self.others.contains(&name);
        self.others.push(name);
        first
    }

    fn others_are_distinct(&mut self) -> bool {
        if self.others.len() <= FEW {
            return true;
        }
        self.others.sort_unstable();
        self.others.windows(2).all(|pair| pair[0] != pair[1])
    }
}

const FEW: usize = 16;

impl<'de, P: Places<'de>> Deserialize<'de> for Distinct<'de, P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<P>(PhantomData<P>);

        impl<'de, P: Places<'de>> Visitor<'de> for Object<P> {
            type Value = Distinct<'de, P>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a json object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut object = Distinct { places: P::default(), others: SmallVec::new() };
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    if !object.add(name, Json(value.get())) {
                        return Err(A::Error::custom("a member comes twice"));
                    }
                }
                if object.others_are_distinct() { Ok(object) } else { Err(A::Error::custom("a member comes twice")) }
            }
        }

        deserializer.deserialize_map(Object(PhantomData))
    }
}

/// The name of a member, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Msn<'a>(Option<Json<'a>>);

    impl<'a> Places<'a> for Msn<'a> {
        fn place(&mut self, name: &str) -> Option<&mut Option<Json<'a>>> {
            (name == "msn").then_some(&mut self.0)
        }
    }

    /// The text of `msn`, where the rest is an object: empty when there is none.
    fn msn(json: &str) -> Option<&str> {
        object::<Msn<'_>>(json).map(|places| places.0.map_or("", |msn| msn.0))
    }

    #[test]
    fn members_go_to_their_places() {
        assert_eq!(msn(r#" {"a": 1, "msn": "1", "b": null} "#), Some("\"1\""));
        assert_eq!(msn(r#"{"msn": null}"#), Some("null"));
        assert_eq!(msn("{}"), Some(""));
    }

    #[test]
    fn a_member_must_not_come_twice_however_it_is_written() {
        for json in [
            r#"{"msn": "1", "msn": "1"}"#,
            r#"{"msn": "1", "\u006dsn": "2"}"#,
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": 1, "\u0061": 2}"#,
        ] {
            assert_eq!(msn(json), None, "{json}");
        }
        let many: Vec<_> = (0..100).map(|index| format!(r#""m{index}":0"#)).collect();
        assert!(msn(&format!("{{{}}}", many.join(","))).is_some());
        assert!(msn(&format!(r#"{{{},"m7":0}}"#, many.join(","))).is_none());
        assert!(msn(&format!(r#"{{{},"m99":0}}"#, many.join(","))).is_none());
    }

    #[test]
    fn only_an_object_is_an_object() {
        for json in ["", "[]", "null", "1", "\"x\"", "{", "{}x", "{\"a\":}", "{\"a\":1,}"] {
            assert_eq!(msn(json), None, "{json}");
        }
    }

    #[test]
    fn a_structure_is_read_from_an_object_alone() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Pair {
            a: u8,
            b: u8,
        }
        assert_eq!(structure(r#"{"b": 2, "a": 1, "c": 3}"#), Some(Pair { a: 1, b: 2 }));
        for json in ["[1, 2]", r#"{"a": 1}"#, r#"{"a": 1, "b": 2} x"#, r#"{"a": 1, "a": 1, "b": 2}"#, "null"] {
            assert_eq!(structure::<Pair>(json), None, "{json}");
        }
    }

    #[test]
    fn numbers_are_finite_json_numbers() {
        assert_eq!((Json("1.5").number(), Json("-3e2").number()), (Some(1.5), Some(-300.0)));
        for json in ["1e999", "\"1\"", "null", "true", "[1]", "inf", "NaN"] {
            assert_eq!(Json(json).number(), None, "{json}");
        }
    }

    #[test]
    fn strings_are_read_with_their_escapes() {
        assert_eq!(Json(r#""a\u0062""#).text().as_deref(), Some("ab"));
        assert!(Json("\"ab\"").is_text("ab"));
        for json in ["ab", "1", "null", "[\"ab\"]"] {
            assert_eq!(Json(json).text(), None, "{json}");
        }
    }
}

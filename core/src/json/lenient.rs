//! JSON read leniently: one odd byte or member costs that member and nothing else.

use std::{borrow::Cow, ops::Deref};

use memchr::{memchr, memchr2};
use serde_json::{Map, Number, Value, value::RawValue};
use zeroize::Zeroize;

use super::strict::object;

/// The JSON of a reply, whatever is odd about it. Wiped from memory when dropped, since it may hold a token.
///
/// A byte order mark is skipped. Bytes that are no UTF-8 and halves of surrogate pairs become U+FFFD; control characters
/// may stand in a text. A member whose value is no JSON is left out (in an array it is null); of two members of one name
/// the last counts; what follows the document is not looked at. What is no JSON at all, or is cut off, is null.
#[derive(derive_more::Debug)]
#[debug("Document(***)")]
pub(crate) struct Document(Value);

/// As deep as a value may be nested: any JSON reader gets there, and no honest reply does.
const DEEPEST: usize = 64;
/// Up to here a double holds every whole number (`Number.MAX_SAFE_INTEGER` of JavaScript).
const LARGEST_WHOLE: u64 = (1 << 53) - 1;

impl Document {
    /// For what is judged here. A number that no double comes near is left out, and what is too deep is null.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self::of_bytes(bytes, Unwieldy::Dropped)
    }

    /// For what is handed on. A value that not every language can hold is a text, namely its JSON: a whole number beyond
    /// ±(2^53 − 1), a number too large for a double, and an array or object more than 64 levels deep.
    pub(crate) fn read_for_all(bytes: &[u8]) -> Self {
        Self::of_bytes(bytes, Unwieldy::Text)
    }

    /// For what decides whom to trust: an object of well-formed JSON with no member twice, so that all read it alike.
    pub(crate) fn read_object(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        object::<()>(text).map(|()| Self::of(text, Unwieldy::Dropped))
    }

    fn of_bytes(bytes: &[u8], unwieldy: Unwieldy) -> Self {
        let mut text = String::from_utf8_lossy(bytes);
        let document = Self::of(text.trim_start_matches(is_in_front), unwieldy);
        if let Cow::Owned(text) = &mut text {
            text.zeroize();
        }
        document
    }

    fn of(text: &str, unwieldy: Unwieldy) -> Self {
        Self(Reader { text, at: 0, unwieldy }.value(DEEPEST).unwrap_or_default())
    }

    /// Takes a member that is a text, without leaving a copy of it.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        match self.0.get_mut(name)? {
            Value::String(text) => Some(std::mem::take(text)),
            _ => None,
        }
    }

    pub(crate) fn into_value(mut self) -> Value {
        std::mem::take(&mut self.0)
    }

    pub(crate) fn into_object(mut self) -> Option<Map<String, Value>> {
        match std::mem::take(&mut self.0) {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// Signed JSON as every language reads it alike, see [`Document::read_for_all`]. Nearly always it is so already.
pub(crate) fn readable(json: String) -> String {
    if is_plain(&json) { json } else { Document::of(&json, Unwieldy::Text).to_string() }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

fn is_in_front(char: char) -> bool {
    char == BYTE_ORDER_MARK || char.is_whitespace()
}

impl Deref for Document {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It is no JSON; what stands beside it may be.
    Odd,
    /// The text ends, or closes what is not open, before the value does.
    Cut,
}

/// What becomes of a value that not every language can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unwieldy {
    Dropped,
    Text,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    unwieldy: Unwieldy,
}

impl Reader<'_> {
    /// The value that begins here. Arrays and objects within it are read to this depth.
    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        match self.next_mark()? {
            b'{' | b'[' if depth == 0 => self.nested(),
            b'{' => self.object(depth - 1),
            b'[' => self.array(depth - 1),
            b'"' => self.string().map(Value::String),
            _ => self.literal(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut members = Map::new();
        self.at += 1;
        loop {
            match self.next_mark()? {
                b'}' => break,
                b',' => self.at += 1,
                b']' => return Err(Fault::Cut),
                _ => match self.member(depth) {
                    Ok((name, value)) => drop(members.insert(name, value)),
                    Err(Fault::Odd) => self.skip()?,
                    Err(Fault::Cut) => return Err(Fault::Cut),
                },
            }
        }
        self.at += 1;
        Ok(Value::Object(members))
    }

    fn member(&mut self, depth: usize) -> Result<(String, Value), Fault> {
        if self.next_mark()? != b'"' {
            return Err(Fault::Odd);
        }
        let name = self.string()?;
        if self.next_mark()? != b':' {
            return Err(Fault::Odd);
        }
        self.at += 1;
        Ok((name, self.whole(depth)?))
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            match self.next_mark()? {
                b']' => break,
                b',' => self.at += 1,
                b'}' => return Err(Fault::Cut),
                _ => match self.whole(depth) {
                    Ok(item) => items.push(item),
                    Err(Fault::Odd) => {
                        items.push(Value::Null);
                        self.skip()?;
                    }
                    Err(Fault::Cut) => return Err(Fault::Cut),
                },
            }
        }
        self.at += 1;
        Ok(Value::Array(items))
    }

    /// A value that nothing but its end follows: what stands before a comma or bracket.
    fn whole(&mut self, depth: usize) -> Result<Value, Fault> {
        let value = self.value(depth)?;
        match self.next_mark()? {
            b',' | b'}' | b']' => Ok(value),
            _ => Err(Fault::Odd),
        }
    }

    /// What is too deep to be read.
    fn nested(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        self.skip()?;
        Ok(match self.unwieldy {
            Unwieldy::Dropped => Value::Null,
            Unwieldy::Text => self.text[start..self.at].trim_end().into(),
        })
    }

    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at + 1;
        self.skip_string()?;
        Ok(unescaped(&self.text[start..self.at - 1]))
    }

    fn literal(&mut self) -> Result<Value, Fault> {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(ends_literal).unwrap_or(rest.len())];
        self.at += word.len();
        match word {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => number(word, self.unwieldy).ok_or(Fault::Odd),
        }
    }

    /// Goes on to the comma or bracket that ends what is here, however deep that is.
    fn skip(&mut self) -> Result<(), Fault> {
        let mut depth = 0_usize;
        while let Some(byte) = self.byte() {
            match byte {
                b',' | b'}' | b']' if depth == 0 => break,
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        if depth == 0 { Ok(()) } else { Err(Fault::Cut) }
    }

    fn skip_string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            let found = memchr2(b'"', b'\\', &self.text.as_bytes()[self.at..]).ok_or(Fault::Cut)?;
            self.at += found + 1;
            if self.text.as_bytes()[self.at - 1] == b'"' {
                return Ok(());
            }
            // Whatever is escaped, if it is whole: it may be a character of several bytes.
            self.at += self.text[self.at..].chars().next().ok_or(Fault::Cut)?.len_utf8();
        }
    }

    /// The next byte that is no white space.
    fn next_mark(&mut self) -> Result<u8, Fault> {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.byte().ok_or(Fault::Cut)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

fn ends_literal(char: char) -> bool {
    char.is_ascii_whitespace() || matches!(char, ',' | ':' | '"' | '{' | '}' | '[' | ']')
}

fn number(word: &str, unwieldy: Unwieldy) -> Option<Value> {
    let begins = word.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if !begins || serde_json::from_str::<&RawValue>(word).is_err() {
        return None;
    }
    let is_whole = !word.contains(['.', 'e', 'E']);
    let number = if is_whole { whole(word).or_else(|| double(word)) } else { double(word) };
    match unwieldy {
        Unwieldy::Dropped => number.map(Value::Number),
        Unwieldy::Text => {
            // Fractions are rounded by all readers alike, whole numbers by some.
            let held = number.filter(|number| !is_whole || number.as_i64().is_some_and(is_exact_everywhere));
            Some(held.map_or_else(|| word.into(), Value::Number))
        }
    }
}

fn whole(word: &str) -> Option<Number> {
    word.parse::<i64>().map(Number::from).or_else(|_| word.parse::<u64>().map(Number::from)).ok()
}

/// Read by Rust, which rounds as other languages do; `serde_json` may miss the last digit.
fn double(word: &str) -> Option<Number> {
    word.parse().ok().and_then(Number::from_f64)
}

fn is_exact_everywhere(whole: i64) -> bool {
    whole.unsigned_abs() <= LARGEST_WHOLE
}

/// A text without its escapes. One that is none stands for its letters.
fn unescaped(raw: &str) -> String {
    // Room for all, so that no part of a secret is left behind where the text has grown.
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some((char, length)) = escaped(rest) {
            text.push(char);
            rest = &rest[length..];
        }
    }
    text + rest
}

/// The character that is escaped so, and the length of its escape.
fn escaped(text: &str) -> Option<(char, usize)> {
    let char = match text.bytes().next()? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return utf16_escape(text),
        mark @ (b'"' | b'\\' | b'/') => mark.into(),
        _ => return None,
    };
    Some((char, 1))
}

/// `uXXXX`, or both halves of a surrogate pair.
fn utf16_escape(text: &str) -> Option<(char, usize)> {
    let first = utf16_unit(text)?;
    let second = text[UNIT..].strip_prefix('\\').and_then(utf16_unit);
    match char::decode_utf16([first].into_iter().chain(second)).next()? {
        Ok(char) => Some((char, if char.len_utf16() == 2 { 2 * UNIT + 1 } else { UNIT })),
        Err(_) => Some((char::REPLACEMENT_CHARACTER, UNIT)),
    }
}

/// The length of `uXXXX`.
const UNIT: usize = 5;

fn utf16_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('u')?.get(..UNIT - 1)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

/// Whether well-formed JSON, an object without any other in it, is certainly read alike by all. Quick, since each good ID
/// token comes by.
fn is_plain(json: &str) -> bool {
    let bytes = json.as_bytes();
    let mut at = 0;
    let mut depth = 0;
    let mut digits = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'0'..=b'9' => digits += 1,
            b'e' | b'E' if digits > 0 => return false,
            _ => digits = 0,
        }
        match byte {
            b'"' => match plain_string(&bytes[at..]) {
                Some(length) => at += length,
                None => return false,
            },
            b'{' if depth > 0 => return false,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth > DEEPEST || digits > LARGEST_DIGITS {
            return false;
        }
    }
    true
}

/// A whole number of no more digits is held by a double.
const LARGEST_DIGITS: usize = 15;

/// The length of a string with its closing quote, where it holds no half of a surrogate pair.
fn plain_string(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', &bytes[at..])?;
        match bytes[at..] {
            [b'"', ..] => return Some(at + 1),
            [_, b'u', b'd' | b'D', ..] => return None,
            _ => at += 2,
        }
        if at > bytes.len() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{json, value::to_value};

    use super::*;

    fn read(text: &str) -> Value {
        Document::read(text.as_bytes()).clone()
    }

    fn read_for_all(text: &str) -> Value {
        Document::read_for_all(text.as_bytes()).clone()
    }

    #[test]
    fn well_formed_json_is_read_as_it_is() {
        let text = r#" {"a": [1, -2.5, 1e3, true, false, null, "x\n\u00e6\ud83d\ude00\/"], "b": {"c": {}}, "": []} "#;
        assert_eq!(read(text), serde_json::from_str::<Value>(text).expect("json"));
        for scalar in ["null", "true", "17", "\"x\"", "[]", "{}", "-0.5"] {
            assert_eq!(read(scalar), serde_json::from_str::<Value>(scalar).expect("json"), "{scalar}");
        }
    }

    #[test]
    fn odd_bytes_cost_nothing() {
        for mark in ["\u{feff}", "\u{feff}\u{feff}", "\r\n\u{feff} ", "\u{a0}"] {
            assert_eq!(read(&format!("{mark}{{\"a\":1}}")), json!({"a": 1}), "{mark:?}");
        }
        let broken =
            [&br#"{"a":"x"#[..], &[0xf8], br#"y","b\ud800":"\udead \ud83d\ud83d\ude00\u12","c":"1"#, b"\r\n\x002\"}"];
        let expected = json!({"a": "x\u{fffd}y", "b\u{fffd}": "\u{fffd} \u{fffd}😀u12", "c": "1\r\n\u{0}2"});
        assert_eq!(*Document::read(&broken.concat()), expected);
        assert_eq!(read(r#"{"a":"\'\x41\é\"}"}"#), json!({"a": "'x41é\"}"}));
    }

    #[test]
    fn an_odd_member_costs_that_member() {
        let odd = [
            "",
            "NaN",
            "-Infinity",
            "undefined",
            "01",
            "+1",
            ".5",
            "1.",
            "0x1f",
            "--1",
            "1 2",
            "'x'",
            "tru",
            "nulll",
            "True",
            "{\"x\":1}{}",
            "[1] [2]",
            "\"x\" \"y\"",
            "[NaN,{,}] x",
            ":",
            "1:2",
            "\"x\":\"y,}\"",
            "<b>",
        ];
        for odd in odd {
            let text = format!(r#"{{"a":1,"odd":{odd},"z":[{{"odd":{odd}}},2]}}"#);
            assert_eq!(read(&text), json!({"a": 1, "z": [{}, 2]}), "{text}");
        }
        assert_eq!(read(r#"{"a":[1,NaN,'x',[,],3]}"#), json!({"a": [1, null, null, [], 3]}));
        assert_eq!(read(r#"{a:1,'b':2,"c":3,,"d",4,"e":5,}"#), json!({"c": 3, "e": 5}));
    }

    #[test]
    fn the_last_of_two_members_counts() {
        assert_eq!(read(r#"{"a":1,"a":{"b":1,"b":2},"\u0061":3}"#), json!({"a": 3}));
        assert_eq!(read(r#"{"a":{"b":1,"b":2}}"#), json!({"a": {"b": 2}}));
    }

    #[test]
    fn what_is_no_json_or_is_cut_is_null() {
        for text in [
            "",
            " ",
            "<html></html>",
            "x",
            "{",
            "[",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":[1}",
            "[{]}",
            "[1",
            "\"x",
            "{\"a\":\"x}",
            "\"\\",
        ] {
            assert_eq!(read(text), Value::Null, "{text}");
        }
        assert_eq!(read("{\"a\":1}<!-- a proxy was here -->"), json!({"a": 1}));
    }

    #[test]
    fn what_not_every_language_can_hold_is_a_text() {
        let cases = [
            ("9007199254740991", json!(9_007_199_254_740_991_u64)),
            ("-9007199254740991", json!(-9_007_199_254_740_991_i64)),
            ("9007199254740992", json!("9007199254740992")),
            ("-9007199254740992", json!("-9007199254740992")),
            ("18446744073709551616", json!("18446744073709551616")),
            ("-123456789012345678901234567890", json!("-123456789012345678901234567890")),
            ("1e999", json!("1e999")),
            ("-1.5E400", json!("-1.5E400")),
            ("1e22", json!(1e22)),
            ("9007199254740993.5", json!(9_007_199_254_740_993.5)),
            ("1e-400", json!(0.0)),
        ];
        for (text, value) in cases {
            assert_eq!(read_for_all(text), value, "{text}");
        }
        let deeper = read_for_all(&nested(DEEPEST + 3)).to_string();
        assert_eq!(deeper, format!("{}\"[[[]]]\"{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST)));
        assert_eq!(deeper.parse::<Value>().expect("json"), read_for_all(&deeper));
    }

    #[test]
    fn what_is_judged_is_never_a_text_for_want_of_room() {
        assert_eq!(read(r#"{"a":1e999,"b":18446744073709551615}"#), json!({"b": u64::MAX}));
        assert_eq!(read(&nested(DEEPEST)).to_string(), nested(DEEPEST));
        let deeper = format!("{}null{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        assert_eq!(read(&nested(DEEPEST + 1)).to_string(), deeper);
        let deepest = format!(r#"{{"a":{},"b":1}}"#, nested(100_000));
        assert_eq!(read(&deepest)["b"], 1);
    }

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn an_object_that_all_read_alike() {
        let good = Document::read_object(b"\xef\xbb\xbf{\"a\":\"\\ud800\xff\",\"b\":1e999}").expect("an object");
        assert_eq!(*good, json!({"a": "\u{fffd}\u{fffd}"}));
        for bad in ["[]", "{\"a\":1}x", "{\"a\":1,}", "{\"a\":NaN}", "{\"a\":1,\"a\":1}", "{\"a\":\"\n\"}", "{", ""] {
            assert!(Document::read_object(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_plain_stays_as_it_was_signed() {
        for json in [
            r#" {"b":1.50, "a":"\u00e6\n\"{", "c":["x",-1767225600,true,null]} "#,
            r#"{"iat":123456789012345}"#,
            r#"{"e":false,"1e9":"1e9"}"#,
        ] {
            assert_eq!(readable(json.to_owned()), json);
        }
    }

    #[test]
    fn what_is_not_plain_is_made_readable() {
        for (json, expected) in [
            (r#"{"a":"Kari \ud83d"}"#, "{\"a\":\"Kari \u{fffd}\"}"),
            (r#"{"a":"\uD83D\uDE00"}"#, r#"{"a":"😀"}"#),
            (r#"{"a":1e999,"b":1e3}"#, r#"{"a":"1e999","b":1000.0}"#),
            (r#"{"a":9007199254740993}"#, r#"{"a":"9007199254740993"}"#),
            (r#"{"a":{"b":1,"b":2}}"#, r#"{"a":{"b":2}}"#),
            (r#"{"a":[{"\udead":1}]}"#, "{\"a\":[{\"\u{fffd}\":1}]}"),
        ] {
            assert_eq!(readable(json.to_owned()), expected);
        }
    }

    /// Any JSON that every language can hold.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991..=9_007_199_254_740_991_i64).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| to_value(members).expect("text for names")),
            ]
        })
    }

    /// Bytes with much of JSON in them.
    fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"", "\\", "\"a\":", "\\u", "\\ud83d", "1", "1e999", "null", "\u{feff}",
                " ",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn any_json_is_read_as_serde_reads_it(value in values()) {
            prop_assert_eq!(read(&value.to_string()), value.clone());
            let pretty = serde_json::to_string_pretty(&value).expect("json");
            prop_assert_eq!(read(&pretty), value.clone());
            prop_assert_eq!(read_for_all(&pretty), value);
        }

        #[test]
        fn any_bytes_give_json_that_stays_the_same(bytes in nearly_json()) {
            let _ = Document::read(&bytes);
            let once = Document::read_for_all(&bytes).to_string();
            prop_assert!(once.parse::<Value>().is_ok(), "{}", once);
            prop_assert_eq!(&read_for_all(&once).to_string(), &once);
            prop_assert_eq!(&readable(once.clone()), &once);
        }

        #[test]
        fn whatever_stands_in_one_member_the_others_stay(odd in "[a-zA-Z0-9:'<>.+ \u{e6}-]{0,20}", value in values()) {
            let told = read(&format!(r#"{{"first":{value},"odd":{odd},"last":{value}}}"#));
            prop_assert_eq!((&told["first"], &told["last"]), (&value, &value));
        }

        #[test]
        fn what_is_plain_needs_no_change(value in values()) {
            let json = json!({ "claim": value }).to_string();
            prop_assert_eq!(read_for_all(&readable(json.clone())), read_for_all(&json));
        }
    }
}

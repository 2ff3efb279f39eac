//! The kinds of values that operations take, each with its bounds.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;
use vipps_partner_auth::Msn;

/// A hundred years: longer than any test, and short enough that no sum overflows.
const LONGEST_SPAN: f64 = 100.0 * 365.25 * 86_400.0;
/// The end of the year 9999, the last that an HTTP date can tell.
const LAST_MOMENT: f64 = 253_402_300_799.0;

/// Seconds, with or without a fraction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span(pub(crate) Duration);

/// Seconds since the Unix epoch, with or without a fraction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) Duration);

/// A merchant serial number.
#[derive(Debug, Clone)]
pub(crate) struct MsnText(pub(crate) Msn);

/// A whole number of at most `MOST`, at least `LEAST`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<const LEAST: u64, const MOST: u64>(pub(crate) u64);

/// How often something happens.
pub(crate) type Times = Whole<1, 1_000_000>;
/// How many logins may wait.
pub(crate) type Limit = Whole<0, 10_000>;
/// A final HTTP status.
pub(crate) type Status = Whole<200, 999>;

fn number<'de, D: Deserializer<'de>>(deserializer: D, most: f64, what: &str) -> Result<Duration, D::Error> {
    let rule = || D::Error::custom(format!("must be {what}, a number from 0 to {most}"));
    let number = Value::deserialize(deserializer)?.as_f64().ok_or_else(rule)?;
    if !(0.0..=most).contains(&number) {
        return Err(rule());
    }
    Duration::try_from_secs_f64(number).map_err(|_| rule())
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, LONGEST_SPAN, "seconds").map(Self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, LAST_MOMENT, "seconds since the Unix epoch").map(Self)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_secs_f64().serialize(serializer)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A span in seconds, with or without a fraction.",
            "type": "number", "minimum": 0, "maximum": LONGEST_SPAN
        })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A moment on the emulator's clock, in seconds since the Unix epoch.",
            "type": "number", "minimum": 0, "maximum": LAST_MOMENT
        })
    }
}

impl<'de> Deserialize<'de> for MsnText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rule = "must be a merchant serial number: 4 to 10 digits, as text and without white space";
        let text = Value::deserialize(deserializer)?;
        let msn = text.as_str().and_then(|text| text.parse().ok());
        msn.map(Self).ok_or_else(|| D::Error::custom(rule))
    }
}

impl JsonSchema for MsnText {
    fn schema_name() -> Cow<'static, str> {
        "Msn".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A merchant serial number (MSN). Text, since zeros in front belong to it.",
            "type": "string", "pattern": "^[0-9]{4,10}$", "examples": ["123456"]
        })
    }
}

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Value::deserialize(deserializer)?.as_u64().filter(|number| (LEAST..=MOST).contains(number));
        let rule = || D::Error::custom(format!("must be a whole number from {LEAST} to {MOST}"));
        number.map(Self).ok_or_else(rule)
    }
}

impl<const LEAST: u64, const MOST: u64> JsonSchema for Whole<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Whole{LEAST}To{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

impl<const LEAST: u64, const MOST: u64> Whole<LEAST, MOST> {
    pub(crate) fn small(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

/// Reads one MSN, for members that hold the library's own type.
pub(crate) fn msn<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Msn, D::Error> {
    MsnText::deserialize(deserializer).map(|MsnText(msn)| msn)
}

/// Reads several.
pub(crate) fn msns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Msn>, D::Error> {
    let texts = Vec::<MsnText>::deserialize(deserializer)?;
    Ok(texts.into_iter().map(|MsnText(msn)| msn).collect())
}

/// For objects whose members may all be left out, but whose defaults are invented or depend on one another.
pub(crate) fn all_optional(schema: &mut Schema) {
    schema.remove("required");
}

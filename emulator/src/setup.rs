//! A whole set-up, as a configuration file has it.

use std::{io, path::Path};

use serde_json::{Map, Value};

use crate::{
    control::{Controls, error::ControlError, strict_json},
    emulator::Emulator,
    options::Options,
};

/// What [`Options`] takes, by name. Where an operation has the same name, the option goes first.
const OPTIONS: [&str; 10] = [
    "port",
    "listen",
    "public_url",
    "mode",
    "merchants",
    "partner_keys",
    "specialized_keys",
    "forgiving",
    "keys_file",
    "rsa_bits",
];

/// An emulator as it is to be: [`Options`], and operations to play once it runs.
///
/// It is read from an object whose members are those of `Options` or names of operations, with an object for one call and
/// an array of objects for several. Operations are played in the order of [`Controls::operations`].
///
/// ```
/// use serde_json::json;
/// use vipps_emulator::Setup;
///
/// let vipps = Setup::from_json(json!({
///     "mode": "test",
///     "add_merchant": { "msn": "123456", "name": "Fjord Coffee", "redirect_uris": ["https://shop.example/callback"] },
///     "fail_next": [{ "endpoint": "standard_token", "status": 503 }, { "endpoint": "jwks", "kind": "hang" }],
/// }))?
/// .start()?;
/// assert!(vipps.sales_unit_keys(&"123456".parse()?).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// How to start.
    pub options: Options,
    calls: Vec<Call>,
    gives_port: bool,
}

/// One call of an operation. `label` names it in a refusal.
#[derive(Debug, Clone)]
struct Call {
    operation: String,
    label: String,
    input: Value,
}

impl Setup {
    /// Reads an object. A member that is neither an option nor an operation, or an option that can't be, is refused by
    /// name; what operations take is judged when they are played.
    pub fn from_json(document: Value) -> Result<Self, ControlError> {
        let members = members_of(document)?;
        let (options, operations): (Map<_, _>, Map<_, _>) =
            members.into_iter().partition(|(name, _)| OPTIONS.contains(&name.as_str()) || !is_operation(name));
        if let Some(name) = options.keys().find(|name| !OPTIONS.contains(&name.as_str())) {
            let rule = format!("there is no such option or operation; options: {}", OPTIONS.join(", "));
            return Err(ControlError::invalid(name.clone(), rule));
        }
        let gives_port = options.contains_key("port");
        let options = serde_path_to_error::deserialize(Value::Object(options));
        let options = options.map_err(|error| ControlError::from_serde(&error))?;
        let mut setup = Self { options, calls: Vec::new(), gives_port };
        setup.add_in_order(operations)?;
        Ok(setup)
    }

    /// Reads several objects as one: what a later one says about a member takes the place of what an earlier one said.
    ///
    /// ```
    /// use serde_json::json;
    /// use vipps_emulator::{Mode, Setup};
    ///
    /// let house = json!({ "mode": "test", "merchants": ["123456"] });
    /// let setup = Setup::from_documents([house, json!({ "mode": "production" })])?;
    /// assert_eq!((setup.options.mode, setup.options.merchants.len()), (Mode::Production, 1));
    /// # Ok::<(), vipps_emulator::ControlError>(())
    /// ```
    pub fn from_documents(documents: impl IntoIterator<Item = Value>) -> Result<Self, ControlError> {
        let mut all = Map::new();
        for document in documents {
            all.extend(members_of(document)?);
        }
        Self::from_json(Value::Object(all))
    }

    /// Reads the text of a file in JSON. A member that comes twice is refused as well.
    pub fn from_json_text(text: &str) -> Result<Self, ControlError> {
        Self::from_json(json_document(text)?)
    }

    /// Reads the text of a file in TOML.
    pub fn from_toml_text(text: &str) -> Result<Self, ControlError> {
        Self::from_json(toml_document(text)?)
    }

    /// Reads a file: TOML when its name ends in `.toml`, else JSON.
    pub fn from_file(path: &Path) -> io::Result<Self> {
        Ok(Self::from_json(Self::document(path)?)?)
    }

    /// What stands in a file, for [`from_documents`](Self::from_documents): TOML when its name ends in `.toml`, else JSON.
    pub fn document(path: &Path) -> io::Result<Value> {
        let text = std::fs::read_to_string(path)?;
        let is_toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        let document = if is_toml { toml_document(&text) } else { json_document(&text) };
        Ok(document?)
    }

    /// The port, where it is left open: not even a free one was asked for.
    pub fn or_port(mut self, port: u16) -> Self {
        if !self.gives_port {
            self.options.port = port;
        }
        self
    }

    /// Adds one call of an operation, to be played after those that are there.
    pub fn with_call(mut self, operation: &str, input: Value) -> Self {
        self.calls.push(Call { operation: operation.to_owned(), label: operation.to_owned(), input });
        self
    }

    /// Starts an emulator and plays the operations. When one is refused the emulator ends, and the refusal names
    /// operation and member.
    pub fn start(self) -> io::Result<Emulator> {
        let vipps = Emulator::start(self.options)?;
        for Call { operation, label, input } in self.calls {
            vipps.control(&operation, input).map_err(|refusal| within(&label, refusal))?;
        }
        Ok(vipps)
    }

    fn add_in_order(&mut self, mut operations: Map<String, Value>) -> Result<(), ControlError> {
        for name in Controls::operations() {
            match operations.remove(name) {
                None => {}
                Some(Value::Array(inputs)) => {
                    let call = |(at, input)| Call { operation: name.to_owned(), label: format!("{name}[{at}]"), input };
                    self.calls.extend(inputs.into_iter().enumerate().map(call));
                }
                Some(input @ Value::Object(_)) => {
                    self.calls.push(Call { operation: name.to_owned(), label: name.to_owned(), input });
                }
                Some(_) => {
                    let rule = "must be an object for one call, or an array of objects for several";
                    return Err(ControlError::invalid(name.to_owned(), rule));
                }
            }
        }
        Ok(())
    }
}

fn members_of(document: Value) -> Result<Map<String, Value>, ControlError> {
    match document {
        Value::Object(members) => Ok(members),
        _ => Err(ControlError::invalid(None, "must be an object of options and operations")),
    }
}

fn json_document(text: &str) -> Result<Value, ControlError> {
    strict_json::parse(text.as_bytes())
}

fn toml_document(text: &str) -> Result<Value, ControlError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        ControlError::invalid(None, format!("not TOML that can be taken: {line}{}", error.message()))
    })?;
    serde_json::to_value(table).map_err(|_| ControlError::invalid(None, "not TOML that can be taken"))
}

fn is_operation(name: &str) -> bool {
    Controls::operations().any(|known| known == name)
}

fn within(label: &str, refusal: ControlError) -> ControlError {
    let member = refusal.member.as_ref().map_or_else(|| label.to_owned(), |member| format!("{label}.{member}"));
    ControlError { member: Some(member), ..refusal }
}

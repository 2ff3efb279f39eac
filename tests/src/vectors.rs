//! The file format of `tests/vectors` (described for every language in its `README.md`).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use crate::given::resolve;

/// One file of the folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VectorFile {
    /// What the file is about.
    pub comment: String,
    /// Values that cases name instead of repeating them.
    #[serde(default)]
    pub shared: BTreeMap<String, Value>,
    /// The cases, in the order in which they are best read.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique over all files, in kebab case.
    pub id: String,
    /// What it shows, and why that matters.
    pub comment: String,
    /// What to call.
    pub op: String,
    /// What to call it with.
    pub given: Value,
    /// Every request the call must send, in order, and the reply to each: a [`Step`] whose parts may be names, or the name
    /// of one. None: no request may be sent.
    #[serde(default)]
    pub exchange: Vec<Value>,
    /// What must come out.
    pub result: Outcome,
}

/// One request and its reply.
#[derive(Debug, Clone)]
pub struct Step {
    /// What must be sent.
    pub request: ExpectedRequest,
    /// What to answer.
    pub reply: Reply,
}

impl Case {
    /// The exchange, with the values in the place of their names.
    pub fn steps(&self, shared: &BTreeMap<String, Value>) -> Result<Vec<Step>, String> {
        self.exchange.iter().map(|step| Step::read(shared, step)).collect()
    }
}

impl Step {
    fn read(shared: &BTreeMap<String, Value>, step: &Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            request: Value,
            reply: Value,
        }
        let parts: Parts = resolve(shared, step)?;
        Ok(Self { request: resolve(shared, &parts.request)?, reply: resolve(shared, &parts.reply)? })
    }
}

/// What a request must look like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path below the base URL.
    pub path: String,
    /// Headers that must be there exactly once with exactly this value; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Headers that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The exact body; missing where `form` stands for it.
    pub body: Option<String>,
    /// The exact fields of a form, in order. `{random}` stands for 43 characters of base64url that nobody can foresee.
    pub form: Option<Vec<(String, String)>>,
}

/// What the service answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers that matter.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The exact body.
    pub body: String,
}

/// What must come out of a call.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// It succeeds with these values.
    Ok(Value),
    /// It fails with these properties; the text is never compared.
    Error(Value),
}

/// The index: which files there are, with how many cases each.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// In alphabetical order.
    pub files: Vec<IndexEntry>,
    /// Files of scenarios, in alphabetical order.
    pub scenarios: Vec<IndexEntry>,
}

/// One file of the index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexEntry {
    /// The name of the file.
    pub file: String,
    /// How many cases it holds.
    pub cases: usize,
}

/// The name of the index.
pub const INDEX_FILE: &str = "index.json";

/// Files whose cases are scenarios: they have another format and runners of their own.
pub const SCENARIO_FILES: [&str; 1] = ["adapter.json"];
/// The vectors of the emulator's operations, which have another format and runners of their own.
pub const EMULATOR_FILE: &str = "emulator.json";

/// Where the vectors lie.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// All files of cases, with their names, in alphabetical order.
///
/// # Panics
/// When one can't be read or is not of the format.
pub fn load_files(folder: &Path) -> Vec<(String, VectorFile)> {
    let entries =
        fs::read_dir(folder).expect("the folder of vectors").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> =
        entries.filter_map(|name| name.into_string().ok()).filter(|name| is_vector_file(name)).collect();
    names.sort_unstable();
    names.into_iter().map(|name| (name.clone(), parse(&folder.join(name)))).collect()
}

/// The files of scenarios and how many each holds.
///
/// # Panics
/// When one can't be read or holds no cases.
pub fn scenarios(folder: &Path) -> Vec<IndexEntry> {
    let entry = |name: &str| {
        let file: Value = parse(&folder.join(name));
        let cases = file["cases"].as_array().unwrap_or_else(|| panic!("{name} has no cases"));
        IndexEntry { file: name.to_owned(), cases: cases.len() }
    };
    SCENARIO_FILES.map(entry).into()
}

/// The index as it lies in the folder.
///
/// # Panics
/// When it can't be read or is not of the format.
pub fn load_index(folder: &Path) -> Index {
    parse(&folder.join(INDEX_FILE))
}

fn is_vector_file(name: &str) -> bool {
    ![INDEX_FILE, EMULATOR_FILE].contains(&name)
        && !SCENARIO_FILES.contains(&name)
        && Path::new(name).extension().is_some_and(|extension| extension == "json")
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

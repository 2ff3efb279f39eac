//! Writes the vectors that no hand should write: those with signed ID tokens or webhooks, those of sales units, and the index
//! of counts.
//!
//! Everything here is a pure function of the keys in `tests/keys`, the cases in the modules below and the
//! signatures already on file: RSA PKCS#1 v1.5 gives the same signature every time, and a randomised one is taken
//! from the file as long as it still verifies. Writing twice therefore changes nothing.

mod base;
mod claims;
mod draft;
mod form;
mod header;
mod key_set;
mod keys;
mod login;
mod members;
mod order;
mod remote;
mod sales_units;
mod times;
mod token;
mod webhook;

use std::{fs, io, path::Path};

use draft::Draft;
use members::quote;
use token::Signer;

use crate::vectors::{self, IndexEntry, VectorFile};

/// A file in the making.
struct Sheet {
    file: &'static str,
    comment: &'static str,
    /// Names and JSON.
    shared: Vec<(&'static str, String)>,
    /// Each as it stands in the file.
    cases: Vec<String>,
}

/// Writes all generated files.
pub fn write_all() -> io::Result<()> {
    let folder = vectors::folder();
    for (name, text) in generated_files(&folder) {
        fs::write(folder.join(name), text)?;
    }
    fs::write(folder.join(vectors::INDEX_FILE), index_file(&vectors::load_files(&folder), &vectors::scenarios(&folder)))
}

/// The names and texts of the files that are made here. `folder` is where those of the last run lie, for the
/// randomised signatures.
pub fn generated_files(folder: &Path) -> Vec<(&'static str, String)> {
    let makers = [
        id_tokens,
        login::code_exchange,
        login::phone,
        login::userinfo,
        |_: &Path| webhook::webhooks(),
        |_: &Path| sales_units::sheet(),
    ];
    let written = |maker: fn(&Path) -> Sheet| {
        let sheet = maker(folder);
        (sheet.file, sheet.render())
    };
    makers.into_iter().map(written).collect()
}

impl Sheet {
    fn render(&self) -> String {
        let shared: Vec<_> = self.shared.iter().map(|(name, json)| format!("    {}: {json}", quote(name))).collect();
        format!(
            "{{\n  \"comment\": {},\n  \"shared\": {{\n{}\n  }},\n  \"cases\": [\n{}\n  ]\n}}\n",
            quote(&format!("{} {GENERATED}", self.comment)),
            shared.join(",\n"),
            self.cases.join(",\n")
        )
    }
}

const GENERATED: &str = "Generated: change tests/src/make and run `cargo run -p tests --bin make-vectors`.";

/// The text of `index.json` for these files and scenarios.
pub fn index_file(files: &[(String, VectorFile)], scenarios: &[IndexEntry]) -> String {
    let files = files.iter().map(|(name, file)| counted(name, file.cases.len()));
    let scenarios = scenarios.iter().map(|entry| counted(&entry.file, entry.cases));
    let listed = |entries: Vec<String>| entries.join(",\n");
    format!(
        "{{\n  \"files\": [\n{}\n  ],\n  \"scenarios\": [\n{}\n  ]\n}}\n",
        listed(files.collect()),
        listed(scenarios.collect())
    )
}

fn counted(name: &str, cases: usize) -> String {
    format!("    {{ \"file\": {}, \"cases\": {cases} }}", quote(name))
}

fn id_tokens(folder: &Path) -> Sheet {
    let file = "id-token.json";
    let mut signer = Signer::with_signatures_of(&folder.join(file));
    Sheet {
        file,
        comment: "ID-token checks, offline against a fixed key set.",
        shared: base::shared_sets().into(),
        cases: drafts().iter().map(|draft| draft.render(&mut signer)).collect(),
    }
}

fn drafts() -> Vec<Draft> {
    let groups = [
        base::cases(),
        form::cases(),
        header::cases(),
        key_set::cases(),
        times::cases(),
        claims::cases(),
        order::cases(),
        remote::cases(),
    ];
    groups.into_iter().flatten().collect()
}

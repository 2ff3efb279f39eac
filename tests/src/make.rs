//! Writes the vectors that no hand can write: signed ID tokens, and the index of counts.
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
mod members;
mod order;
mod remote;
mod times;
mod token;

use std::{fs, io, path::Path};

use draft::Draft;
use members::quote;
use token::Signer;

use crate::vectors::{self, VectorFile};

/// The file that holds the signed tokens.
pub const ID_TOKEN_FILE: &str = "id-token.json";

/// Writes both generated files.
pub fn write_all() -> io::Result<()> {
    let folder = vectors::folder();
    fs::write(folder.join(ID_TOKEN_FILE), id_token_file(&folder))?;
    fs::write(folder.join(vectors::INDEX_FILE), index_file(&vectors::load_files(&folder)))
}

/// The text of `id-token.json`. `folder` is where the file of the last run lies, for the randomised signatures.
pub fn id_token_file(folder: &Path) -> String {
    let mut signer = Signer::with_signatures_of(&folder.join(ID_TOKEN_FILE));
    let cases: Vec<_> = drafts().iter().map(|draft| draft.render(&mut signer)).collect();
    let shared: Vec<_> = base::shared_sets().iter().map(|(name, set)| format!("    {}: {set}", quote(name))).collect();
    format!(
        "{{\n  \"comment\": {},\n  \"shared\": {{\n{}\n  }},\n  \"cases\": [\n{}\n  ]\n}}\n",
        quote(COMMENT),
        shared.join(",\n"),
        cases.join(",\n")
    )
}

/// The text of `index.json` for these files.
pub fn index_file(files: &[(String, VectorFile)]) -> String {
    let count = |(name, file): &(String, VectorFile)| {
        format!("    {{ \"file\": {}, \"cases\": {} }}", quote(name), file.cases.len())
    };
    format!("{{\n  \"files\": [\n{}\n  ]\n}}\n", files.iter().map(count).collect::<Vec<_>>().join(",\n"))
}

const COMMENT: &str = "ID-token checks, offline against a fixed key set. Generated: change tests/src/make and run \
                       `cargo run -p tests --bin make-vectors`.";

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

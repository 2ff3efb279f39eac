//! A JSON object as an ordered list of members, so that order, doubles and odd spellings are ours to choose.

/// Members in the order in which they will be written. Names and values are JSON text; names stand without quotes.
#[derive(Clone, Default)]
pub(super) struct Members(Vec<(String, String)>);

impl Members {
    /// The member with this value, in the place of any of that name.
    pub(super) fn set(&mut self, name: &str, json: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => json.clone_into(value),
            None => self.add(name, json),
        }
    }

    /// One more member at the end, even when there is one of that name.
    pub(super) fn add(&mut self, name: &str, json: &str) {
        self.0.push((name.to_owned(), json.to_owned()));
    }

    /// No member of this name.
    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object without any white space.
    pub(super) fn render(&self) -> String {
        self.join(",", ":", ["{", "}"])
    }

    /// The object as a reader likes it, on one line.
    pub(super) fn render_spaced(&self) -> String {
        self.join(", ", ": ", ["{ ", " }"])
    }

    fn join(&self, comma: &str, colon: &str, [open, close]: [&str; 2]) -> String {
        let members: Vec<_> = self.0.iter().map(|(name, json)| format!("\"{name}\"{colon}{json}")).collect();
        format!("{open}{}{close}", members.join(comma))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Members {
    fn from(members: [(&str, &str); N]) -> Self {
        Self(members.map(|(name, json)| (name.to_owned(), json.to_owned())).into())
    }
}

/// The text as a JSON string.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

//! A request under judgement.

use std::borrow::Cow;

use crate::{
    log::{Finding, Verdict},
    wire::request::Request,
};

/// A request under judgement, and what was found so far.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(request: &'a Request) -> Self {
        Self { request, findings: Vec::new() }
    }

    pub(crate) fn right(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Right, about, text);
    }

    pub(crate) fn tolerated(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Tolerated, about, text);
    }

    pub(crate) fn staged(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Staged, about, text);
    }

    pub(crate) fn note(&mut self, verdict: Verdict, about: &'static str, text: impl Into<Cow<'static, str>>) {
        self.findings.push(Finding { verdict, about, text: text.into() });
    }
}

//! A request under judgement.

use std::{borrow::Cow, time::Duration};

use crate::{
    finding::{Finding, Verdict},
    wire::{
        reply::{Outcome, Refusal},
        request::Request,
    },
};

/// A request under judgement, and what was found so far.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    /// On the emulator's clock, before any latency.
    pub(crate) arrived_at: Duration,
    pub(crate) findings: Vec<Finding>,
    forgiving: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(request: &'a Request, arrived_at: Duration, forgiving: bool) -> Self {
        Self { request, arrived_at, findings: Vec::new(), forgiving }
    }

    pub(crate) fn right(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Right, about, text);
    }

    pub(crate) fn tolerated(&mut self, about: &'static str, text: impl Into<Cow<'static, str>>) {
        self.note(Verdict::Tolerated, about, text);
    }

    pub(crate) fn staged(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Staged, about, text);
    }

    /// What the documents forbid though the service may forgive it: refused, or only reported where the emulator was
    /// told to forgive.
    pub(crate) fn forbidden(&mut self, refusal: Refusal) -> Outcome<()> {
        if !self.forgiving {
            return Err(refusal);
        }
        self.note(Verdict::Tolerated, refusal.about, refusal.why);
        Ok(())
    }

    pub(crate) fn note(&mut self, verdict: Verdict, about: &'static str, text: impl Into<Cow<'static, str>>) {
        self.findings.push(Finding { verdict, about, text: text.into() });
    }
}

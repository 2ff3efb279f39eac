//! What was found about a request.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use crate::words::words;

words! {
    "verdict";
    /// What a check came to.
    pub enum Verdict {
        /// As the documents want it.
        Right = "right",
        /// Let through, but the documents advise against it or the service might not.
        Tolerated = "tolerated",
        /// The reason for which the request was refused.
        Refused = "refused",
        /// Not the request's doing: a control of the emulator had its way.
        Staged = "staged",
        /// Not the request's doing: the person has not decided yet, said no, or let the time pass.
        Person = "person",
    }
}

/// One thing to say about a request. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// What the check came to.
    pub verdict: Verdict,
    /// The header, field or part of the request.
    pub about: &'static str,
    /// What was right, or what was wrong and how to mend it.
    pub text: Cow<'static, str>,
}

//! Who calls one of Login's endpoints, and how the call says so.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::{config::BasicEncoding, provider::Held};

/// Those that a caller authenticates at, each with its own reading of Basic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The token endpoint.
    Token,
    /// The start of a login from a phone number, and the question whether somebody can be asked.
    Backchannel,
}

/// What a request carries to say who calls.
#[derive(Clone, Copy)]
pub(super) enum Identity<'a> {
    /// A partner's token.
    Bearer(&'a Held),
    /// A sales unit's own keys.
    Basic(BasicEncoding),
    /// The same, in the form.
    Post,
    /// The token of a login, which is the content itself.
    OfLogin,
}

/// How Basic is written at one endpoint of Login: as it was set, until the other way is found to be the right one.
pub(crate) struct BasicAt(AtomicBool);

impl BasicAt {
    pub(crate) fn new(set: BasicEncoding) -> Self {
        Self(AtomicBool::new(set == BasicEncoding::Form))
    }

    pub(super) fn encoding(&self) -> BasicEncoding {
        if self.0.load(Relaxed) { BasicEncoding::Form } else { BasicEncoding::Raw }
    }

    /// Tells whether that is news.
    pub(super) fn remember(&self, encoding: BasicEncoding) -> bool {
        let is_form = encoding == BasicEncoding::Form;
        self.0.swap(is_form, Relaxed) != is_form
    }
}

impl Place {
    /// The stable name, as events have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Backchannel => "backchannel",
        }
    }
}

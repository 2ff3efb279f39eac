//! Which merchants' calls worked, so that the first refusal of one of them can be told.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    event::Event,
    msn::Msn,
    partner::{Inner, Merchant},
};

/// Merchants that worked when last heard of.
#[derive(Default)]
pub(crate) struct Standing(Mutex<HashSet<Msn>>);

/// Merchants that are remembered; of more, refusals are not told.
const MOST_MERCHANTS: usize = 20_000;

impl Standing {
    pub(crate) fn worked(&self, msn: &Msn) {
        let mut known = self.known();
        if !known.contains(msn) && known.len() < MOST_MERCHANTS {
            known.insert(msn.clone());
        }
    }

    /// Whether it had worked until now.
    fn was_refused(&self, msn: &Msn) -> bool {
        self.known().remove(msn)
    }

    fn known(&self) -> MutexGuard<'_, HashSet<Msn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Merchant {
    /// Tells the library what an API answered to a call for this merchant: its status and, where there is one, its
    /// `Content-Type`. The first 403 of a merchant whose calls had worked is then told as [`Event::MerchantForbidden`],
    /// once until they work again. Takes no time to speak of, does no I/O, and changes no token.
    ///
    /// Only a 403 in JSON counts: the page of the firewall that stands in front of all APIs says nothing of the merchant.
    /// The adapters and the calls of Login do this by themselves; it is for clients of your own.
    pub fn answered(&self, status: u16, content_type: Option<&str>) {
        self.partner().inner().answered(self.msn(), status, content_type);
    }
}

impl Inner {
    pub(crate) fn answered(&self, msn: &Msn, status: u16, content_type: Option<&str>) {
        match status {
            200..=299 => self.standing.worked(msn),
            403 if content_type.is_some_and(is_json) && self.standing.was_refused(msn) => {
                self.events.tell(Event::MerchantForbidden { msn: msn.clone() });
            }
            _ => {}
        }
    }
}

/// `application/json`, `application/problem+json` and their like.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.ends_with("/json") || media_type.ends_with("+json")
}

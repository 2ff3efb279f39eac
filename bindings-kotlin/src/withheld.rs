//! Where calls went without headers.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use crate::event::{EventParts, EventQueue, Shared};

/// Tells once of each origin that calls go to without headers.
#[derive(Debug)]
pub(crate) struct Withheld {
    told: Mutex<HashSet<String>>,
    queue: Arc<Shared>,
}

/// A client may call any host in the world.
const ORIGINS: usize = 100;

impl Withheld {
    pub(crate) fn new(queue: &EventQueue) -> Self {
        Self { told: Mutex::default(), queue: queue.0.clone() }
    }

    pub(crate) fn tell(&self, origin: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < ORIGINS && told.insert(origin.clone()) {
            self.queue.put(EventParts::warning("headers_withheld", "origin", origin));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_told_once_and_not_all_of_the_world() {
        let queue = EventQueue::new();
        let withheld = Withheld::new(&queue);
        (0..ORIGINS + 10).for_each(|at| (0..2).for_each(|_| withheld.tell(format!("https://{at}.example"))));
        let taken = queue.take();
        assert_eq!((taken.len(), taken[0].text.as_str()), (ORIGINS, "headers_withheld origin=`https://0.example`"));
    }
}

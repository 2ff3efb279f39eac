//! Waiting for something that is bound to happen.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use crate::Outcome;

/// Whatever takes longer than this will not come. Far longer than anything here takes, also on a busy machine.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Waits until `it` is so; an error that says `what` was waited for when it never is.
pub fn until(what: &str, mut it: impl FnMut() -> Outcome<bool>) -> Outcome {
    let start = Instant::now();
    while !it()? {
        if start.elapsed() > LONGEST_WAIT {
            return Err(format!("gave up waiting until {what}").into());
        }
        sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

//! Logins from their end on: what the token endpoint and userinfo answer, with signed ID tokens in it.

mod browser;
mod grants;
pub(super) mod outcome;
mod person;
mod phone;
mod ping;
mod redirect;
mod refusals;
pub(super) mod scene;
pub(super) mod shared;
mod states;
mod unsent;
mod wait;

use std::path::Path;

use super::{Sheet, token::Signer};
use scene::Scene;

/// A login in the browser, from the callback on.
pub(super) fn code_exchange(folder: &Path) -> Sheet {
    sheet(
        folder,
        "login-code-exchange.json",
        "Login in the browser: the code is exchanged once, and what comes back is checked.",
        [browser::cases(), grants::cases(), refusals::cases(), unsent::cases()].into_iter().flatten(),
        shared::of_browser,
    )
}

/// A login by phone number, once it was started.
pub(super) fn phone(folder: &Path) -> Sheet {
    sheet(
        folder,
        "login-backchannel-poll.json",
        "Login from a phone number: polling, waiting, the states, the webhook's ping and the redirect variant.",
        [phone::cases(), ping::cases(), wait::cases(), states::cases(), redirect::cases()].into_iter().flatten(),
        shared::of_phone,
    )
}

/// What comes after a login.
pub(super) fn userinfo(folder: &Path) -> Sheet {
    sheet(
        folder,
        "login-userinfo.json",
        "Who the person is: the login's own token and nothing else, and the answer must be about who logged in.",
        person::cases().into_iter(),
        shared::of_userinfo,
    )
}

fn sheet(
    folder: &Path,
    file: &'static str,
    comment: &'static str,
    scenes: impl Iterator<Item = Scene>,
    shared: fn(&mut Signer) -> Vec<(&'static str, String)>,
) -> Sheet {
    let mut signer = Signer::with_signatures_of(&folder.join(file));
    let cases = scenes.map(|scene| scene.render(&mut signer)).collect();
    Sheet { file, comment, shared: shared(&mut signer), cases }
}

//! An offline stand-in for the token and Login endpoints of Vipps MobilePay: same paths, bodies, types, quirks and
//! errors, on a port of the loopback interface. For tests only, and not an official Vipps product.
//!
//! It is strict: what the documents forbid is refused with a text that says why, also where the real service might
//! forgive it. Every request is kept with what was right and wrong about it ([`Emulator::requests`]).
//!
//! ```
//! use std::time::Duration;
//! use vipps_emulator::{Emulator, Endpoint, ErrorShape, Failure, IdTokenSpec, Options};
//!
//! let vipps = Emulator::start(Options::default())?;
//! let merchant = "123456".parse()?;
//! vipps.add_merchant(&merchant);
//!
//! // Point the code under test at `vipps.base_url()` with `vipps.partner_keys()`, then steer:
//! vipps.fail_next(Endpoint::StandardToken, 1, Failure::status(503, ErrorShape::Apim));
//! vipps.advance(Duration::from_secs(24 * 3600));
//! let id_token = vipps.mint_id_token(&IdTokenSpec::new(&merchant).nonce("n-0001"));
//! assert_eq!(id_token.split('.').count(), 3);
//! assert_eq!(vipps.count("/accesstoken/get"), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Login, in the browser and by phone number, has people who approve or deny: by a control ([`Emulator::approve`]), by
//! themselves ([`Emulator::auto_approve`]), or with the buttons of the page that `/oauth2/auth` answers with. The page at
//! [`Emulator::page_url`] has those buttons for all logins, and a live list of the requests.
//!
//! Every method is a plain synchronous call, so that other languages can embed it; the sockets live on one thread of
//! the emulator's own.
#![forbid(unsafe_code)]

mod accesstoken;
mod accounts;
mod api;
mod authorize;
mod authorize_rules;
mod basic;
mod ciba;
mod ciba_rules;
mod clock;
mod core_keys;
mod discovery;
mod emulator;
mod endpoint;
mod front_door;
mod gateway;
mod id_token;
mod jws;
mod keys;
mod login;
mod login_client;
mod login_controls;
mod login_record;
mod login_settings;
mod login_setup;
mod login_token;
mod login_tokens;
mod mask;
mod miami;
mod options;
mod own;
mod page;
mod phone;
mod ping;
mod ping_post;
mod poll;
mod query;
mod random;
mod record;
mod reply;
mod request;
mod server;
mod staging;
mod state;
mod tokens;
mod userinfo;
mod users;
mod view;

pub use accounts::{Keys, SpecializedKeys, SubscriptionKey};
pub use emulator::Emulator;
pub use endpoint::Endpoint;
pub use id_token::{AuthReqIdName, IdTokenSpec, SignedBy, SigningAlg};
pub use login_record::{LoginKind, LoginStatus, RecordedLogin};
pub use login_setup::{LoginAuthMethod, ScopeOutsidePlan};
pub use options::{Fields, Mode, Numbers, Options, RsaBits, TokenKind};
pub use ping::{PingOutcome, RecordedPing};
pub use record::{Finding, RecordedRequest, Verdict};
pub use reply::ErrorShape;
pub use staging::{Failure, ScriptedReply};
pub use users::{Address, AddressKind, App, User};

//! An offline stand-in for the token and Login endpoints of Vipps MobilePay: same paths, bodies, types, quirks and
//! errors, on a port of the loopback interface. For tests only, and not an official Vipps product.
//!
//! It is strict: what the documents forbid is refused with a text that says why, also where the real service might
//! forgive it. Every request is kept with what was right and wrong about it ([`Controls::requests`]).
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
//! Login, in the browser and by phone number, has people who approve or deny: by a control ([`Controls::approve`]), by
//! themselves ([`Controls::auto_approve`]), or with the buttons of the page that `/oauth2/auth` answers with. The page at
//! [`Controls::page_url`] has those buttons for all logins, and a live list of the requests.
//!
//! Every method is a plain synchronous call, so that other languages can embed it; the sockets live on one thread of
//! the emulator's own.
#![forbid(unsafe_code)]

mod accounts;
mod api;
mod call;
mod choices;
mod clock;
mod control;
mod emulator;
mod endpoint;
mod fault;
mod finding;
mod gateway;
mod id_token;
mod log;
mod login;
mod options;
mod page;
mod random;
mod routes;
mod server;
mod setup;
mod shared;
mod signing;
mod staging;
mod state;
mod tally;
mod token;
mod users;
mod values;
mod webhook;
mod wire;
mod words;

pub use accounts::{
    Business, NewMerchant,
    keys::{Keys, SpecializedKeys, SubscriptionKey},
    portal::{LoginAuthMethod, ScopeOutsidePlan},
};
pub use choices::{BasicEncoding, DiscoveryDocument, Fields, Mode, Numbers, PartnerTokenRefusal, RsaBits, TokenKind};
pub use control::{
    Controls, EmulatorClock,
    error::{ControlError, ControlErrorKind},
};
pub use emulator::Emulator;
pub use endpoint::Endpoint;
pub use finding::{Finding, Verdict};
pub use id_token::{AuthReqIdName, IdTokenSpec, SignedBy, SigningAlg};
pub use log::RecordedRequest;
pub use login::record::{LoginKind, LoginStatus, RecordedLogin};
pub use options::Options;
pub use setup::Setup;
pub use staging::{Failure, ScriptedReply};
pub use users::{Address, AddressKind, App, User};
pub use webhook::pings::{PingOutcome, RecordedPing, Webhook};
pub use wire::reply::ErrorShape;

//! Tokens, headers, Login and ID-token checks for Vipps MobilePay partners.
//!
//! A partner (an ERP, a till vendor, a shop platform) runs integrations for many merchants with one set of keys. Each
//! call needs a fresh access token and the right headers for the right merchant, named by its merchant serial number
//! (MSN); each login needs an ID-token check by the `msn` claim, since the partner does not know the merchant's
//! `client_id`. This crate does these things, and nothing else.
//!
//! Not an official Vipps MobilePay product. Partner keys work in production only; the crate `vipps-emulator` stands in
//! for the service everywhere else.
//!
//! ```no_run
//! use vipps_partner_auth::{Config, Partner, PartnerKeys, SystemInfo};
//!
//! # async fn run() -> vipps_partner_auth::Result<()> {
//! let partner = Partner::new(PartnerKeys::from_env()?, SystemInfo::new("acme", "3.1.2")?, Config::default())?;
//! let shop = partner.merchant("123456".parse()?);
//! let headers: http::HeaderMap = shop.headers().await?;
//! # Ok(())
//! # }
//! ```
//!
//! All futures work under any executor: the library does its I/O on one thread of its own. [`Partner::blocking`] and its
//! like serve code without one. After a `fork` without `exec` the child must make handles of its own: those of the parent
//! may wait for a thread that is not there.
#![forbid(unsafe_code)]

mod blocking;
mod cache;
mod caller;
mod check;
mod clock;
mod config;
mod described;
mod discovery;
#[cfg(feature = "doctor")]
pub mod doctor;
mod environment;
mod error;
mod event;
mod executor;
mod finished;
mod flight;
mod headers;
mod http;
mod id_token;
#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
mod integrations;
mod json;
mod jwks;
mod key_source;
mod keys;
mod login;
mod management;
mod msn;
mod origin;
mod partner;
mod provider;
mod quote;
mod random;
mod remote_jwks;
mod renewing;
mod reply;
mod retry;
mod sales_units;
mod secret;
mod settings;
mod standing;
mod system;
mod token;
mod transport;
mod variables;
mod webhook;

pub use blocking::Blocking;
#[doc(hidden)]
pub use cache::CACHE_PATIENCE;
#[cfg(feature = "redis")]
pub use cache::RedisCache;
pub use cache::{
    CacheError, CacheKey, CachedToken, KeyFingerprint, KeyValueStore, Lock, MemoryCache, StoreCache, TokenCache,
};
pub use caller::Caller;
pub use check::{CheckFinding, CheckOutcome, MerchantCheck};
pub use clock::{BoxFuture, Clock, ManualClock, Now, SystemClock};
pub use config::{BasicEncoding, Config, LoginAuthMethod};
#[doc(hidden)]
pub use described::{Kind, Member, span};
pub use environment::{BaseUrl, Environment};
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, Stats};
pub use finished::Headers;
pub use http::{HttpSend, ReqwestClient, SendError};
#[doc(hidden)]
pub use http::{PlainReply, PlainRequest, PlainSender};
pub use id_token::{Expect, Flow, IdTokenClaims, IdTokenVerifier};
#[cfg(feature = "reqwest-middleware")]
pub use integrations::reqwest_middleware;
#[cfg(feature = "tower")]
pub use integrations::tower;
pub use key_source::{KeySource, KeySourceError};
pub use keys::{Keys, PartnerKeys, PspKeys, SalesUnitKeys, SpecializedKeys};
pub use login::{
    Address, Agreement, AuthorizationCode, Backchannel, BackchannelOptions, BackchannelPing, BackchannelState,
    FlowElement, FlowLink, FlowResult, FlowScreen, Login, LoginHint, LoginOptions, LoginRequest, LoginResult,
    LoginToken, Market, PendingLogin, RequestedFlow, UnverifiedConsentRevoked, Userinfo,
};
pub use msn::Msn;
pub use partner::{Merchant, Partner};
pub use sales_units::{SalesUnit, SalesUnitChanges, SalesUnitState, SalesUnitStatus};
pub use secret::Secret;
pub use settings::Settings;
pub use system::SystemInfo;
pub use token::AccessToken;
pub use webhook::{VerifiedWebhook, WebhookOptions, WebhookVerifier};

//! The native half of the Python package `vipps_partner_auth`: handles over the core, conversions, and the bridge to
//! threads and event loops. The Python half is in `python/vipps_partner_auth`.
#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::used_underscore_items,
    clippy::type_complexity,
    reason = "Python's protocols (`__copy__`, `__reduce__`) fix the shapes of methods"
)]
#![deny(unsafe_code)]

mod backchannel;
mod call;
mod clock;
mod convert;
mod doctor;
mod errors;
mod events;
mod gate;
mod id_token;
mod key_source;
mod keys;
mod login;
mod merchant;
mod named;
mod partner;
mod post;
mod process;
mod settings;
mod snapshot;
mod token;
mod token_cache;
mod transport;
mod userinfo;
mod values;
mod webhook;

use pyo3::{exceptions::PyImportError, prelude::*};
use vipps_partner_auth::{Clock, SystemClock};

/// The native half of `vipps_partner_auth`. Private: use the package.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    refuse_subinterpreters(module.py())?;
    process::watch_forks();
    process::belong_to(module.py());
    // Read once, so that no child can inherit it half made.
    SystemClock.now();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("APP_AUTH", vipps_partner_auth::LoginOptions::APP_AUTH)?;
    module.add_function(wrap_pyfunction!(events::end, module)?)?;
    module.add_function(wrap_pyfunction!(doctor::doctor_command, module)?)?;
    module.add_function(wrap_pyfunction!(keys::check_keys, module)?)?;
    module.add_function(wrap_pyfunction!(fork_generation, module)?)?;
    add_classes(module)
}

fn add_classes(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<backchannel::Backchannel>()?;
    module.add_class::<backchannel::BackchannelPing>()?;
    module.add_class::<backchannel::BackchannelState>()?;
    module.add_class::<backchannel::PendingLogin>()?;
    module.add_class::<backchannel::UnverifiedConsentRevoked>()?;
    module.add_class::<call::Call>()?;
    module.add_class::<clock::ManualClock>()?;
    module.add_class::<events::NativeEvent>()?;
    module.add_class::<id_token::IdTokenClaims>()?;
    module.add_class::<id_token::IdTokenVerifier>()?;
    module.add_class::<keys::PartnerKeys>()?;
    module.add_class::<keys::PspKeys>()?;
    module.add_class::<keys::SalesUnitKeys>()?;
    module.add_class::<keys::SpecializedKeys>()?;
    module.add_class::<login::AuthorizationCode>()?;
    module.add_class::<login::Login>()?;
    module.add_class::<login::LoginRequest>()?;
    module.add_class::<login::LoginResult>()?;
    module.add_class::<merchant::Merchant>()?;
    module.add_class::<partner::Partner>()?;
    module.add_class::<settings::Environment>()?;
    module.add_class::<settings::SystemInfo>()?;
    module.add_class::<token::AccessToken>()?;
    module.add_class::<token::LoginToken>()?;
    module.add_class::<token::Stats>()?;
    module.add_class::<transport::Reply>()?;
    module.add_class::<userinfo::Address>()?;
    module.add_class::<userinfo::Userinfo>()?;
    module.add_class::<webhook::VerifiedWebhook>()?;
    module.add_class::<webhook::WebhookVerifier>()
}

/// Counts the forks between the first process and this one.
#[pyfunction]
fn fork_generation() -> u64 {
    process::generation()
}

/// State is per process, and threads of the library know one interpreter only.
fn refuse_subinterpreters(py: Python<'_>) -> PyResult<()> {
    if interpreter(py) == 0 {
        return Ok(());
    }
    Err(PyImportError::new_err("vipps_partner_auth works in the main interpreter only, not in a sub-interpreter"))
}

#[expect(unsafe_code, reason = "only C can tell which interpreter this is")]
fn interpreter(_attached: Python<'_>) -> i64 {
    // SAFETY: the token shows that this thread is attached to an interpreter.
    unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) }
}

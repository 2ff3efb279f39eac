//! The offline Vipps, within the process that tests.

mod records;
mod spec;
mod user;

use std::{io, str::FromStr};

use pyo3::{
    exceptions::{PyOSError, PyRuntimeError},
    prelude::*,
    types::{PyDateTime, PyDict, PyList},
};
use vipps_emulator as emu;
use vipps_partner_auth as core;

use self::{
    records::{RecordedLogin, RecordedPing, RecordedRequest},
    user::User,
};
use crate::{
    convert::{datetime_of, instant, optional_text, span, text, texts, whole},
    errors::{OrRaise, invalid, invalid_sentence, refused, wrong_type},
    gate,
    keys::{PartnerKeys, SalesUnitKeys, SpecializedKeys},
    process::PerProcess,
};

pub(crate) fn add_classes(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Emulator>()?;
    module.add_class::<records::Finding>()?;
    module.add_class::<RecordedLogin>()?;
    module.add_class::<RecordedPing>()?;
    module.add_class::<RecordedRequest>()?;
    module.add_class::<User>()
}

/// One of a few words.
fn choice<T: Clone>(field: &str, value: &Bound<'_, PyAny>, choices: &[(&str, T)]) -> PyResult<T> {
    let word = text(field, value)?;
    let found = choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| choice.clone());
    let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| invalid(value.py(), field, &format!("must be one of {}", names())))
}

/// One of the emulator's own text codes.
fn coded<T: FromStr<Err = io::Error>>(field: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    let rule = |error: io::Error| invalid_sentence(value.py(), field, &error.to_string());
    text(field, value)?.parse::<T>().map_err(rule)
}

/// A stand-in for the token and Login endpoints of Vipps, for tests: on this machine only, with invented keys.
///
/// It is strict: what the documents forbid is refused, and ``requests()`` says why. It runs on a thread of its own until
/// ``stop()``, the end of a ``with`` block, or the end of the object.
#[pyclass(frozen, weakref, module = "vipps_partner_auth")]
pub(crate) struct Emulator {
    base_url: String,
    page_url: String,
    live: PerProcess<emu::Emulator>,
}

impl Emulator {
    fn live(&self) -> PyResult<&emu::Emulator> {
        let elsewhere = "the emulator runs in the process that started it: this is a forked child";
        self.live.get().ok_or_else(|| PyRuntimeError::new_err(elsewhere))
    }
}

#[pymethods]
impl Emulator {
    // Life.

    #[new]
    #[pyo3(signature = (*, port=None, mode=None, merchants=None, rsa_bits=None))]
    fn new(
        py: Python<'_>,
        port: Option<&Bound<'_, PyAny>>,
        mode: Option<&Bound<'_, PyAny>>,
        merchants: Option<&Bound<'_, PyAny>>,
        rsa_bits: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut options = emu::Options::default();
        if let Some(port) = port {
            options.port = whole("port", port)?;
        }
        if let Some(mode) = mode {
            options.mode = choice("mode", mode, &[("production", emu::Mode::Production), ("test", emu::Mode::Test)])?;
        }
        if let Some(merchants) = merchants {
            let parse = |text: String| text.parse::<core::Msn>().or_raise(py);
            options.merchants = texts("merchants", merchants)?.into_iter().map(parse).collect::<PyResult<_>>()?;
        }
        if let Some(bits) = rsa_bits {
            options.rsa_bits = rsa_size(bits)?;
        }
        let live = py
            .detach(|| gate::within(|| emu::Emulator::start(options)))
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self { base_url: live.base_url().to_owned(), page_url: live.page_url(), live: PerProcess::with(live) })
    }

    /// Where it listens, without a slash at the end: the setting ``environment`` of a ``Partner``.
    #[getter]
    fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The page for a person's browser: whoever is asked to log in decides there, and it lists the requests.
    #[getter]
    fn page_url(&self) -> &str {
        &self.page_url
    }

    /// Closes every socket and ends the thread. The log can still be read; stopping again does nothing.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let live = self.live()?;
        py.detach(|| live.stop());
        Ok(())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        // In a child that was forked within the block there is nothing to stop.
        if self.live.get().is_some() { self.stop(py) } else { Ok(()) }
    }

    fn __repr__(&self) -> String {
        format!("<Emulator {}>", self.base_url)
    }

    // Keys and merchants.

    /// The partner's keys as they are now.
    #[getter]
    fn partner_keys(&self, py: Python<'_>) -> PyResult<PartnerKeys> {
        core::PartnerKeys::try_from(self.live()?.partner_keys()).or_raise(py).map(PartnerKeys)
    }

    /// A sales unit's own keys as they are now; ``None`` if there is no such sales unit.
    #[pyo3(signature = (msn, /))]
    fn sales_unit_keys(&self, py: Python<'_>, msn: &Bound<'_, PyAny>) -> PyResult<Option<SalesUnitKeys>> {
        let msn = crate::convert::msn(msn)?;
        let keys = self.live()?.sales_unit_keys(&msn);
        keys.map(|keys| keys.for_sales_unit(msn).or_raise(py).map(SalesUnitKeys)).transpose()
    }

    /// The keys for ``/miami/v1/token``.
    #[getter]
    fn specialized_keys(&self, py: Python<'_>) -> PyResult<SpecializedKeys> {
        core::SpecializedKeys::try_from(self.live()?.specialized_keys()).or_raise(py).map(SpecializedKeys)
    }

    /// Adds a sales unit that is connected to the partner, or connects and activates one that is there; returns its keys.
    #[pyo3(signature = (msn, /))]
    fn add_merchant(&self, py: Python<'_>, msn: &Bound<'_, PyAny>) -> PyResult<SalesUnitKeys> {
        let msn = crate::convert::msn(msn)?;
        self.live()?.add_merchant(&msn).for_sales_unit(msn).or_raise(py).map(SalesUnitKeys)
    }

    /// The partner may no longer act for this sales unit (403); its own keys go on working.
    #[pyo3(signature = (msn, /))]
    fn disconnect_merchant(&self, msn: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.disconnect_merchant(&crate::convert::msn(msn)?);
        Ok(())
    }

    /// The sales unit is blocked.
    #[pyo3(signature = (msn, /))]
    fn deactivate_merchant(&self, msn: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.deactivate_merchant(&crate::convert::msn(msn)?);
        Ok(())
    }

    /// Regenerates one subscription key (``primary`` or ``secondary``) of every pair.
    #[pyo3(signature = (which, /))]
    fn reject_subscription_key(&self, which: &Bound<'_, PyAny>) -> PyResult<()> {
        let both = [("primary", emu::SubscriptionKey::Primary), ("secondary", emu::SubscriptionKey::Secondary)];
        self.live()?.reject_subscription_key(choice("which", which, &both)?);
        Ok(())
    }

    /// Behaves as if all keys were for the other environment.
    #[pyo3(signature = (wrong=true, /))]
    fn wrong_environment(&self, wrong: bool) -> PyResult<()> {
        self.live()?.wrong_environment(wrong);
        Ok(())
    }

    // The log.

    /// The latest 10,000 requests, oldest first, each with what was right and wrong about it.
    fn requests(&self) -> PyResult<Vec<RecordedRequest>> {
        Ok(self.live()?.requests().into_iter().map(RecordedRequest).collect())
    }

    /// Empties the log and sets all counts to zero.
    fn clear_requests(&self) -> PyResult<()> {
        self.live()?.clear_requests();
        Ok(())
    }

    /// How many requests came to this path, answered or not.
    #[pyo3(signature = (path, /))]
    fn count(&self, path: &Bound<'_, PyAny>) -> PyResult<usize> {
        Ok(self.live()?.count(&text("path", path)?))
    }

    // Time and tokens.

    /// The emulator's time; in UTC.
    #[getter]
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime_of(py, self.live()?.now_unix())
    }

    /// Moves the emulator's clock ahead, by seconds or a ``timedelta``.
    #[pyo3(signature = (by, /))]
    fn advance(&self, by: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.advance(span("by", by)?);
        Ok(())
    }

    /// Stops the emulator's clock at a moment; from then on only ``advance`` moves it.
    #[pyo3(signature = (to, /))]
    fn set_time(&self, to: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.set_time(instant("to", to)?.as_secs());
        Ok(())
    }

    /// How the token endpoints spell numbers: ``as_documented``, ``strings`` or ``numbers``.
    #[pyo3(signature = (how, /))]
    fn numbers(&self, how: &Bound<'_, PyAny>) -> PyResult<()> {
        use emu::Numbers::{AsDocumented, Numbers, Strings};
        let all = [("as_documented", AsDocumented), ("strings", Strings), ("numbers", Numbers)];
        self.live()?.numbers(choice("how", how, &all)?);
        Ok(())
    }

    /// How many fields ``/accesstoken/get`` replies with: ``seven`` or ``four``.
    #[pyo3(signature = (how_many, /))]
    fn fields(&self, how_many: &Bound<'_, PyAny>) -> PyResult<()> {
        let both = [("seven", emu::Fields::Seven), ("four", emu::Fields::Four)];
        self.live()?.fields(choice("how_many", how_many, &both)?);
        Ok(())
    }

    /// How long tokens of a kind (``standard``, ``specialized`` or ``login``) live that are issued from now on.
    #[pyo3(signature = (kind, lifetime, /))]
    fn token_lifetime(&self, kind: &Bound<'_, PyAny>, lifetime: &Bound<'_, PyAny>) -> PyResult<()> {
        use emu::TokenKind::{Login, Specialized, Standard};
        let kind = choice("kind", kind, &[("standard", Standard), ("specialized", Specialized), ("login", Login)])?;
        self.live()?.token_lifetime(kind, span("lifetime", lifetime)?);
        Ok(())
    }

    /// All tokens issued so far are refused from now on.
    fn revoke_tokens(&self) -> PyResult<()> {
        self.live()?.revoke_tokens();
        Ok(())
    }

    /// Whether ``/miami/v1/token`` takes form-encoded Basic credentials beside raw ones.
    #[pyo3(signature = (accept=true, /))]
    fn accept_form_encoded_basic(&self, accept: bool) -> PyResult<()> {
        self.live()?.accept_form_encoded_basic(accept);
        Ok(())
    }

    /// Whether ``/accesstoken/get`` refuses an MSN the keys may not act for.
    #[pyo3(signature = (check=true, /))]
    fn check_msn_on_token(&self, check: bool) -> PyResult<()> {
        self.live()?.check_msn_on_token(check);
        Ok(())
    }

    // ID tokens and their keys.

    /// Makes an ID token for a sales unit, good or wrong, on the emulator's clock.
    ///
    /// Expectations of a good one: ``subject``, ``nonce``, ``access_token``, ``acr``, ``auth_req_id`` (with
    /// ``auth_req_id_name``: ``snake``, ``camel`` or ``urn``), ``lifetime``, ``alg`` (``RS256`` or ``ES256``). Bends:
    /// ``signed_by`` (``current``, ``withdrawn``, ``unknown``, ``forger``, ``public_key_hmac`` or ``nobody``), ``claims``,
    /// ``without_claims``, ``header``, ``without_header``.
    #[pyo3(signature = (msn, /, **bends))]
    fn mint_id_token(&self, msn: &Bound<'_, PyAny>, bends: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
        let spec = spec::Bends::parse(bends)?.apply(emu::IdTokenSpec::new(&crate::convert::msn(msn)?));
        Ok(self.live()?.mint_id_token(&spec))
    }

    /// Bends the ID token of the next login that is exchanged, as ``mint_id_token`` takes it; several calls queue up.
    #[pyo3(signature = (**bends))]
    fn bend_next_id_token(&self, bends: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let bends = spec::Bends::parse(bends)?;
        self.live()?.bend_next_id_token(move |spec| bends.apply(spec));
        Ok(())
    }

    /// The published keys as JSON.
    fn jwks(&self) -> PyResult<String> {
        Ok(self.live()?.jwks())
    }

    /// Publishes new keys and signs with them from now on; the old ones stay published.
    fn rotate_keys(&self, py: Python<'_>) -> PyResult<()> {
        let live = self.live()?;
        py.detach(|| gate::within(|| live.rotate_keys()));
        Ok(())
    }

    /// Publishes the current keys only.
    fn withdraw_old_keys(&self) -> PyResult<()> {
        self.live()?.withdraw_old_keys();
        Ok(())
    }

    /// Whether the published keys are out of reach.
    #[pyo3(signature = (outage=true, /))]
    fn jwks_outage(&self, outage: bool) -> PyResult<()> {
        self.live()?.jwks_outage(outage);
        Ok(())
    }

    /// The ``Cache-Control`` of the published keys; ``None`` for none.
    #[pyo3(signature = (value, /))]
    fn jwks_cache_control(&self, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.live()?.jwks_cache_control(optional_text("value", value)?.as_deref()).map_err(refused)
    }

    // Trouble.

    /// The next ``times`` requests to an endpoint fail; several calls queue up.
    ///
    /// ``endpoint`` is ``standard_token``, ``specialized_token``, ``discovery``, ``jwks``, ``authorize``, ``login_token``,
    /// ``userinfo``, ``backchannel``, ``user_exists``, ``payments``, ``sales_units`` or ``ledgers``. With a ``status`` the
    /// reply is an error in a ``shape`` (``aad``, ``oauth``, ``apim``, ``gateway_legacy``, ``problem``, ``ecom_list``,
    /// ``strings``, ``text``, ``html``, ``empty``), with ``error`` and ``retry_after``; else ``how`` says what happens:
    /// ``drop_before_reading``, ``drop_after_reading`` or ``hang``; or ``delay`` in real time.
    #[pyo3(signature = (endpoint, /, times=None, *, status=None, shape=None, error=None, retry_after=None, how=None,
                        delay=None))]
    #[expect(clippy::too_many_arguments, reason = "named arguments with defaults, as Python has them")]
    fn fail_next(
        &self,
        py: Python<'_>,
        endpoint: &Bound<'_, PyAny>,
        times: Option<&Bound<'_, PyAny>>,
        status: Option<&Bound<'_, PyAny>>,
        shape: Option<&Bound<'_, PyAny>>,
        error: Option<&Bound<'_, PyAny>>,
        retry_after: Option<&Bound<'_, PyAny>>,
        how: Option<&Bound<'_, PyAny>>,
        delay: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let endpoint = coded("endpoint", endpoint)?;
        let times = times.map_or(Ok(1), |times| whole("times", times))?;
        let mut failure = match (status, how, delay) {
            (Some(status), None, None) => error_reply(status, shape)?,
            (None, Some(how), None) => choice("how", how, &mishaps())?,
            (None, None, Some(delay)) => emu::Failure::Delay(span("delay", delay)?),
            _ => return Err(invalid_sentence(py, "status", "one of status, how and delay must be given")),
        };
        if let Some(error) = optional_text("error", error)? {
            failure = failure.with_error(error);
        }
        if let Some(wait) = optional_text("retry_after", retry_after)? {
            failure = failure.with_retry_after(wait);
        }
        self.live()?.fail_next(endpoint, times, failure);
        Ok(())
    }

    /// Forgets failures and scripts that have not been played yet.
    fn clear_failures(&self) -> PyResult<()> {
        self.live()?.clear_failures();
        Ok(())
    }

    /// Lets every request go on that hangs now.
    fn release_hung(&self) -> PyResult<()> {
        self.live()?.release_hung();
        Ok(())
    }

    /// The next requests to exactly this path get these replies, one each: tuples of status, headers and body.
    #[pyo3(signature = (path, replies, /))]
    fn script(&self, path: &Bound<'_, PyAny>, replies: &Bound<'_, PyAny>) -> PyResult<()> {
        let expected = "a list of (status, headers, body)";
        let replies = replies.cast::<PyList>().map_err(|_| wrong_type("replies", expected, replies))?;
        let replies = replies.iter().map(|reply| scripted(&reply)).collect::<PyResult<_>>()?;
        self.live()?.script(&text("path", path)?, replies);
        Ok(())
    }

    /// Each request to this endpoint is served only after so much real time.
    #[pyo3(signature = (endpoint, latency, /))]
    fn set_latency(&self, endpoint: &Bound<'_, PyAny>, latency: &Bound<'_, PyAny>) -> PyResult<()> {
        let endpoint = coded("endpoint", endpoint)?;
        self.live()?.set_latency(endpoint, span("latency", latency)?);
        Ok(())
    }

    // Login.

    /// Registers a ``redirect_uri`` or ``app_callback_uri``, which is compared byte for byte.
    #[pyo3(signature = (msn, uri, /))]
    fn register_redirect_uri(&self, msn: &Bound<'_, PyAny>, uri: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.register_redirect_uri(&crate::convert::msn(msn)?, &text("uri", uri)?).map_err(refused)
    }

    /// How the sales unit's own keys authenticate: ``client_secret_basic`` or ``client_secret_post``.
    #[pyo3(signature = (msn, method, /))]
    fn login_auth_method(&self, msn: &Bound<'_, PyAny>, method: &Bound<'_, PyAny>) -> PyResult<()> {
        use emu::LoginAuthMethod::{Basic, Post};
        let method = choice("method", method, &[("client_secret_basic", Basic), ("client_secret_post", Post)])?;
        self.live()?.login_auth_method(&crate::convert::msn(msn)?, method).map_err(refused)
    }

    /// The scopes in the sales unit's plan.
    #[pyo3(signature = (msn, scopes, /))]
    fn login_scopes(&self, msn: &Bound<'_, PyAny>, scopes: &Bound<'_, PyAny>) -> PyResult<()> {
        let scopes = texts("scopes", scopes)?;
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        self.live()?.login_scopes(&crate::convert::msn(msn)?, &scopes).map_err(refused)
    }

    /// The name that the person reads.
    #[pyo3(signature = (msn, name, /))]
    fn name_merchant(&self, msn: &Bound<'_, PyAny>, name: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.name_merchant(&crate::convert::msn(msn)?, &text("name", name)?).map_err(refused)
    }

    /// Adds a person, or replaces the one with this phone number. Kari Fixture, 4791234567, is there from the start.
    #[pyo3(signature = (user, /))]
    fn add_user(&self, user: &Bound<'_, PyAny>) -> PyResult<()> {
        let user = crate::convert::object::<User>("user", user)?.get().0.clone();
        self.live()?.add_user(user).map_err(refused)
    }

    /// Forgets a person; logins that were approved stay.
    #[pyo3(signature = (msisdn, /))]
    fn remove_user(&self, msisdn: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.remove_user(&text("msisdn", msisdn)?);
        Ok(())
    }

    /// Everybody, by phone number.
    fn users(&self) -> PyResult<Vec<User>> {
        Ok(self.live()?.users().into_iter().map(User).collect())
    }

    /// The latest 10,000 logins, oldest first.
    fn logins(&self) -> PyResult<Vec<RecordedLogin>> {
        Ok(self.live()?.logins().into_iter().map(RecordedLogin).collect())
    }

    /// The person with this phone number approves a login. Returns the URL that the person's browser opens next, if any.
    #[pyo3(signature = (id, msisdn, /))]
    fn approve(&self, id: &Bound<'_, PyAny>, msisdn: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        self.live()?.approve(&text("id", id)?, &text("msisdn", msisdn)?).map_err(refused)
    }

    /// The person denies a login, or it ends with another ``error``. Returns the URL that the browser opens next, if any.
    #[pyo3(signature = (id, error=None, /))]
    fn deny(&self, id: &Bound<'_, PyAny>, error: Option<&Bound<'_, PyAny>>) -> PyResult<Option<String>> {
        let (live, id) = (self.live()?, text("id", id)?);
        match optional_text("error", error)? {
            Some(error) => live.deny_with(&id, &error).map_err(refused),
            None => live.deny(&id).map_err(refused),
        }
    }

    /// From now on ``/oauth2/auth`` answers at once: the person with this phone number approves.
    #[pyo3(signature = (msisdn, /))]
    fn auto_approve(&self, msisdn: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.auto_approve(&text("msisdn", msisdn)?).map_err(refused)
    }

    /// From now on ``/oauth2/auth`` answers at once with this error.
    #[pyo3(signature = (error, /))]
    fn auto_deny(&self, error: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.auto_deny(&text("error", error)?);
        Ok(())
    }

    /// A person decides again: ends ``auto_approve`` and ``auto_deny``.
    fn ask_person(&self) -> PyResult<()> {
        self.live()?.ask_person();
        Ok(())
    }

    /// What becomes of scopes that a sales unit's plan does not have: ``dropped`` or ``refused``.
    #[pyo3(signature = (outside, /))]
    fn scopes_outside_plan(&self, outside: &Bound<'_, PyAny>) -> PyResult<()> {
        use emu::ScopeOutsidePlan::{Dropped, Refused};
        self.live()?.scopes_outside_plan(choice("outside", outside, &[("dropped", Dropped), ("refused", Refused)])?);
        Ok(())
    }

    /// Under which name ID tokens carry the id of a backchannel request: ``snake``, ``camel`` or ``urn``.
    #[pyo3(signature = (name, /))]
    fn auth_req_id_name(&self, name: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.auth_req_id_name(spec::auth_req_id_name(name)?);
        Ok(())
    }

    /// Whether errors of the backchannel's start come in ``error_code``.
    #[pyo3(signature = (on=true, /))]
    fn backchannel_error_code(&self, on: bool) -> PyResult<()> {
        self.live()?.backchannel_error_code(on);
        Ok(())
    }

    /// How many logins by phone number may wait for one person at a time.
    #[pyo3(signature = (logins, /))]
    fn backchannel_limit(&self, logins: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live()?.backchannel_limit(whole("logins", logins)?);
        Ok(())
    }

    /// From now on every decided login by phone number is told to this address of this machine; ``None`` ends it.
    #[pyo3(signature = (url, /))]
    fn ping_url(&self, url: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.live()?.ping_url(optional_text("url", url)?.as_deref()).map_err(refused)
    }

    /// The latest 1,000 pings and what came of them, oldest first.
    fn pings(&self) -> PyResult<Vec<RecordedPing>> {
        Ok(self.live()?.pings().into_iter().map(RecordedPing).collect())
    }

    /// The body of the webhook event for a login that is finished by polling.
    #[pyo3(signature = (id, /))]
    fn ping_body(&self, id: &Bound<'_, PyAny>) -> PyResult<String> {
        self.live()?.ping_body(&text("id", id)?).map_err(refused)
    }

    /// The body of the consent-revoked callback, for a person at a sales unit.
    #[pyo3(signature = (msn, msisdn, /))]
    fn consent_revoked_body(&self, msn: &Bound<'_, PyAny>, msisdn: &Bound<'_, PyAny>) -> PyResult<String> {
        self.live()?.consent_revoked_body(&crate::convert::msn(msn)?, &text("msisdn", msisdn)?).map_err(refused)
    }
}

fn rsa_size(bits: &Bound<'_, PyAny>) -> PyResult<emu::RsaBits> {
    match whole::<u32>("rsa_bits", bits)? {
        2048 => Ok(emu::RsaBits::Bits2048),
        3072 => Ok(emu::RsaBits::Bits3072),
        4096 => Ok(emu::RsaBits::Bits4096),
        _ => Err(invalid(bits.py(), "rsa_bits", "must be 2048, 3072 or 4096")),
    }
}

fn mishaps() -> [(&'static str, emu::Failure); 3] {
    [
        ("drop_before_reading", emu::Failure::DropBeforeReading),
        ("drop_after_reading", emu::Failure::DropAfterReading),
        ("hang", emu::Failure::Hang),
    ]
}

fn error_reply(status: &Bound<'_, PyAny>, shape: Option<&Bound<'_, PyAny>>) -> PyResult<emu::Failure> {
    let shape = shape.map_or(Ok(emu::ErrorShape::Apim), |shape| coded("shape", shape))?;
    Ok(emu::Failure::status(whole("status", status)?, shape))
}

fn scripted(reply: &Bound<'_, PyAny>) -> PyResult<emu::ScriptedReply> {
    let parts: (Bound<'_, PyAny>, Bound<'_, PyDict>, Bound<'_, PyAny>) =
        reply.extract().map_err(|_| wrong_type("reply", "(status, headers, body)", reply))?;
    let (status, headers, body) = parts;
    let header =
        |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| Ok((text("name", &name)?, text("value", &value)?));
    let headers = headers.iter().map(header).collect::<PyResult<Vec<_>>>()?;
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    emu::ScriptedReply::new(whole("status", &status)?, headers, text("body", &body)?).map_err(refused)
}

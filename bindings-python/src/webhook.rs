//! Webhooks.

use std::sync::Arc;

use pyo3::{
    prelude::*,
    types::{PyByteArray, PyBytes, PyDateTime, PyDict, PyList, PyMemoryView, PyString},
};
use vipps_partner_auth as core;

use crate::{
    backchannel::BackchannelPing,
    clock::{LiveClock, ManualClock},
    convert::{datetime, object, optional_text, span, text},
    errors::{OrRaise, wrong_type},
    snapshot::dict,
    values::{Repr, hash, not_to_be_pickled},
};

/// Checks that a call to a webhook comes from Vipps and is as it was sent. Needs no keys and no network.
///
/// ``secrets`` maps each ``Webhook-Id`` to its secret, or to several while one is rotated; pairs will do as well. A secret is
/// used as it stands: it looks like base64 and is not to be decoded. ``public_host`` is the host of the registered URL, such
/// as ``shop.example``: needed where a proxy in front of this program changes ``Host``. ``tolerance`` (5 min, at most 24 h;
/// seconds or a ``timedelta``) is how far ``x-ms-date`` may be from this machine's clock. ``clock`` is a ``ManualClock``, for
/// tests. A wrong one raises ``InvalidConfigError`` and is named.
#[pyclass(frozen, weakref, module = "vipps_partner_auth")]
pub(crate) struct WebhookVerifier(core::WebhookVerifier);

#[pymethods]
impl WebhookVerifier {
    #[new]
    #[pyo3(signature = (secrets, *, public_host=None, tolerance=None, clock=None))]
    fn new(
        py: Python<'_>,
        secrets: &Bound<'_, PyAny>,
        public_host: Option<&Bound<'_, PyAny>>,
        tolerance: Option<&Bound<'_, PyAny>>,
        clock: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut options = core::WebhookOptions::default();
        if let Some(host) = optional_text("public_host", public_host)? {
            options = options.public_host(host);
        }
        if let Some(tolerance) = tolerance {
            options = options.tolerance(span("tolerance", tolerance)?);
        }
        if let Some(clock) = clock {
            let clock = object::<ManualClock>("clock", clock)?.clone().unbind();
            options = options.clock(Arc::new(LiveClock(clock)));
        }
        core::WebhookVerifier::with_options(each_secret(secrets)?, &options).or_raise(py).map(Self)
    }

    /// Checks a request. ``path`` is path and query as the request line had them, or the whole URL; ``headers`` is a mapping
    /// or pairs of name and value, names in any letter case, as web frameworks have them; ``body`` is the raw body.
    ///
    /// Raises ``InvalidWebhookError`` for all that is not to be trusted: answer 401. Its ``reason`` names what differs:
    /// ``form``, ``webhook_id``, ``date``, ``hash``, ``host`` or ``signature``; its ``hint`` is the likely cause. Both are for
    /// logs, not for whoever called.
    fn verify(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        path: &Bound<'_, PyAny>,
        headers: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<VerifiedWebhook> {
        let method = foreign_text("method", method)?;
        let path = foreign_text("path", path)?;
        let body = bytes(body)?;
        self.0.verify(&method, &path, each_header(headers)?, body.as_bytes()).or_raise(py).map(VerifiedWebhook)
    }

    /// Signs a body as Vipps would, for tests of a receiver: the headers of the call, ``host`` among them. ``url`` is the whole
    /// URL of the registration. With several secrets for this id the first signs; the date is that of the clock.
    fn sign<'py>(
        &self,
        py: Python<'py>,
        webhook_id: &Bound<'py, PyAny>,
        url: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let webhook_id = text("webhook_id", webhook_id)?;
        let url = text("url", url)?;
        let headers = self.0.sign(&webhook_id, &url, bytes(body)?.as_bytes()).or_raise(py)?;
        dict(py, &headers, None)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled("WebhookVerifier", "it holds secrets; let each process make its own"))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> &'static str {
        "<vipps_partner_auth.WebhookVerifier>"
    }
}

/// A call that passed every check of a ``WebhookVerifier``. There is no other way to make one, so it can't be pickled.
///
/// Be ready for the same event to come twice.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq)]
pub(crate) struct VerifiedWebhook(pub(crate) core::VerifiedWebhook);

#[pymethods]
impl VerifiedWebhook {
    /// Which registration it came through (``Webhook-Id``).
    #[getter]
    fn webhook_id(&self) -> &str {
        self.0.webhook_id()
    }

    /// When Vipps sent it (``x-ms-date``); in UTC.
    #[getter]
    fn sent_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime(py, self.0.sent_at())
    }

    /// The body as it came: the event's JSON.
    #[getter]
    fn body(&self) -> &[u8] {
        self.0.body()
    }

    /// The event ``login.merchant-initiated.ping.v1``: a login by phone number has been decided. Finish the login with
    /// ``Backchannel.finish_webhook``. Raises ``InvalidConfigError``, field ``body``, for any other event.
    fn ping(&self, py: Python<'_>) -> PyResult<BackchannelPing> {
        let ping = self.0.ping().or_raise(py)?;
        Ok(BackchannelPing { ping, body: String::from_utf8_lossy(self.0.body()).into_owned() })
    }

    fn __hash__(&self) -> u64 {
        hash((self.0.webhook_id(), self.0.sent_at(), self.0.body()))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled("VerifiedWebhook", "it is proof of a check; hand on its body"))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let repr = Repr::new(py, "VerifiedWebhook").member("webhook_id", self.0.webhook_id())?;
        Ok(repr.moment("sent_at", self.0.sent_at())?.rest().end())
    }
}

/// A text from outside: what can't be UTF-8 in it is for the core to judge.
fn foreign_text(field: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(field, "str", value))?;
    Ok(text.to_string_lossy().into_owned())
}

fn bytes<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    let py = value.py();
    if value.is_instance_of::<PyString>() {
        return Ok(PyBytes::new(py, text("body", value)?.as_bytes()));
    }
    if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
        return Ok(py.get_type::<PyBytes>().call1((value,))?.cast_into()?);
    }
    Err(wrong_type("body", "the raw bytes of the body", value))
}

/// Pairs of id and secret, of a mapping or of pairs. A value of a mapping may be several.
fn each_secret(secrets: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for pair in pairs_of("secrets", "a mapping of Webhook-Id to secret, or pairs of them", secrets)? {
        let (id, secret) = pair?;
        let id = text("webhook_id", &id)?;
        if secret.is_instance_of::<PyString>() {
            pairs.push((id, text("secret", &secret)?));
            continue;
        }
        for secret in secret.try_iter().map_err(|_| wrong_type("secret", "str", &secret))? {
            pairs.push((id.clone(), text("secret", &secret?)?));
        }
    }
    Ok(pairs)
}

/// Pairs of name and value. A value may be several, as some frameworks have them.
fn each_header(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut pairs = Vec::with_capacity(16);
    for pair in pairs_of("headers", "a mapping or pairs of name and value", headers)? {
        let (name, value) = pair?;
        let name = header_text(&name)?.ok_or_else(|| wrong_type("headers", "names of str or bytes", &name))?;
        if let Some(value) = header_text(&value)? {
            pairs.push((name, value));
            continue;
        }
        let expected = "values of str or bytes";
        for one in value.try_iter().map_err(|_| wrong_type("headers", expected, &value))? {
            let one = one?;
            let value = header_text(&one)?.ok_or_else(|| wrong_type("headers", expected, &one))?;
            pairs.push((name.clone(), value));
        }
    }
    Ok(pairs)
}

fn header_text(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Some(text.to_string_lossy().into_owned().into_bytes()));
    }
    Ok(value.cast::<PyBytes>().ok().map(|bytes| bytes.as_bytes().to_vec()))
}

type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The pairs of a mapping, of whatever else has ``items``, or of an iterable.
fn pairs_of<'py>(
    field: &'static str,
    expected: &'static str,
    value: &Bound<'py, PyAny>,
) -> PyResult<impl Iterator<Item = PyResult<Pair<'py>>> + use<'py>> {
    let refused = |value: &Bound<'py, PyAny>| wrong_type(field, expected, value);
    let items = match value.getattr_opt("items")? {
        Some(items) => items.call0()?,
        None if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() => return Err(refused(value)),
        None => value.clone(),
    };
    let pairs = items.try_iter().map_err(|_| refused(value))?;
    Ok(pairs.map(move |pair| {
        let pair = pair?;
        two(&pair).ok_or_else(|| wrong_type(field, expected, &pair))
    }))
}

fn two<'py>(pair: &Bound<'py, PyAny>) -> Option<Pair<'py>> {
    match pair.cast::<PyList>() {
        Ok(list) if list.len() == 2 => Some((list.get_item(0).ok()?, list.get_item(1).ok()?)),
        _ => pair.extract().ok(),
    }
}

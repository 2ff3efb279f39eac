//! Settings by name, and who is calling.

use std::sync::Arc;

use pyo3::{
    PyTraverseError, PyVisit,
    exceptions::PyTypeError,
    prelude::*,
    types::{PyDict, PyString, PyType},
};
use vipps_partner_auth as core;

use crate::{
    clock::ManualClock,
    convert::{object, optional_text, text},
    errors::{OrRaise, wrong_type},
    events::{Hook, teller},
    key_source,
    named::values,
    process, token_cache, transport,
    values::{Repr, hash},
};

/// Everything that can be set, kept as it was given: each process makes its own [`core::Config`] of it.
pub(crate) struct Settings {
    config: core::Config,
    clock: Option<Py<ManualClock>>,
    hook: Option<Arc<Py<Hook>>>,
    key_source: Option<Arc<Py<Hook>>>,
    own: Vec<Arc<Py<Hook>>>,
}

impl Settings {
    pub(crate) fn parse(py: Python<'_>, given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let (values, objects) = values(given, core::Settings::kind_of)?;
        let read = core::Settings::read(values).or_raise(py)?;
        let config = core::Config::from(read).event_sink(teller(0));
        let settings = Self { config, clock: None, hook: None, key_source: None, own: Vec::new() };
        objects.iter().try_fold(settings, |settings, (name, value)| settings.with_object(name, value))
    }

    fn with_object(self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        match name {
            "clock" | "on_event" | "key_source" | "token_cache" | "transport" if value.is_none() => Ok(self),
            "clock" => Ok(Self { clock: Some(object(name, value)?.clone().unbind()), ..self }),
            "on_event" => self.with_hook(value),
            "key_source" => self.with_key_source(value),
            "token_cache" => self.with_token_cache(value),
            "transport" => self.with_transport(value),
            _ => Err(PyTypeError::new_err(format!("there is no setting {name}"))),
        }
    }

    fn with_hook(self, callable: &Bound<'_, PyAny>) -> PyResult<Self> {
        if !callable.is_callable() {
            return Err(wrong_type("on_event", "callable", callable));
        }
        let (hook, number) = Hook::new(callable)?;
        Ok(Self { config: self.config.event_sink(teller(number)), hook: Some(hook), ..self })
    }

    fn with_key_source(self, callable: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (hook, source) = key_source::source(callable)?;
        Ok(Self { config: self.config.key_source(source), key_source: Some(hook), ..self })
    }

    fn with_token_cache(self, cache: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (hook, cache) = token_cache::cache(cache)?;
        Ok(Self { config: self.config.token_cache(cache), ..self }.holding(hook))
    }

    fn with_transport(self, transport: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (hook, sender) = transport::sender(transport)?;
        Ok(Self { config: self.config.http(sender), ..self }.holding(hook))
    }

    fn holding(mut self, hook: Arc<Py<Hook>>) -> Self {
        self.own.push(hook);
        self
    }

    /// For a look at whether all is well, which tells nobody anything and starts no thread.
    pub(crate) fn silent(&self) -> core::Config {
        self.config.clone().event_sink(|_| ())
    }

    /// For this process.
    pub(crate) fn live(&self) -> PyResult<core::Config> {
        let config = self.config.clone().runtime(process::state()?.handle.clone());
        Ok(config.clock(self.clock()))
    }

    pub(crate) fn clock(&self) -> Arc<dyn core::Clock> {
        match &self.clock {
            Some(clock) => Arc::new(clock.get().live().clone()),
            None => Arc::new(core::SystemClock),
        }
    }

    pub(crate) fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.hook.as_deref())?;
        visit.call(self.key_source.as_deref())?;
        self.own.iter().try_for_each(|hook| visit.call(&**hook))?;
        visit.call(self.clock.as_ref())
    }
}

pub(crate) fn environment_text(field: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast::<Environment>() {
        Ok(environment) => Ok(environment.get().0.base_url().to_owned()),
        Err(_) if value.is_instance_of::<PyString>() => text(field, value),
        Err(_) => Err(wrong_type(field, "str or Environment", value)),
    }
}

/// Which Vipps to talk to: ``production``, ``test`` or a base URL.
///
/// Wherever a setting ``environment`` is taken, the text alone will do.
#[pyclass(frozen, eq, hash, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Environment(pub(crate) core::Environment);

#[pymethods]
impl Environment {
    #[new]
    fn new(name: &Bound<'_, PyAny>) -> PyResult<Self> {
        environment_text("environment", name)?.parse().or_raise(name.py()).map(Self)
    }

    /// Reads ``VIPPS_ENVIRONMENT``; production when it is not set.
    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        core::Environment::from_env().or_raise(py).map(Self)
    }

    /// The base URL, without a slash at the end.
    #[getter]
    fn base_url(&self) -> &str {
        self.0.base_url()
    }

    /// The ``iss`` of this environment's ID tokens.
    #[getter]
    fn issuer(&self) -> String {
        self.0.issuer()
    }

    fn __str__(&self) -> &str {
        self.0.base_url()
    }

    fn __repr__(&self) -> String {
        format!("Environment('{}')", self.0.base_url())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (String,)) {
        (py.get_type::<Self>(), (self.0.base_url().to_owned(),))
    }
}

/// Name and version.
type Plugin = (String, String);

/// Who is calling: the four ``Vipps-System-*`` headers, each at most 30 characters of printable ASCII.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct SystemInfo(pub(crate) core::SystemInfo);

#[pymethods]
impl SystemInfo {
    #[new]
    #[pyo3(signature = (name, version, *, plugin_name=None, plugin_version=None))]
    fn new(
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        version: &Bound<'_, PyAny>,
        plugin_name: Option<&Bound<'_, PyAny>>,
        plugin_version: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let name = text("name", name)?;
        let version = text("version", version)?;
        let plugin_name = optional_text("plugin_name", plugin_name)?;
        let plugin_version = optional_text("plugin_version", plugin_version)?;
        core::SystemInfo::from_parts(name, version, plugin_name, plugin_version).or_raise(py).map(Self)
    }

    /// Reads ``VIPPS_SYSTEM_NAME``, ``VIPPS_SYSTEM_VERSION`` and, if set, ``VIPPS_PLUGIN_NAME`` and
    /// ``VIPPS_PLUGIN_VERSION``.
    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        core::SystemInfo::from_env().or_raise(py).map(Self)
    }

    /// The first 30 characters of a text with everything dropped that a header can't hold.
    #[staticmethod]
    #[pyo3(signature = (value, /))]
    fn fit(value: &Bound<'_, PyAny>) -> PyResult<String> {
        Ok(core::SystemInfo::fit(&text("text", value)?))
    }

    /// The name of the system.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// Its version.
    #[getter]
    fn version(&self) -> &str {
        self.0.version()
    }

    /// The name of the plugin within it.
    #[getter]
    fn plugin_name(&self) -> Option<&str> {
        self.0.plugin().map(|(name, _)| name)
    }

    /// The version of the plugin.
    #[getter]
    fn plugin_version(&self) -> Option<&str> {
        self.0.plugin().map(|(_, version)| version)
    }

    /// The headers by themselves, for a call that this library does not make.
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        crate::snapshot::dict(py, &self.0.headers(), None)
    }

    fn __hash__(&self) -> u64 {
        hash((self.0.name(), self.0.version(), self.0.plugin()))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String, String, Option<Plugin>))> {
        let plugin = self.0.plugin().map(|(name, version)| (name.to_owned(), version.to_owned()));
        let restored = py.get_type::<Self>().getattr("_restored")?;
        Ok((restored, (self.0.name().to_owned(), self.0.version().to_owned(), plugin)))
    }

    #[staticmethod]
    fn _restored(py: Python<'_>, name: String, version: String, plugin: Option<Plugin>) -> PyResult<Self> {
        let (plugin_name, plugin_version) = plugin.unzip();
        core::SystemInfo::from_parts(name, version, plugin_name, plugin_version).or_raise(py).map(Self)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let repr = Repr::new(py, "SystemInfo").member("name", self.name())?.member("version", self.version())?;
        let repr = repr.member_if_any("plugin_name", self.plugin_name())?;
        Ok(repr.member_if_any("plugin_version", self.plugin_version())?.end())
    }
}

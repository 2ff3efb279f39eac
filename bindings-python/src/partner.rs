//! The entry point: a partner's keys at work.

use std::{
    cell::RefCell,
    collections::HashMap,
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use arc_swap::ArcSwapOption;
use pyo3::{
    PyTraverseError, PyVisit,
    prelude::*,
    types::{PyDict, PyType},
};
use serde::Serialize;
use vipps_partner_auth as core;
use vipps_partner_auth::Result as CoreResult;

use crate::{
    call::Call,
    convert::{self, object, text, texts},
    doctor,
    errors::{self, OrRaise},
    keys,
    process::{self, PerProcess},
    settings::{Environment, Settings, SystemInfo},
    snapshot::Snapshot,
    token::{AccessToken, Stats},
};

/// The native half of ``vipps_partner_auth.Partner``.
#[pyclass(frozen, subclass, weakref, module = "vipps_partner_auth._native")]
pub(crate) struct Partner {
    environment: core::Environment,
    keys: core::Keys,
    system: core::SystemInfo,
    settings: Settings,
    /// Those that `from_env` found; they say more than keys, system and environment.
    variables: OnceLock<Variables>,
    /// What took the place of the keys since; a forked child goes on with it.
    replaced: Arc<ArcSwapOption<core::Keys>>,
    live: PerProcess<Live>,
    snapshot: Snapshot,
}

/// A partner at work in this process.
pub(crate) struct Live {
    pub(crate) partner: core::Partner,
    pub(crate) clock: Arc<dyn core::Clock>,
    has_own_clock: bool,
    /// The tick at which headers of this generation were last found to hold.
    fresh_at: AtomicU64,
    fresh_generation: AtomicU64,
}

impl Live {
    /// Whether headers of this generation hold, asked of the clocks once in each tick for all merchants together.
    pub(crate) fn is_fresh(&self, generation: u64, fresh_until: core::Now) -> bool {
        let now = if self.has_own_clock { 0 } else { process::tick() };
        if now != 0 && self.fresh_at.load(Relaxed) == now && self.fresh_generation.load(Relaxed) == generation {
            return true;
        }
        let is_fresh = self.clock.now().is_before(fresh_until);
        self.fresh_generation.store(generation, Relaxed);
        self.fresh_at.store(if is_fresh { now } else { 0 }, Relaxed);
        is_fresh
    }

    fn cached(&self, msn: Option<&core::Msn>) -> Option<core::Headers> {
        match msn {
            None => self.partner.cached_headers(),
            Some(msn) => self.partner.merchant(msn.clone()).cached_headers(),
        }
    }

    fn authorization(&self, msn: Option<&core::Msn>) -> impl Future<Output = CoreResult<core::Headers>> + Send + use<> {
        let partner = self.partner.clone();
        let msn = msn.cloned();
        async move {
            match msn {
                None => partner.authorization().await,
                Some(msn) => partner.merchant(msn).authorization().await,
            }
        }
    }
}

impl Partner {
    fn make(py: Python<'_>, keys: core::Keys, system: core::SystemInfo, settings: Settings) -> PyResult<Self> {
        let checked = core::Partner::new(keys.clone(), system.clone(), settings.silent()).or_raise(py)?;
        let environment = checked.environment().clone();
        let variables = OnceLock::new();
        let live = PerProcess::empty();
        let snapshot = Snapshot::default();
        let replaced = Arc::default();
        Ok(Self { environment, keys, system, settings, variables, replaced, live, snapshot })
    }

    pub(crate) fn live(&self, py: Python<'_>) -> PyResult<&Live> {
        self.live.get_or_make(|| {
            let partner = self.build(self.settings.live()?).or_raise(py)?;
            if let Some(keys) = self.replaced.load_full() {
                partner.adopt_keys((*keys).clone()).or_raise(py)?;
            }
            let clock = self.settings.clock();
            let has_own_clock = self.settings.has_clock();
            let fresh_at = AtomicU64::new(0);
            let fresh_generation = AtomicU64::new(0);
            Ok(Live { partner, clock, has_own_clock, fresh_at, fresh_generation })
        })
    }

    fn build(&self, config: core::Config) -> CoreResult<core::Partner> {
        match self.variables.get() {
            Some(variables) => variables.build(config),
            None => core::Partner::new(self.keys.clone(), self.system.clone(), config),
        }
    }

    /// The headers of the partner itself, whose values all merchants share.
    fn shared<'py>(&self, py: Python<'py>, live: &Live) -> PyResult<Option<Bound<'py, PyDict>>> {
        if let Some(shared) = self.snapshot.shared(py, live) {
            return Ok(Some(shared));
        }
        live.cached(None).map(|headers| self.snapshot.keep(py, &headers, None)).transpose()
    }
}

/// Where headers come from: a handle's snapshot, then the core without a wait, then the core.
pub(crate) struct Source<'a> {
    pub(crate) partner: &'a Partner,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) msn: Option<&'a core::Msn>,
}

impl Source<'_> {
    pub(crate) fn cached<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let live = self.partner.live(py)?;
        if let Some(headers) = self.snapshot.headers(py, live) {
            return Ok(Some(headers));
        }
        live.cached(self.msn).map(|headers| self.keep(py, live, &headers)).transpose()
    }

    pub(crate) fn headers<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        if let Some(headers) = self.cached(py)? {
            return Ok(headers);
        }
        let fetched = self.fetch(py)?.waited(py, timeout)?;
        match self.cached(py)? {
            Some(headers) => Ok(headers),
            // A token that ran out at once.
            None => Ok(fetched.bind(py).get_item(0)?.cast_into()?),
        }
    }

    fn keep<'py>(&self, py: Python<'py>, live: &Live, headers: &core::Headers) -> PyResult<Bound<'py, PyDict>> {
        let shared = self.msn.map(|_| self.partner.shared(py, live)).transpose()?.flatten();
        self.snapshot.keep(py, headers, shared.as_ref())
    }

    /// Headers with the token in them, for adapters; `None` when a token must be fetched first.
    pub(crate) fn cached_with_token<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyDict>, AccessToken)>> {
        let Some(headers) = self.cached(py)? else { return Ok(None) };
        let token = self.snapshot.token(self.partner.live(py)?);
        Ok(token.map(|token| (headers, AccessToken(token))))
    }

    pub(crate) fn fetch(&self, py: Python<'_>) -> PyResult<Call> {
        let future = self.partner.live(py)?.authorization(self.msn);
        Ok(Call::new(future, |py, headers| with_token(py, &headers)))
    }

    /// An API answered 401 to a call with this token: brings headers with another one.
    pub(crate) fn refused(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> PyResult<Call> {
        let partner = self.partner.live(py)?.partner.clone();
        let token = object::<AccessToken>("token", token)?.get().0.clone();
        let merchant = self.msn.map(|msn| partner.merchant(msn.clone()));
        let another = async move {
            match merchant {
                Some(merchant) => merchant.refused(&token).await,
                None => partner.refused(&token).await,
            }
        };
        Ok(Call::new(another, |py, headers| with_token(py, &headers)))
    }
}

fn with_token(py: Python<'_>, headers: &core::Headers) -> PyResult<Py<PyAny>> {
    let pair = (crate::snapshot::dict(py, headers, None)?, AccessToken(headers.token().clone()));
    Ok(pair.into_pyobject(py)?.into_any().unbind())
}

/// A call whose result the Python half reads as JSON.
fn told<T: Serialize + Send + 'static>(call: impl Future<Output = CoreResult<T>> + Send + 'static) -> Call {
    Call::new(call, |py, value| {
        let json = serde_json::to_string(&value).map_err(|_| errors::internal(py))?;
        Ok(json.into_pyobject(py)?.into_any().unbind())
    })
}

impl Partner {
    fn source(&self) -> Source<'_> {
        Source { partner: self, snapshot: &self.snapshot, msn: None }
    }
}

#[pymethods]
impl Partner {
    #[new]
    #[pyo3(signature = (keys, system, **settings))]
    fn new(
        py: Python<'_>,
        keys: &Bound<'_, PyAny>,
        system: &Bound<'_, PyAny>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let system = object::<SystemInfo>("system", system)?.get().0.clone();
        Self::make(py, keys::any(keys)?, system, Settings::parse(py, settings)?)
    }

    /// Reads keys (sales unit keys where ``VIPPS_MSN`` is set, PSP keys where ``VIPPS_PSP_ID`` is, else partner keys),
    /// ``SystemInfo``, environment and ``VIPPS_REDIS_URL`` from the environment's variables. Settings say the rest.
    #[classmethod]
    #[pyo3(signature = (**settings))]
    fn from_env<'py>(cls: &Bound<'py, PyType>, settings: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let py = cls.py();
        let (variables, chosen) = Variables::read(Settings::parse(py, settings)?.silent()).or_raise(py)?;
        let kwargs = settings.map_or_else(|| Ok(PyDict::new(py)), PyDictMethods::copy)?;
        kwargs.set_item("environment", Environment(chosen.environment().clone()).into_pyobject(py)?)?;
        let system = SystemInfo(core::SystemInfo::from_env().or_raise(py)?);
        let made = cls.call((keys::from_env(py)?, system), Some(&kwargs))?;
        // Set before anybody else can use it; a subclass may have made something else.
        made.cast::<Self>().map(|made| made.get().variables.set(variables)).ok();
        Ok(made)
    }

    /// Headers for calls that are not for one merchant; with specialized keys, for all calls.
    ///
    /// The dict is the caller's own. Fetches a token where none is at hand, and waits for it for ``timeout`` (seconds or
    /// ``timedelta``; the setting ``deadline`` when missing).
    #[pyo3(signature = (*, timeout=None))]
    fn headers<'py>(&self, py: Python<'py>, timeout: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyDict>> {
        self.source().headers(py, timeout)
    }

    /// The same headers at once; ``None`` when a token must be fetched first. A renewal that is due starts behind it.
    fn cached_headers<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.source().cached(py)
    }

    fn _cached_authorization<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyDict>, AccessToken)>> {
        self.source().cached_with_token(py)
    }

    fn _authorization(&self, py: Python<'_>) -> PyResult<Call> {
        self.source().fetch(py)
    }

    fn _access_token(&self, py: Python<'_>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        Ok(Call::new(async move { partner.access_token().await }, |py, token| {
            Ok(Py::new(py, AccessToken(token))?.into_any())
        }))
    }

    #[pyo3(signature = (msns, redirect_uri, offline))]
    fn _doctor(
        &self,
        py: Python<'_>,
        msns: &Bound<'_, PyAny>,
        redirect_uri: Option<&Bound<'_, PyAny>>,
        offline: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let options = doctor::options(msns, redirect_uri, offline)?;
        Ok(doctor::examination(self.live(py)?.partner.clone(), options))
    }

    fn _replace_keys(&self, py: Python<'_>, keys: &Bound<'_, PyAny>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        let replaced = self.replaced.clone();
        let keys = keys::any(keys)?;
        let replacing = async move {
            partner.replace_keys(keys.clone()).await?;
            replaced.store(Some(Arc::new(keys)));
            Ok(())
        };
        Ok(Call::new(replacing, |py, ()| Ok(py.None())))
    }

    /// Drops this token, if it is still the one in use. Tells whether it was dropped.
    fn invalidate(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> PyResult<bool> {
        let token = object::<AccessToken>("token", token)?;
        Ok(self.live(py)?.partner.invalidate(&token.get().0))
    }

    fn _refused(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> PyResult<Call> {
        self.source().refused(py, token)
    }

    /// Whether headers may be sent to this URL. Adapters must ask before they attach headers.
    fn covers(&self, py: Python<'_>, url: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.live(py)?.partner.covers(&text("url", url)?))
    }

    /// For adapters, of a call that ``covers`` refuses: tells it as an event, once for each other host.
    fn headers_withheld(&self, py: Python<'_>, url: &Bound<'_, PyAny>) -> PyResult<()> {
        self.live(py)?.partner.headers_withheld(&text("url", url)?);
        Ok(())
    }

    /// Whether headers that were sent to the one URL may go along to the other on a redirect: to the same origin, and
    /// only where they would be sent anyway.
    fn may_follow(&self, py: Python<'_>, from_url: &Bound<'_, PyAny>, to_url: &Bound<'_, PyAny>) -> PyResult<bool> {
        let from_url = text("from_url", from_url)?;
        Ok(self.live(py)?.partner.may_follow(&from_url, &text("to_url", to_url)?))
    }

    /// Changes with each new token and each one that is dropped.
    #[getter]
    fn generation(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.live(py)?.partner.generation())
    }

    fn _sales_units(&self, py: Python<'_>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        Ok(told(async move { partner.sales_units().await }))
    }

    fn _sales_units_of(&self, py: Python<'_>, scheme: &Bound<'_, PyAny>, id: &Bound<'_, PyAny>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        let scheme = text("scheme", scheme)?;
        let id = text("id", id)?;
        Ok(told(async move { partner.sales_units_of(&scheme, &id).await }))
    }

    fn _sales_unit(&self, py: Python<'_>, msn: &Bound<'_, PyAny>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        let msn = convert::msn(msn)?;
        Ok(told(async move { partner.sales_unit(msn).await }))
    }

    fn _sales_unit_changes(&self, py: Python<'_>, known: &Bound<'_, PyAny>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        let known = texts("known", known)?.iter().map(|msn| msn.parse()).collect::<CoreResult<Vec<core::Msn>>>();
        let known = known.or_raise(py)?;
        Ok(told(async move { partner.sales_unit_changes(&known).await }))
    }

    fn _check(&self, py: Python<'_>, msn: &Bound<'_, PyAny>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        let msn = convert::msn(msn)?;
        Ok(told(async move { partner.check(msn).await }))
    }

    /// What happened so far in this process.
    fn stats(&self, py: Python<'_>) -> PyResult<Stats> {
        Ok(self.live(py)?.partner.stats().into())
    }

    /// Where this partner's calls go.
    #[getter]
    fn environment(&self) -> Environment {
        Environment(self.environment.clone())
    }

    fn __repr__(&self) -> String {
        format!("<vipps_partner_auth.Partner {}>", self.environment.base_url())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.settings.traverse(&visit)?;
        self.snapshot.traverse(&visit)
    }
}

/// The environment's variables that the core asked for, as they were at that moment: a forked child that builds anew must
/// not see others.
struct Variables(HashMap<String, core::Secret>);

impl Variables {
    /// What is built with the variables of this moment, and those that went into it.
    fn read(config: core::Config) -> CoreResult<(Self, core::Partner)> {
        let asked = RefCell::new(HashMap::new());
        let ask = |name: &str| {
            // What is no UTF-8 is left to the core to refuse by name.
            let value = std::env::var_os(name)?.to_string_lossy().into_owned();
            asked.borrow_mut().insert(name.to_owned(), value.clone().into());
            Some(value)
        };
        let partner = core::Partner::from_vars(ask, config)?;
        Ok((Self(asked.into_inner()), partner))
    }

    fn build(&self, config: core::Config) -> CoreResult<core::Partner> {
        core::Partner::from_vars(|name| self.0.get(name).map(|value| value.expose().to_owned()), config)
    }
}

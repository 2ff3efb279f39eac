//! Whether everything is as it must be before the first customer comes: looked at from here, told in plain words.
//!
//! [`Partner::doctor`] examines a partner at work. [`command`] is the program `vipps-doctor`, the same in every language: it
//! reads the environment's variables and tells all that it finds at once.
//!
//! Nothing is changed at Vipps. Each run asks for the discovery document, the key set, the list of sales units and one token
//! for each subscription key, and for a moment puts an entry of its own into Redis. No text holds a secret.

mod command;
mod forms;
mod network;
mod redirect_uri;
mod report;
mod sales_units;
#[cfg(feature = "redis")]
mod store;
mod variables;

use std::{env::consts, time::Duration};

pub use self::{
    command::{Printed, command},
    report::{Finding, Outcome, Report},
};
use self::{network::Reached, report::Findings};
use crate::{
    environment::Environment,
    keys::Keys,
    msn::Msn,
    partner::{Inner, Partner},
    secret::Secret,
};

/// What an examination looks at besides.
///
/// ```
/// use vipps_partner_auth::doctor::DoctorOptions;
///
/// let options = DoctorOptions::default().redirect_uri("https://shop.example/callback");
/// ```
#[derive(Debug, Clone, Default)]
pub struct DoctorOptions {
    msns: Vec<Msn>,
    redirect_uri: Option<String>,
    offline: bool,
}

impl DoctorOptions {
    /// A sales unit that must be connected. May be called again for others. Default: all that Vipps lists are counted.
    pub fn msn(mut self, msn: Msn) -> Self {
        self.msns.push(msn);
        self
    }

    /// The `redirect_uri` of Login, as it is to be registered.
    pub fn redirect_uri(self, redirect_uri: impl Into<String>) -> Self {
        Self { redirect_uri: Some(redirect_uri.into()), ..self }
    }

    /// Looks at what is set and asks nobody. Default: asks.
    pub fn offline(self) -> Self {
        Self { offline: true, ..self }
    }
}

impl Partner {
    /// Looks whether everything is as it must be: keys, environment, the way to Vipps, clock, token, key set, sales units,
    /// Redis. Never fails; what is wrong is in the report. Takes as long as the calls it makes, each within
    /// [`Config::request_timeout`](crate::Config::request_timeout).
    ///
    /// ```no_run
    /// # async fn run(partner: vipps_partner_auth::Partner) {
    /// let report = partner.doctor().await;
    /// print!("{report}");
    /// for finding in report.findings() {
    ///     println!("{} {} {}", finding.check, finding.outcome.as_str(), finding.detail);
    /// }
    /// # }
    /// ```
    pub async fn doctor(&self) -> Report {
        self.doctor_with(&DoctorOptions::default()).await
    }

    /// The same, looking at more.
    pub async fn doctor_with(&self, options: &DoctorOptions) -> Report {
        examined(self, options, Known { keys: true, system: true, names: &by_field }).await
    }
}

/// What of a partner is the user's own. The rest stands in for what is missing.
#[derive(Clone, Copy)]
struct Known {
    keys: bool,
    system: bool,
    /// What the user calls a field.
    names: &'static (dyn Fn(&'static str) -> &'static str + Sync),
}

fn by_field(field: &'static str) -> &'static str {
    field
}

async fn examined(partner: &Partner, options: &DoctorOptions, known: Known) -> Report {
    let examined = partner.clone();
    let options = options.clone();
    let work = async move {
        Ok(Examination { partner: &examined, inner: examined.inner(), options: &options, known }.findings().await)
    };
    let findings = partner.inner().provider.executor().run(work).await;
    let findings = findings.unwrap_or_else(|error| {
        let mut findings = Findings::default();
        findings.error("connection", &error);
        findings
    });
    let keys = partner.inner().provider.keys();
    let secrets: Vec<_> = keys.secrets().into_iter().map(Secret::from).collect();
    Report::new(partner.inner(), findings.without(&secrets))
}

struct Examination<'a> {
    partner: &'a Partner,
    inner: &'a Inner,
    options: &'a DoctorOptions,
    known: Known,
}

impl Examination<'_> {
    async fn findings(&self) -> Findings {
        let mut findings = Findings::default();
        self.settings(&mut findings);
        let mut forms = self.forms();
        if !self.options.offline {
            let reached = network::look(self.inner, &mut findings).await;
            if reached == Reached::Vipps {
                self.key_set(&mut findings).await;
                let has_token = self.known.keys && self.token(&mut findings).await;
                if has_token {
                    // What works has the right form, whatever it looks like.
                    forms.soften();
                    sales_units::look(self.partner, self.options, &mut findings).await;
                }
            }
            #[cfg(feature = "redis")]
            store::look(self.inner, &mut findings).await;
        }
        forms.followed_by(findings)
    }

    fn forms(&self) -> Findings {
        if self.known.keys { forms::look(&self.inner.provider.keys(), self.known.names) } else { Findings::default() }
    }

    fn settings(&self, findings: &mut Findings) {
        findings.ok("version", format!("vipps-partner-auth {VERSION} on {} {}", consts::OS, consts::ARCH));
        if self.known.keys {
            let keys = self.inner.provider.keys();
            let place = self.inner.environment.base_url();
            findings.ok("environment", format!("{}, {} keys for {place}", self.environment(), spoken(keys.kind())));
        }
        if self.known.system {
            let headers = self.inner.system.shown();
            findings.ok("headers", format!("each call says {headers}"));
        }
        if let Some(redirect_uri) = &self.options.redirect_uri {
            redirect_uri::look(redirect_uri, &self.inner.environment, findings);
        }
    }

    fn environment(&self) -> &'static str {
        match self.inner.environment {
            Environment::Production => "production",
            Environment::Test => "test",
            Environment::Custom(_) => "an address of your own",
        }
    }

    /// One token for each subscription key. Tells whether there was one.
    async fn token(&self, findings: &mut Findings) -> bool {
        let provider = &self.inner.provider;
        let first = provider.try_keys_once(false).await;
        let has_second = provider.keys().standard().is_some_and(|keys| keys.second_subscription_key.is_some());
        let second = if has_second { Some(provider.try_keys_once(true).await) } else { None };
        let granted = first.is_ok() || second.as_ref().is_some_and(Result::is_ok);
        match &first {
            Ok(lifetime) if *lifetime < SHORT_LIFE => {
                findings.warn(
                    "token",
                    format!("Vipps gave a token that lives only {}", span(*lifetime)),
                    SHORT_LIFE_CURE,
                );
            }
            Ok(lifetime) => findings.ok("token", format!("Vipps gave a token that lives {}", span(*lifetime))),
            Err(error) => findings.error("token", error),
        }
        match second {
            None => {}
            Some(Ok(_)) => {
                findings.ok("second_subscription_key", "Vipps takes the second subscription key too".to_owned());
            }
            Some(Err(error)) => findings.error("second_subscription_key", &error),
        }
        granted
    }

    async fn key_set(&self, findings: &mut Findings) {
        if matches!(*self.inner.provider.keys(), Keys::Specialized(_)) {
            return;
        }
        match self.inner.verifier.usable_keys().await {
            Ok(keys) => findings.ok("key_set", format!("the keys that ID tokens are checked with are there: {keys}")),
            Err(error) => findings.error("key_set", &error),
        }
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Shorter ones cost a token call every few minutes. Those of the specialized flow live a quarter of an hour.
const SHORT_LIFE: Duration = Duration::from_secs(10 * 60);
const SHORT_LIFE_CURE: &str = "calls ask for a token every few minutes: ask Vipps why, unless this is the emulator";

fn span(span: Duration) -> String {
    let minutes = span.as_secs().div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn spoken(kind: &str) -> String {
    kind.replace('_', " ")
}

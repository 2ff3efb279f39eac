//! Whether a merchant is ready to be served, as far as it can be told without a person.

use std::{borrow::Cow, time::Duration};

use http::{HeaderMap, header::DATE};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    clock::Now,
    error::{Error, ErrorKind, Result},
    login::LoginProbe,
    msn::Msn,
    partner::Partner,
    sales_units::{SalesUnitState, SalesUnitStatus},
};

/// What [`Partner::check`] found, each question with its own answer: one that went wrong stops no other.
///
/// Serialized (`serde`) it has its members and `is_good`, and of a finding's error its `code`, `hint` and whole text as `error`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MerchantCheck {
    /// Whose.
    pub msn: Msn,
    /// Whether Vipps takes the keys.
    pub token: CheckFinding,
    /// Whether this machine's clock and that of Vipps agree, within the leeway that ID tokens are checked with.
    pub clock: CheckFinding,
    /// Whether the sales unit is connected to these keys.
    pub connected: CheckFinding,
    /// Whether Login's token endpoint takes these keys for this merchant: of partner keys it needs `client_secret_basic` at
    /// the merchant's sales unit, of sales unit keys the method that `login_auth_method` says. Which redirect URIs and
    /// scopes are registered only a login tells.
    pub login: CheckFinding,
    /// How far the clock of Vipps is ahead of this machine's, in whole seconds; below zero it is behind. Zero where the
    /// difference is too small to be told from the time a reply takes; `None` where no reply said the time.
    pub clock_difference: Option<i64>,
    /// What the Management API says of the sales unit, where it could be asked.
    pub sales_unit: Option<SalesUnitStatus>,
}

/// The answer to one question of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckFinding {
    /// In one word.
    pub outcome: CheckOutcome,
    /// In words, without a secret.
    pub detail: Cow<'static, str>,
    /// What went wrong, where something did. Its hint names the likely cause.
    pub error: Option<Error>,
}

/// One word for each answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// As it should be.
    Good,
    /// Wrong: somebody must change something.
    Bad,
    /// It can't be told now, or not from here.
    Unknown,
}

impl CheckOutcome {
    /// `good`, `bad` or `unknown`: the same text in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

impl MerchantCheck {
    /// Whether nothing is wrong, as far as could be told.
    pub fn is_good(&self) -> bool {
        self.findings().iter().all(|(_, finding)| finding.outcome != CheckOutcome::Bad)
    }

    /// All answers under their names, in order.
    pub fn findings(&self) -> [(&'static str, &CheckFinding); 4] {
        [("token", &self.token), ("clock", &self.clock), ("connected", &self.connected), ("login", &self.login)]
    }
}

impl Partner {
    /// Looks whether a merchant is ready to be served, such as when it is added: token, clock, connection, Login. Asks Vipps
    /// up to four times and changes nothing there: of Login it asks the token endpoint for the tokens of a code that nobody
    /// was given, and a refusal of the code alone says that the rest is right.
    ///
    /// What it finds is data and no error. Fails only for an MSN these keys can't be for: `InvalidConfig`, field `msn`.
    pub async fn check(&self, msn: Msn) -> Result<MerchantCheck> {
        self.inner().check_msn(&msn)?;
        self.run(|partner| async move { Ok(partner.checked(msn).await) }).await
    }

    async fn checked(&self, msn: Msn) -> MerchantCheck {
        let token = self.access_token().await;
        let sales_unit = self.inner().sales_unit(&msn).await;
        let probe = LoginProbe::of(&self.merchant(msn.clone())).await;
        let clock_difference = probe.clock_difference;
        MerchantCheck {
            msn,
            token: told_token(token.err()),
            clock: told_clock(clock_difference, self.inner().login.leeway),
            connected: told_connection(&sales_unit),
            login: told_login(probe),
            clock_difference,
            sales_unit: sales_unit.ok(),
        }
    }
}

impl Serialize for MerchantCheck {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut check = serializer.serialize_struct("MerchantCheck", 8)?;
        check.serialize_field("msn", &self.msn)?;
        check.serialize_field("is_good", &self.is_good())?;
        for (name, finding) in self.findings() {
            check.serialize_field(name, finding)?;
        }
        check.serialize_field("clock_difference", &self.clock_difference)?;
        check.serialize_field("sales_unit", &self.sales_unit)?;
        check.end()
    }
}

impl Serialize for CheckFinding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let error = self.error.as_ref();
        let mut finding = serializer.serialize_struct("CheckFinding", 5)?;
        finding.serialize_field("outcome", &self.outcome)?;
        finding.serialize_field("detail", &self.detail)?;
        finding.serialize_field("code", &error.map(Error::code))?;
        finding.serialize_field("hint", &error.and_then(Error::hint))?;
        finding.serialize_field("error", &error.map(Error::to_string))?;
        finding.end()
    }
}

fn told_token(error: Option<Error>) -> CheckFinding {
    match error {
        None => CheckFinding::good("Vipps takes the keys"),
        Some(error) => CheckFinding::of_error(error),
    }
}

fn told_clock(difference: Option<i64>, leeway: Duration) -> CheckFinding {
    let Some(difference) = difference else { return CheckFinding::unknown("no reply of Vipps said the time") };
    if difference == 0 {
        return CheckFinding::good(CLOCKS_AGREE);
    }
    let detail = clock_in_words(difference);
    if difference.unsigned_abs() > leeway.as_secs() { CheckFinding::bad(detail) } else { CheckFinding::good(detail) }
}

fn told_connection(sales_unit: &Result<SalesUnitStatus>) -> CheckFinding {
    match sales_unit.as_ref().map(SalesUnitStatus::state) {
        Ok(SalesUnitState::Connected) => CheckFinding::good("the sales unit is connected to these keys"),
        Ok(SalesUnitState::NotConnected) => {
            CheckFinding::bad("the sales unit is not connected to these keys, or is not active")
        }
        Ok(SalesUnitState::Inactive) => CheckFinding::bad("the sales unit is not active"),
        Err(error) => {
            CheckFinding { error: Some(error.clone()), ..CheckFinding::unknown("the Management API did not say") }
        }
    }
}

fn told_login(probe: LoginProbe) -> CheckFinding {
    match probe.outcome {
        Ok(()) => CheckFinding::good("Login's token endpoint takes the keys for this merchant"),
        Err(error) => CheckFinding::of_error(error),
    }
}

impl CheckFinding {
    fn good(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { outcome: CheckOutcome::Good, detail: detail.into(), error: None }
    }

    fn bad(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { outcome: CheckOutcome::Bad, ..Self::good(detail) }
    }

    fn unknown(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { outcome: CheckOutcome::Unknown, ..Self::good(detail) }
    }

    /// What Vipps refuses is wrong; all else says nothing.
    fn of_error(error: Error) -> Self {
        let detail = error.detail().to_owned();
        let is_refused = matches!(error.kind(), ErrorKind::CredentialsRejected | ErrorKind::Forbidden);
        let is_wrong = is_refused && !error.perhaps_not_of_vipps();
        let finding = if is_wrong { Self::bad(detail) } else { Self::unknown(detail) };
        Self { error: Some(error), ..finding }
    }
}

/// How far the clock that wrote this reply is ahead of ours, by its `Date` (RFC 9110 section 6.6.1), which names a whole
/// second. Zero where it may have been written between the two moments.
pub(crate) fn clock_difference(headers: &HeaderMap, sent_at: Now, received_at: Now) -> Option<i64> {
    let told = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let told = signed(told.duration_since(std::time::UNIX_EPOCH).ok()?);
    let earliest = signed(sent_at.wall);
    let latest = signed(received_at.wall);
    Some(told - told.clamp(earliest.min(latest), latest))
}

pub(crate) const CLOCKS_AGREE: &str = "this machine's clock and that of Vipps agree";

/// A [`clock_difference`] that is not zero.
pub(crate) fn clock_in_words(difference: i64) -> String {
    let side = if difference > 0 { "behind" } else { "ahead of" };
    format!("this machine's clock is {} s {side} that of Vipps", difference.unsigned_abs())
}

fn signed(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

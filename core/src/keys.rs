//! The kinds of keys Vipps hands out. The type chooses the flow; there is no flag.

use http::HeaderValue;

use crate::{
    error::{Error, Result},
    msn::Msn,
    secret::Secret,
    variables::{all_are_set, by_variable, environment_variable, is_stray, optional, required},
};

/// Partner keys: one set for every merchant connected to the partner. They work in production only.
///
/// Standard token from `POST /accesstoken/get`; Login as Bearer + MSN.
/// Source: Vipps MobilePay, "Partner keys".
///
/// ```
/// use vipps_partner_auth::PartnerKeys;
///
/// let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "the secret", "the subscription key");
/// assert_eq!(keys.unwrap_err().field(), Some("client_secret")); // white space can't stand in that header
/// ```
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("PartnerKeys {{ client_id: {:?}, .. }}", _0.client_id)]
pub struct PartnerKeys(pub(crate) StandardKeys);

/// The keys of one sales unit, bound to its MSN: what a partner is given in the test environment.
///
/// Standard token from `POST /accesstoken/get`; Login with Basic (or post) and an `aud` check.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("SalesUnitKeys {{ client_id: {:?}, msn: {msn:?}, .. }}", standard.client_id)]
pub struct SalesUnitKeys {
    pub(crate) standard: StandardKeys,
    pub(crate) msn: Msn,
}

/// Accounting and donations keys: token from `POST /miami/v1/token`, no subscription key, no MSN.
///
/// Source: Vipps MobilePay, "Specialized authentication".
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("SpecializedKeys {{ client_id: {client_id:?}, scope: {scope:?}, .. }}")]
pub struct SpecializedKeys {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) scope: Option<String>,
}

/// The keys of a payment service provider (PSP): one set for all its merchants, with the `Psp-Id` on API calls.
///
/// Standard token from `POST /accesstoken/get`, which must not carry the `Psp-Id`; each API call carries it, with the MSN of
/// the merchant that it is for.
///
/// Vipps' public documents say little of PSPs. Not documented, so decided here: the form of the id (any text that can stand
/// in a header), and that the token call names no MSN. Not documented and so refused: Login and the Management API with PSP
/// keys.
///
/// Source: Vipps MobilePay, "PSP".
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("PspKeys {{ client_id: {:?}, psp_id: {psp_id:?}, .. }}", standard.client_id)]
pub struct PspKeys {
    pub(crate) standard: StandardKeys,
    pub(crate) psp_id: String,
}

/// Any of them; made from one by `into()`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Keys {
    /// See [`PartnerKeys`].
    Partner(PartnerKeys),
    /// See [`SalesUnitKeys`].
    SalesUnit(SalesUnitKeys),
    /// See [`SpecializedKeys`].
    Specialized(SpecializedKeys),
    /// See [`PspKeys`].
    Psp(PspKeys),
}

/// What all kinds have in common but the specialized.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("StandardKeys {{ client_id: {client_id:?}, .. }}")]
pub(crate) struct StandardKeys {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) subscription_key: Secret,
    pub(crate) second_subscription_key: Option<Secret>,
}

impl PartnerKeys {
    /// Keys as the partner portal shows them. Refuses an empty value, white space and anything else that can't stand
    /// in an HTTP header, naming the field.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
        subscription_key: impl Into<Secret>,
    ) -> Result<Self> {
        StandardKeys::new(client_id.into(), client_secret.into(), subscription_key.into()).map(Self)
    }

    /// The other subscription key of the pair. When the service refuses the first, this one is used.
    pub fn with_second_subscription_key(self, key: impl Into<Secret>) -> Result<Self> {
        self.0.with_second_subscription_key(key.into()).map(Self)
    }

    /// Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and, if set,
    /// `VIPPS_SECOND_SUBSCRIPTION_KEY`. An error names all the variables that are missing, and never a value.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values (a secret store, a mounted file).
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        all_are_set(&vars, &STANDARD_VARIABLES)?;
        StandardKeys::from_vars(&vars).map(Self)
    }

    /// The id of the client that the keys are for. No secret.
    pub fn client_id(&self) -> &str {
        &self.0.client_id
    }
}

const STANDARD_VARIABLES: [&str; 3] = ["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY"];

impl SalesUnitKeys {
    /// Keys as the merchant portal shows them, and the MSN of the sales unit they belong to.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
        subscription_key: impl Into<Secret>,
        msn: Msn,
    ) -> Result<Self> {
        let standard = StandardKeys::new(client_id.into(), client_secret.into(), subscription_key.into())?;
        Ok(Self { standard, msn })
    }

    /// The other subscription key of the pair. When the service refuses the first, this one is used.
    pub fn with_second_subscription_key(self, key: impl Into<Secret>) -> Result<Self> {
        let standard = self.standard.with_second_subscription_key(key.into())?;
        Ok(Self { standard, ..self })
    }

    /// Reads what [`PartnerKeys::from_env`] reads, and `VIPPS_MSN`.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        all_are_set(&vars, &STANDARD_VARIABLES.into_iter().chain(["VIPPS_MSN"]).collect::<Vec<_>>())?;
        let msn = required(&vars, "VIPPS_MSN")?.parse().map_err(by_variable)?;
        Ok(Self { standard: StandardKeys::from_vars(&vars)?, msn })
    }

    /// The id of the client that the keys are for. No secret.
    pub fn client_id(&self) -> &str {
        &self.standard.client_id
    }

    /// The sales unit these keys belong to.
    pub fn msn(&self) -> &Msn {
        &self.msn
    }
}

impl SpecializedKeys {
    /// Keys for the specialized flow. Refuses an empty part, one with control characters or with white space around it, and a
    /// colon in the `client_id`, naming the field.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Result<Self> {
        let client_id = client_id.into();
        let client_secret = client_secret.into();
        check_basic_part("client_id", &client_id)?;
        check_basic_part("client_secret", client_secret.expose())?;
        if client_id.contains(':') {
            return Err(Error::breaks_rule("client_id", "must not hold a colon: it would end the id in HTTP Basic"));
        }
        Ok(Self { client_id, client_secret, scope: None })
    }

    /// The scope to ask for, such as `donations:read`; several are separated by one space each
    /// (RFC 6749 section 3.3). The order does not matter and doubles are dropped.
    pub fn with_scope(self, scope: &str) -> Result<Self> {
        Ok(Self { scope: Some(normalized_scope(scope)?), ..self })
    }

    /// Reads `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET` and, if set, `VIPPS_SCOPE`.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        all_are_set(&vars, &["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET"])?;
        let keys = Self::new(required(&vars, "VIPPS_CLIENT_ID")?, required(&vars, "VIPPS_CLIENT_SECRET")?);
        let keys = keys.map_err(by_variable)?;
        match optional(&vars, "VIPPS_SCOPE")? {
            Some(scope) => keys.with_scope(&scope).map_err(by_variable),
            None => Ok(keys),
        }
    }

    /// The id of the client that the keys are for. No secret.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The scope that is asked for, in its normal order.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }
}

impl PspKeys {
    /// Keys as Vipps gave them to the PSP, and its id. Refuses an empty value, white space and anything else that can't stand
    /// in an HTTP header, naming the field.
    ///
    /// ```
    /// use vipps_partner_auth::PspKeys;
    ///
    /// let keys = PspKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key", "1234")?;
    /// assert_eq!(keys.psp_id(), "1234");
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
        subscription_key: impl Into<Secret>,
        psp_id: impl Into<String>,
    ) -> Result<Self> {
        let standard = StandardKeys::new(client_id.into(), client_secret.into(), subscription_key.into())?;
        let psp_id = psp_id.into();
        check_header_value("psp_id", &psp_id)?;
        Ok(Self { standard, psp_id })
    }

    /// The other subscription key of the pair. When the service refuses the first, this one is used.
    pub fn with_second_subscription_key(self, key: impl Into<Secret>) -> Result<Self> {
        let standard = self.standard.with_second_subscription_key(key.into())?;
        Ok(Self { standard, ..self })
    }

    /// Reads what [`PartnerKeys::from_env`] reads, and `VIPPS_PSP_ID`.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        all_are_set(&vars, &STANDARD_VARIABLES.into_iter().chain(["VIPPS_PSP_ID"]).collect::<Vec<_>>())?;
        let psp_id = required(&vars, "VIPPS_PSP_ID")?;
        check_header_value("psp_id", &psp_id).map_err(by_variable)?;
        Ok(Self { standard: StandardKeys::from_vars(&vars)?, psp_id })
    }

    /// The id of the client that the keys are for. No secret.
    pub fn client_id(&self) -> &str {
        &self.standard.client_id
    }

    /// The id under which Vipps knows the PSP. No secret.
    pub fn psp_id(&self) -> &str {
        &self.psp_id
    }
}

impl StandardKeys {
    fn new(client_id: String, client_secret: Secret, subscription_key: Secret) -> Result<Self> {
        check_header_value("client_id", &client_id)?;
        check_header_value("client_secret", client_secret.expose())?;
        check_header_value("subscription_key", subscription_key.expose())?;
        Ok(Self { client_id, client_secret, subscription_key, second_subscription_key: None })
    }

    fn with_second_subscription_key(self, key: Secret) -> Result<Self> {
        check_header_value("second_subscription_key", key.expose())?;
        if key == self.subscription_key {
            return Err(Error::breaks_rule("second_subscription_key", "must differ from the first key of the pair"));
        }
        Ok(Self { second_subscription_key: Some(key), ..self })
    }

    /// The second only where there is one.
    pub(crate) fn subscription_key(&self, second: bool) -> &Secret {
        self.second_subscription_key.as_ref().filter(|_| second).unwrap_or(&self.subscription_key)
    }

    /// One, or the pair.
    pub(crate) fn subscription_keys(&self) -> impl Iterator<Item = &Secret> {
        [&self.subscription_key].into_iter().chain(&self.second_subscription_key)
    }

    fn from_vars(vars: &impl Fn(&str) -> Option<String>) -> Result<Self> {
        let keys = Self::new(
            required(vars, "VIPPS_CLIENT_ID")?,
            required(vars, "VIPPS_CLIENT_SECRET")?.into(),
            required(vars, "VIPPS_SUBSCRIPTION_KEY")?.into(),
        );
        let keys = keys.map_err(by_variable)?;
        match optional(vars, "VIPPS_SECOND_SUBSCRIPTION_KEY")? {
            Some(key) => keys.with_second_subscription_key(key.into()).map_err(by_variable),
            None => Ok(keys),
        }
    }
}

impl From<PartnerKeys> for Keys {
    fn from(keys: PartnerKeys) -> Self {
        Self::Partner(keys)
    }
}

impl From<SalesUnitKeys> for Keys {
    fn from(keys: SalesUnitKeys) -> Self {
        Self::SalesUnit(keys)
    }
}

impl From<SpecializedKeys> for Keys {
    fn from(keys: SpecializedKeys) -> Self {
        Self::Specialized(keys)
    }
}

impl From<PspKeys> for Keys {
    fn from(keys: PspKeys) -> Self {
        Self::Psp(keys)
    }
}

impl Keys {
    /// Reads sales unit keys where `VIPPS_MSN` is set, PSP keys where `VIPPS_PSP_ID` is, else partner keys. Specialized keys
    /// are never guessed: see [`SpecializedKeys::from_env`].
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let is_of_psp = optional(&vars, "VIPPS_PSP_ID")?.is_some();
        match optional(&vars, "VIPPS_MSN")? {
            Some(_) if is_of_psp => {
                Err(Error::breaks_rule("VIPPS_PSP_ID", "can't go with VIPPS_MSN: keys are of one kind"))
            }
            Some(_) => SalesUnitKeys::from_vars(vars).map(Self::from),
            None if is_of_psp => PspKeys::from_vars(vars).map(Self::from),
            None => PartnerKeys::from_vars(vars).map(Self::from),
        }
    }

    /// What must be set; where `VIPPS_MSN` is, it is needed as well.
    pub(crate) fn variables() -> &'static [&'static str] {
        &STANDARD_VARIABLES
    }

    pub(crate) fn standard(&self) -> Option<&StandardKeys> {
        match self {
            Self::Partner(keys) => Some(&keys.0),
            Self::SalesUnit(keys) => Some(&keys.standard),
            Self::Psp(keys) => Some(&keys.standard),
            Self::Specialized(_) => None,
        }
    }

    /// The id of the client that the keys are for. No secret.
    pub fn client_id(&self) -> &str {
        match self {
            Self::Specialized(keys) => &keys.client_id,
            Self::Partner(keys) => &keys.0.client_id,
            Self::SalesUnit(keys) => &keys.standard.client_id,
            Self::Psp(keys) => &keys.standard.client_id,
        }
    }

    pub(crate) fn client_secret(&self) -> &Secret {
        match self {
            Self::Specialized(keys) => &keys.client_secret,
            Self::Partner(keys) => &keys.0.client_secret,
            Self::SalesUnit(keys) => &keys.standard.client_secret,
            Self::Psp(keys) => &keys.standard.client_secret,
        }
    }

    /// Refuses keys that can't take the place of these while a handle made with these is at work: of another kind, or for
    /// another sales unit or scope.
    pub(crate) fn check_successor(&self, other: &Self) -> Result<()> {
        match (self, other) {
            (Self::Partner(_), Self::Partner(_)) => Ok(()),
            (Self::Psp(own), Self::Psp(other)) if own.psp_id == other.psp_id => Ok(()),
            (Self::Psp(_), Self::Psp(_)) => Err(Error::breaks_rule("psp_id", "must be that of the keys in use")),
            (Self::SalesUnit(own), Self::SalesUnit(other)) if own.msn == other.msn => Ok(()),
            (Self::SalesUnit(own), Self::SalesUnit(other)) => {
                let rule = format!("is another sales unit than that of the keys in use, {}", own.msn);
                Err(Error::breaks_rule("msn", rule).with_value(other.msn.as_str()))
            }
            (Self::Specialized(own), Self::Specialized(other)) if own.scope == other.scope => Ok(()),
            (Self::Specialized(_), Self::Specialized(_)) => {
                Err(Error::breaks_rule("scope", "must be that of the keys in use"))
            }
            _ => {
                let rule = format!("must be {} keys like those in use, not {} keys", self.kind(), other.kind());
                Err(Error::breaks_rule("keys", rule.replace('_', " ")).with_hint("make another Partner of them"))
            }
        }
    }

    /// What no reply may echo into an error.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let subscription_keys = self.standard().into_iter().flat_map(StandardKeys::subscription_keys);
        [self.client_secret()].into_iter().chain(subscription_keys).map(Secret::expose).collect()
    }

    /// The id that calls carry as `Psp-Id`.
    pub(crate) fn psp_id(&self) -> Option<&str> {
        match self {
            Self::Psp(keys) => Some(&keys.psp_id),
            Self::Partner(_) | Self::SalesUnit(_) | Self::Specialized(_) => None,
        }
    }

    /// `partner`, `sales_unit`, `specialized` or `psp`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Partner(_) => "partner",
            Self::SalesUnit(_) => "sales_unit",
            Self::Specialized(_) => "specialized",
            Self::Psp(_) => "psp",
        }
    }
}

fn check_header_value(field: &'static str, value: &str) -> Result<()> {
    let refused = |rule| Err(Error::breaks_rule(field, rule));
    if value.is_empty() {
        return refused("must not be empty");
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refused("must be visible ASCII without white space: look for a stray line end");
    }
    Ok(())
}

fn check_basic_part(field: &'static str, value: &str) -> Result<()> {
    let refused = |rule| Err(Error::breaks_rule(field, rule));
    if value.is_empty() {
        return refused("must not be empty");
    }
    if value.chars().any(char::is_control) {
        return refused("must not hold control characters: look for a stray line end");
    }
    if value.trim_matches(is_stray) != value {
        return refused("must not begin or end with white space");
    }
    Ok(())
}

/// RFC 6749 section 3.3: `%x21 / %x23-5B / %x5D-7E`.
pub(crate) fn is_scope_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// One space between two tokens.
fn normalized_scope(scope: &str) -> Result<String> {
    let mut tokens: Vec<_> = scope.split(' ').collect();
    if !tokens.iter().all(|token| is_scope_token(token)) {
        let rule = "must be scopes with one space between two, such as donations:read";
        return Err(Error::breaks_rule("scope", rule).with_value(scope));
    }
    tokens.sort_unstable();
    tokens.dedup();
    Ok(tokens.join(" "))
}

/// A secret as a header value that is never shown or indexed (RFC 7541 section 7.1.3).
pub(crate) fn sensitive(value: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value).map_err(|_| Error::protocol("a value can't stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

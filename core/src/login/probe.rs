//! Whether Login takes the caller, found out without a person.

use super::client::{LoginClient, Resend};
use super::token::Grant;
use crate::{
    check::clock_difference,
    error::{Error, ErrorKind, Result},
    partner::Merchant,
    random::unguessable,
};

/// What Login's token endpoint said to a code that nobody was given.
pub(crate) struct LoginProbe {
    /// Whether it took the keys for the merchant: the client is authenticated before the code is looked at.
    pub(crate) outcome: Result<()>,
    /// By the clock of Vipps, where the reply had a date.
    pub(crate) clock_difference: Option<i64>,
}

/// Nobody is sent there: the code is refused first.
const NOWHERE: &str = "https://localhost/";

impl LoginProbe {
    pub(crate) async fn of(merchant: &Merchant) -> Self {
        match Self::asked(merchant).await {
            Ok(probe) => probe,
            Err(error) => Self { outcome: Err(error), clock_difference: None },
        }
    }

    async fn asked(merchant: &Merchant) -> Result<Self> {
        let client = LoginClient::new(merchant)?;
        let code = unguessable()?;
        let code_verifier = unguessable()?;
        let grant = Grant::Code { code: &code, redirect_uri: NOWHERE, code_verifier: &code_verifier };
        let answer = client.exchange(&grant, Resend::Freely).await?;
        let refusal = answer.refusal();
        let clock_difference = clock_difference(answer.headers(), answer.sent_at(), answer.now());
        let outcome = match refusal.oauth_error.as_deref() {
            Some("invalid_grant") => Ok(()),
            _ if answer.status().is_success() => {
                Err(Error::protocol("Login gave tokens for a code that does not exist"))
            }
            _ => Err(answer.error(refusal)),
        };
        Ok(Self { outcome: outcome.map_err(about_login), clock_difference })
    }
}

/// Where the endpoint is not found the reader of a check looks for Login.
fn about_login(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Protocol => {
            Error::protocol("Login's token endpoint did not say whether it takes the keys").about_the_reply_of(error)
        }
        _ => error,
    }
}

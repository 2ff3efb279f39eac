//! An emulator with two merchants and two people, and applications that talk to it over real sockets.

use std::{fmt::Debug, sync::Arc, time::Duration};

use serde_json::Value;
use vipps_emulator::{Emulator, LoginAuthMethod as Method, Options, User};
use vipps_partner_auth::{
    Config, Error, ErrorKind, Login, LoginAuthMethod, LoginRequest, Merchant, Msn, PartnerKeys, PendingLogin, Result,
};

use crate::{
    application::{CALLBACK, KARI, Outcome, shop},
    browser::Browser,
    time::SharedTime,
};

pub(crate) const OLA: &str = "4798765432";
/// Registered too.
pub(crate) const OTHER_CALLBACK: &str = "https://shop.example/other";
pub(crate) const APP_CALLBACK: &str = "acme://switched-back";

pub(crate) const TOKEN: &str = "/access-management-1.0/access/oauth2/token";
pub(crate) const AUTHORIZE: &str = "/access-management-1.0/access/oauth2/auth";
pub(crate) const DISCOVERY: &str = "/access-management-1.0/access/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "/access-management-1.0/access/.well-known/jwks.json";
pub(crate) const USERINFO: &str = "/vipps-userinfo-api/userinfo";
pub(crate) const BACKCHANNEL: &str = "/vipps-login-ciba/api/backchannel/authentication";
pub(crate) const USER_EXISTS: &str = "/vipps-login-ciba/api/v1/user-exists";
pub(crate) const API_TOKEN: &str = "/accesstoken/get";

pub(crate) struct Stage {
    pub(crate) vipps: Arc<Emulator>,
    pub(crate) time: SharedTime,
}

pub(crate) fn merchants() -> [Msn; 2] {
    ["123456", "234567"].map(|msn| msn.parse().expect("an MSN"))
}

pub(crate) fn first() -> Msn {
    let [first, _] = merchants();
    first
}

impl Stage {
    pub(crate) fn open() -> Outcome<Self> {
        Self::open_with(Options::default())
    }

    pub(crate) fn open_with(options: Options) -> Outcome<Self> {
        let vipps = Arc::new(Emulator::start(Options { merchants: merchants().to_vec(), ..options })?);
        for msn in merchants() {
            for uri in [CALLBACK, OTHER_CALLBACK, APP_CALLBACK] {
                vipps.register_redirect_uri(&msn, uri)?;
            }
        }
        vipps.add_user(User { msisdn: OLA.to_owned(), given_name: "Ola".to_owned(), ..User::default() })?;
        let time = SharedTime::of(&vipps);
        Ok(Self { vipps, time })
    }

    pub(crate) fn config(&self) -> Outcome<Config> {
        Ok(Config::default().environment(self.vipps.environment()?).clock(Arc::new(self.time.clone())))
    }

    /// A merchant of a partner. Each call is a process that has just started.
    pub(crate) fn shop(&self, msn: &Msn) -> Outcome<Merchant> {
        self.shop_with(msn, self.config()?)
    }

    pub(crate) fn shop_with(&self, msn: &Msn, config: Config) -> Outcome<Merchant> {
        shop(PartnerKeys::try_from(self.vipps.partner_keys())?, msn, config)
    }

    /// A merchant that runs with the keys of its own sales unit.
    pub(crate) fn sales_unit(&self, msn: &Msn, method: LoginAuthMethod) -> Outcome<Merchant> {
        let set_up = match method {
            LoginAuthMethod::ClientSecretBasic => Method::Basic,
            LoginAuthMethod::ClientSecretPost => Method::Post,
        };
        self.vipps.login_auth_method(msn, set_up)?;
        let keys = self.vipps.sales_unit_keys(msn).ok_or("no such sales unit")?.for_sales_unit(msn.clone())?;
        shop(keys, msn, self.config()?.login_auth_method(method))
    }

    /// The first merchant's login.
    pub(crate) fn login(&self) -> Outcome<Login> {
        Ok(self.shop(&first())?.login(CALLBACK)?)
    }

    pub(crate) fn browser(&self) -> Outcome<Browser> {
        Browser::new(&self.vipps)
    }

    /// A request whose browser is back with a code, which nobody has handed in yet.
    pub(crate) async fn approved(&self, login: &Login) -> Outcome<(LoginRequest, String)> {
        let request = login.start(&["openid", "name"]).await?;
        let callback_url = self.browser()?.sign_in(request.url(), KARI).await?;
        Ok((request, callback_url))
    }

    /// Proves that whatever went wrong before stands in nobody's way.
    pub(crate) async fn a_new_login_works(&self, login: &Login) -> Outcome {
        let (request, callback_url) = self.approved(login).await?;
        let result = login.finish(&callback_url, &request).await?;
        assert_eq!(result.claims().sub(), User::default().sub(request.msn()));
        Ok(())
    }

    /// The person who was asked decides.
    pub(crate) fn approve(&self, pending: &PendingLogin) -> Outcome<Option<String>> {
        let login = self.vipps.logins().into_iter().find(|login| login.id == pending.auth_req_id());
        let msisdn = login.and_then(|login| login.msisdn).ok_or("nobody was asked")?;
        Ok(self.vipps.approve(pending.auth_req_id(), &msisdn)?)
    }
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn hint(msisdn: &str) -> String {
    format!("urn:msisdn:{msisdn}")
}

/// What an application keeps, with one member changed behind its back.
pub(crate) fn tampered(kept: &str, member: &str, value: Value) -> Outcome<String> {
    let mut kept: Value = serde_json::from_str(kept)?;
    assert!(kept.get(member).is_some(), "{member}");
    kept[member] = value;
    Ok(kept.to_string())
}

/// The error of a call that must fail.
#[track_caller]
pub(crate) fn refused<T: Debug>(outcome: Result<T>) -> Error {
    outcome.expect_err("must fail")
}

/// The reason of a login that must fail for one.
#[track_caller]
pub(crate) fn reason<T: Debug>(outcome: Result<T>) -> String {
    let error = refused(outcome);
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::LoginFailed, false), "{error}");
    error.reason().expect("a reason").to_owned()
}

/// The check that an ID token must not pass.
#[track_caller]
pub(crate) fn claim<T: Debug>(outcome: Result<T>) -> &'static str {
    let error = refused(outcome);
    assert_eq!(error.kind(), ErrorKind::InvalidIdToken, "{error}");
    error.claim().expect("a claim")
}

/// The argument that must be refused.
#[track_caller]
pub(crate) fn field<T: Debug>(outcome: Result<T>) -> &'static str {
    let error = refused(outcome);
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    error.field().expect("a field")
}

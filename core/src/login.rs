//! Vipps Login in the browser, on behalf of a merchant (OpenID Connect Core section 3.1, with PKCE of RFC 7636).

mod answer;
mod authorize;
mod backchannel;
mod backchannel_protocol;
mod callback;
mod client;
mod consent_revoked;
mod flow_result;
mod hint;
mod identity;
mod pending;
mod probe;
mod redirect_uri;
mod refusal;
mod result;
mod scopes;
mod token;
mod userinfo;

pub(crate) use self::redirect_uri::RedirectUri;
use self::{
    authorize::ClientParameter,
    client::{LoginClient, Resend},
    refusal::exchange_refusal,
    token::Grant,
};
pub use self::{
    authorize::{LoginOptions, LoginRequest, Market, RequestedFlow},
    backchannel::{Backchannel, BackchannelOptions, BackchannelPing},
    callback::AuthorizationCode,
    consent_revoked::UnverifiedConsentRevoked,
    flow_result::{Agreement, FlowElement, FlowLink, FlowResult, FlowScreen},
    hint::LoginHint,
    pending::PendingLogin,
    result::{LoginResult, LoginToken},
    userinfo::{Address, Userinfo},
};
pub(crate) use self::{identity::BasicAt, probe::LoginProbe};
use crate::{
    error::{Error, Result},
    executor::Executor,
    id_token::{Expect, Flow},
    keys::Keys,
    partner::Merchant,
};

/// Login in the browser for one merchant and one `redirect_uri`. Cheap to make; keep it or not.
///
/// ```no_run
/// # async fn run(shop: vipps_partner_auth::Merchant, callback_url: &str) -> vipps_partner_auth::Result<()> {
/// let login = shop.login("https://shop.example/callback")?;
/// let request = login.start(&["openid", "name"]).await?;
/// // Keep `request` in the person's session and send the browser to `request.url()`. When it is back:
/// let result = login.finish(callback_url, &request).await?;
/// println!("{} said yes to {:?}", result.claims().sub(), result.scopes());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, derive_more::Debug)]
#[debug("Login {{ msn: {:?}, redirect_uri: {:?}, .. }}", client.msn(), redirect_uri.as_str())]
pub struct Login {
    client: LoginClient,
    redirect_uri: RedirectUri,
}

impl Merchant {
    /// Login in the browser, with this `redirect_uri`: the very text that is registered in the portal, since Vipps
    /// compares it byte for byte.
    ///
    /// `InvalidConfig`, field `redirect_uri`, for one that can't be registered: it must be absolute, printable ASCII
    /// without a fragment, https or a scheme of an app's own (plain http only to this machine), and must not hold a
    /// parameter that the answer uses. Field `msn` for keys that are not for this merchant.
    pub fn login(&self, redirect_uri: &str) -> Result<Login> {
        let redirect_uri = redirect_uri.parse()?;
        Ok(Login { client: LoginClient::new(self)?, redirect_uri })
    }
}

impl Login {
    /// Makes a request for these scopes, `openid` among them. Asks Vipps where its endpoints are, at most once an hour.
    ///
    /// `InvalidConfig`, field `scopes` or `redirect_uri` (the URL would be longer than Vipps takes); `Unavailable`
    /// when the endpoints can't be fetched.
    pub async fn start(&self, scopes: &[impl AsRef<str>]) -> Result<LoginRequest> {
        self.start_with(scopes, &LoginOptions::default()).await
    }

    /// The same with options: the market whose colours the page has, the app to return to, how sure Vipps must be.
    pub async fn start_with(&self, scopes: &[impl AsRef<str>], options: &LoginOptions) -> Result<LoginRequest> {
        let scopes = scopes::parse(scopes)?;
        let options = options.checked()?;
        let endpoints = self.client.endpoints().await?;
        let endpoint = self.client.trusted().page(&endpoints.authorization)?;
        scopes::notice_unusual(&scopes, self.client.events());
        let keys = self.client.keys();
        LoginRequest::new(
            endpoint.as_str(),
            &self.client_parameter(&keys),
            self.client.issuer(),
            &self.redirect_uri,
            scopes,
            options,
        )
    }

    /// Ends a login: checks the callback, exchanges the code, checks the ID token.
    ///
    /// `callback_url` is what the browser came back with: the whole URL, or only its path and query (`/callback?code=…`),
    /// which is the way behind a proxy that changes scheme or host. `request` is what [`start`](Self::start) gave for
    /// *this* browser session.
    ///
    /// `LoginFailed` with a [`reason`](Error::reason) when it ended without a user, or the callback does not belong to
    /// the request; `InvalidIdToken` when the ID token is not good; `CredentialsRejected`, `Forbidden`, `RateLimited`,
    /// `Unavailable` and `Protocol` as elsewhere. While an error is retryable the code has not been sent, so the same
    /// call may be made again; after all others start a new login. So it is when this future is dropped on its way: the
    /// code may be spent.
    pub async fn finish(&self, callback_url: &str, request: &LoginRequest) -> Result<LoginResult> {
        self.check_request(request)?;
        let code = request.code(callback_url)?;
        let client = self.client.clone();
        let request = request.clone();
        self.client.executor().run(async move { exchange(&client, &code, &request).await }).await
    }

    /// Asks who the person is: what the login's scopes open. Possible for about ten minutes after the login.
    ///
    /// `LoginFailed`, reason `expired`, after that; `InvalidIdToken`, claim `sub`, when the answer is about somebody
    /// else.
    pub async fn userinfo(&self, result: &LoginResult) -> Result<Userinfo> {
        let client = self.client.clone();
        let result = result.clone();
        self.client.executor().run(async move { client.userinfo(&result).await }).await
    }

    pub(crate) fn executor(&self) -> &Executor {
        self.client.executor()
    }

    fn client_parameter<'a>(&'a self, keys: &'a Keys) -> ClientParameter<'a> {
        match keys {
            Keys::SalesUnit(keys) => ClientParameter::ClientId(&keys.standard.client_id, self.client.msn()),
            Keys::Partner(_) | Keys::Specialized(_) | Keys::Psp(_) => ClientParameter::Msn(self.client.msn()),
        }
    }

    fn check_request(&self, request: &LoginRequest) -> Result<()> {
        if request.msn() != self.client.msn() {
            return Err(Error::login_failed("merchant", "the request was made for another merchant"));
        }
        if request.issuer() != self.client.issuer() {
            return Err(Error::login_failed("issuer", "the request was made for another environment"));
        }
        if !self.redirect_uri.is_same(request.place()) {
            return Err(Error::login_failed("redirect_uri", "the request was made for another redirect_uri"));
        }
        Ok(())
    }
}

async fn exchange(client: &LoginClient, code: &AuthorizationCode, request: &LoginRequest) -> Result<LoginResult> {
    // Without keys the code would be spent for nothing.
    client.keys_are_there().await?;
    let grant =
        Grant::Code { code: code.code(), redirect_uri: request.redirect_uri(), code_verifier: request.code_verifier() };
    let answer = client.exchange(&grant, Resend::Never).await?;
    let tokens = answer.tokens(exchange_refusal)?;
    client.accept(tokens, expected_of(request), request.scopes()).await
}

fn expected_of(request: &LoginRequest) -> Expect {
    let expect = Expect::default().flow(Flow::Browser).nonce(request.nonce());
    match request.acr_values() {
        Some(acr) => expect.acr(acr),
        None => expect,
    }
}

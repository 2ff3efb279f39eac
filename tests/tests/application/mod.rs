//! A shop's sign-in as an application writes it once. It knows neither which keys it runs with nor who answers: the
//! emulator, or an OpenID provider that nobody of this project wrote.

use std::{error::Error, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use vipps_partner_auth::{Config, Keys, LoginRequest, Merchant, Msn, Partner, PendingLogin, SystemInfo, Userinfo};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) const CALLBACK: &str = "https://shop.example/callback";
pub(crate) const KARI: &str = "4791234567";
const SCOPES: [&str; 3] = ["openid", "name", "phoneNumber"];

/// What the shop keeps of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) phone_number: Option<String>,
}

pub(crate) fn shop(keys: impl Into<Keys>, msn: &Msn, config: Config) -> Outcome<Merchant> {
    let system = SystemInfo::new("acme", "3.1.2")?.with_plugin("acme-webshop", "4.5.6")?;
    Ok(Partner::new(keys, system, config)?.merchant(msn.clone()))
}

/// `browse` takes a browser from the URL it is sent to until it is back, and tells where it came back.
pub(crate) async fn sign_in(shop: &Merchant, browse: impl AsyncFnOnce(&str) -> Outcome<String>) -> Outcome<Member> {
    let login = shop.login(CALLBACK)?;
    let session = login.start(&SCOPES).await?.to_json();
    let request = LoginRequest::from_json(&session)?;
    let callback_url = browse(request.url()).await?;
    let result = login.finish(&callback_url, &request).await?;
    Ok(Member::from(&login.userinfo(&result).await?))
}

/// `decide` is the person at the phone.
pub(crate) async fn sign_in_by_phone(
    shop: &Merchant,
    msisdn: &str,
    decide: impl AsyncFnOnce(&PendingLogin) -> Outcome,
) -> Outcome<Member> {
    let phone = shop.backchannel()?;
    let pending = phone.start(&format!("urn:msisdn:{msisdn}"), &SCOPES).await?;
    if phone.poll(&pending).await?.is_some() {
        return Err("nobody has decided yet".into());
    }
    decide(&pending).await?;
    let result = phone.wait(&pending, Duration::from_secs(300)).await?.ok_or("nobody decided in time")?;
    Ok(Member::from(&phone.userinfo(&result).await?))
}

impl From<&Userinfo> for Member {
    fn from(userinfo: &Userinfo) -> Self {
        Self {
            id: userinfo.sub().to_owned(),
            name: userinfo.name().map(str::to_owned),
            phone_number: userinfo.phone_number().map(str::to_owned),
        }
    }
}

/// A kept request with another value in the place of one of its own, in its URL too: a session that was mixed up whole.
#[allow(dead_code, reason = "not every test bends")]
pub(crate) fn mixed_up(request: &LoginRequest, member: &str, value: &str) -> Outcome<LoginRequest> {
    let mut kept: serde_json::Value = serde_json::from_str(&request.to_json())?;
    let old = std::mem::replace(&mut kept[member], value.into());
    let old = old.as_str().ok_or("a text")?;
    let (told, tells) = match member {
        "code_verifier" => (challenge(old), challenge(value)),
        _ => (encoded(old), encoded(value)),
    };
    kept["url"] = request.url().replace(&told, &tells).into();
    Ok(LoginRequest::from_json(&kept.to_string())?)
}

fn challenge(code_verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, code_verifier.as_bytes()))
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

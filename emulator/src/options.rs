//! How an emulator is started.

use std::{io, net::IpAddr, path::PathBuf};

use http::Uri;

use schemars::JsonSchema;
use serde::Deserialize;
use vipps_partner_auth::Msn;

use crate::{
    accounts::keys::{Keys, SpecializedKeys},
    choices::{Mode, RsaBits},
    fault::invalid_input,
    values::{self, MsnText},
};

/// How to start an [`Emulator`](crate::Emulator). End a literal with `..Options::default()`: fields may join.
///
/// ```
/// use vipps_emulator::{Mode, Options};
///
/// let options = Options { mode: Mode::Test, merchants: vec!["123456".parse()?], ..Options::default() };
/// assert_eq!(options.port, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(!default, transform = values::all_optional, description = "How to start the emulator.")]
pub struct Options {
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The address to listen at; 127.0.0.1 by default. With any other than a loopback address everybody who can reach
    /// this machine can read all keys and decide all logins: for containers and phones in a network of your own.
    pub listen: Option<IpAddr>,
    /// How it is reached from outside, such as `https://api.vipps.no` behind a proxy that ends TLS, or
    /// `http://vipps:8585` among containers: scheme, host and port, no path. Issuer, discovery, `iss`, redirects and links
    /// name it, and its host is admitted to the page and the controls. By default where it listens.
    pub public_url: Option<String>,
    /// Which of the two environments to imitate; decides how long standard tokens live.
    pub mode: Mode,
    /// Sales units that exist and are connected to the partner from the start.
    #[serde(deserialize_with = "values::msns")]
    #[schemars(with = "Vec<MsnText>")]
    pub merchants: Vec<Msn>,
    /// The partner keys; invented by default.
    pub partner_keys: Option<Keys>,
    /// The keys for `/miami/v1/token`; invented by default.
    pub specialized_keys: Option<SpecializedKeys>,
    /// Whether what the documents forbid, but the service may forgive, is let through and reported instead of refused.
    pub forgiving: bool,
    /// A file that keeps keys from one start to the next: what would be invented, and the keys that sign ID tokens. Made
    /// when it is not there. By default nothing is kept.
    pub keys_file: Option<PathBuf>,
    /// The size of the RSA keys that sign ID tokens.
    pub rsa_bits: RsaBits,
}

impl Options {
    /// Refuses what can't be, by the name of the member.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.partner_keys.as_ref().map_or(Ok(()), |keys| within("partner_keys", keys.check()))?;
        self.specialized_keys.as_ref().map_or(Ok(()), |keys| within("specialized_keys", keys.check()))?;
        self.public_url.as_deref().map_or(Ok(()), check_public_url)
    }

    /// Where it is reached: as told, or else where it listens.
    pub(crate) fn base_url(&self, bound: String) -> String {
        self.public_url.as_ref().map_or(bound, |url| url.trim_end_matches('/').to_ascii_lowercase())
    }
}

fn within(member: &str, checked: io::Result<()>) -> io::Result<()> {
    checked.map_err(|error| invalid_input(&format!("{member}.{error}")))
}

fn check_public_url(text: &str) -> io::Result<()> {
    let refused =
        || invalid_input("public_url: must be http:// or https://, a host and perhaps a port, and nothing more");
    let uri: Uri = text.parse().map_err(|_| refused())?;
    let is_bare = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
    let host = uri.authority().filter(|authority| !authority.as_str().contains('@') && !authority.host().is_empty());
    match uri.scheme_str() {
        Some("http" | "https") if is_bare && host.is_some() && !text.contains('#') => Ok(()),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for url in ["https://api.vipps.no", "http://vipps:8585/", "http://[::1]:1", "HTTPS://API.vipps.no"] {
            assert!(check_public_url(url).is_ok(), "{url}");
        }
        for url in
            ["api.vipps.no", "ftp://x", "https://x/y", "https://x?y", "https://u@x", "https://x/#", "https://", ""]
        {
            assert!(check_public_url(url).is_err(), "{url}");
        }
        let options = Options { public_url: Some("HTTPS://API.vipps.no/".to_owned()), ..Options::default() };
        assert_eq!(options.base_url("http://127.0.0.1:1".to_owned()), "https://api.vipps.no");
    }

    #[test]
    fn keys_that_no_header_can_carry_are_refused_by_name() {
        let keys = Keys { client_secret: "a b".to_owned(), ..Keys::invented() };
        let refusal = Options { partner_keys: Some(keys), ..Options::default() }.check().expect_err("no header");
        assert!(refusal.to_string().starts_with("partner_keys.client_secret: must be"), "{refusal}");
    }
}

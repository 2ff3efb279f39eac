//! Who may use the emulator's own paths: people at this machine and programs on it, not other people's web pages.

use std::net::IpAddr;

use http::{Method, StatusCode};

use crate::{wire::reply::Reply, wire::request::Request};

/// Lets a request in, or answers it with 403 and the reason. Programs that send neither `Origin` nor `Sec-Fetch-Site`
/// pass; browsers send what is needed to tell another site's page from the emulator's own.
/// `base_url`: where the emulator is reached, as it was told.
pub(crate) fn admit(request: &Request, base_url: &str) -> Result<(), Reply> {
    let host = request.header("host").unwrap_or_default();
    let why = if request.doubled().is_some() {
        "a header that says one thing came more than once."
    } else if !is_this_machine(host) && !is_host_of(base_url, host) {
        "the Host header does not name this machine. Open the page as http://127.0.0.1 or http://localhost, or name the \
         other way by --public-url; a name that leads here may belong to a page that wants to read along (DNS \
         rebinding)."
    } else if request.header("origin").is_some_and(|origin| !is_own_origin(origin, host, base_url)) {
        "the Origin header names another site. Only the emulator's own page may do this, so that no web page you \
         happen to visit can decide for you (cross-site request forgery)."
    } else if comes_from_elsewhere(request) && !is_visit(request) {
        "the Sec-Fetch-Site header says that another site asks. Only the emulator's own page may do this, so that no \
         web page you happen to visit can decide for you (cross-site request forgery)."
    } else {
        return Ok(());
    };
    Err(Reply::text(StatusCode::FORBIDDEN, &format!("Refused by vipps-emulator: {why}\n")).hardened())
}

/// A loopback address or `localhost`, with or without a port.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    let is_loopback = literal.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    (is_loopback || name.eq_ignore_ascii_case("localhost")) && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_own_origin(origin: &str, host: &str, base_url: &str) -> bool {
    let same = |origin: &str| origin.eq_ignore_ascii_case(host);
    origin.strip_prefix("http://").is_some_and(same) || origin.eq_ignore_ascii_case(base_url)
}

/// The scheme's own port may be left out or not.
fn is_host_of(base_url: &str, host: &str) -> bool {
    let (scheme, own) = base_url.split_once("://").unwrap_or_default();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    let bare = |host: &str| host.strip_suffix(usual).unwrap_or(host).to_ascii_lowercase();
    bare(own) == bare(host)
}

fn comes_from_elsewhere(request: &Request) -> bool {
    request.header("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// Following a link from elsewhere to a page that is shown whole changes nothing and tells the other site nothing.
fn is_visit(request: &Request) -> bool {
    let says = |name, value| request.header(name) == Some(value);
    request.method == Method::GET && says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn admitted(method: &str, headers: &[(&str, &str)]) -> bool {
        let head = http::Request::builder().method(method).uri("/emulator/state");
        let head = headers.iter().fold(head, |head, (name, value)| head.header(*name, *value));
        let request = Request::new(head.body(()).expect("a request").into_parts().0, Bytes::new());
        admit(&request, "https://api.vipps.no").is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in ["127.0.0.1:8585", "127.0.0.1", "localhost:8585", "LOCALHOST", "[::1]:8585", "[::1]", "127.1.2.3"] {
            assert!(admitted("GET", &[("host", host)]), "{host}");
        }
        let others = [
            "evil.example",
            "127.0.0.1.evil.example:8585",
            "localhost.evil.example",
            "10.0.0.1:8585",
            "",
            "x@localhost",
        ];
        for host in others {
            assert!(!admitted("GET", &[("host", host)]), "{host}");
        }
        assert!(!admitted("GET", &[]));
    }

    #[test]
    fn one_more_host_is_admitted_with_its_origin() {
        let origin = ("origin", "https://api.vipps.no");
        for host in ["api.vipps.no", "API.vipps.no:443", "127.0.0.1:8585"] {
            assert!(admitted("POST", &[("host", host), origin]), "{host}");
        }
        assert!(!admitted("POST", &[("host", "api.vipps.no:80"), origin]));
        assert!(!admitted("POST", &[("host", "api.vipps.no"), ("origin", "https://evil.example")]));
    }

    #[test]
    fn another_origin_is_refused() {
        let post = |origin| admitted("POST", &[("host", "127.0.0.1:8585"), ("origin", origin)]);
        assert!(post("http://127.0.0.1:8585"));
        for origin in
            ["null", "http://127.0.0.1:3000", "https://127.0.0.1:8585", "http://localhost:8585", "http://evil.example"]
        {
            assert!(!post(origin), "{origin}");
        }
    }

    #[test]
    fn another_site_may_link_here_and_nothing_else() {
        let host = ("host", "127.0.0.1:8585");
        let site = |value| ("sec-fetch-site", value);
        let navigate = ("sec-fetch-mode", "navigate");
        let document = ("sec-fetch-dest", "document");
        for own in ["same-origin", "none"] {
            assert!(admitted("POST", &[host, site(own)]), "{own}");
        }
        for other in ["cross-site", "same-site"] {
            assert!(admitted("GET", &[host, site(other), navigate, document]), "{other}");
            assert!(!admitted("POST", &[host, site(other), navigate, document]), "{other}");
            assert!(!admitted("GET", &[host, site(other), navigate, ("sec-fetch-dest", "iframe")]), "{other}");
            assert!(!admitted("GET", &[host, site(other), ("sec-fetch-mode", "cors")]), "{other}");
        }
    }
}

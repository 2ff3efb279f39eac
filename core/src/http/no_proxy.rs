//! `NO_PROXY`: the hosts that are reached without one.

use ipnet::IpNet;
use url::Host;

use super::target::Target;
use crate::error::{Error, Result};

/// The entries of the list. The default covers nothing.
#[derive(Debug, Default)]
pub(super) struct NoProxy(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug)]
enum Hosts {
    /// This host and all below it.
    Domain(String),
    /// An address alone is a network of one.
    Network(IpNet),
    /// A text with `*`, which stands for any characters.
    Pattern(String),
}

impl NoProxy {
    /// Takes a list with commas or blanks between. `variable` names it where an entry can't be understood.
    pub(super) fn parse(variable: &'static str, list: &str) -> Result<Self> {
        let entries = list.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
        // Some put the path of a local socket here, for other programs.
        let entries = entries.filter(|entry| !entry.is_empty() && !entry.starts_with('/'));
        let parsed = entries.enumerate().map(|(place, entry)| {
            let number = place + 1;
            Entry::parse(entry).ok_or_else(|| {
                let fault = format!("{variable} has an entry, number {number}, that is no host, address or network");
                Error::invalid_config(variable, fault)
                    .with_hint("entries look like shop.example, 192.0.2.7, 192.0.2.0/24, shop.example:8443 or *")
            })
        });
        parsed.collect::<Result<_>>().map(Self)
    }

    pub(super) fn covers(&self, target: &Target) -> bool {
        self.0.iter().any(|entry| entry.covers(target))
    }
}

impl Entry {
    fn parse(entry: &str) -> Option<Self> {
        if entry.contains('/') {
            return Some(Self { hosts: Hosts::Network(entry.parse().ok()?), port: None });
        }
        let (host, port) = split_port(entry)?;
        let port = port.map(|port| port.parse().ok()).map_or(Some(None), |port| port.map(Some))?;
        Some(Self { hosts: Hosts::parse(host)?, port })
    }

    fn covers(&self, target: &Target) -> bool {
        self.port.is_none_or(|port| port == target.port) && self.hosts.cover(&target.host)
    }
}

/// An IPv6 address has colons of its own; with a port it stands in brackets.
fn split_port(entry: &str) -> Option<(&str, Option<&str>)> {
    if let Some((address, rest)) = entry.strip_prefix('[').and_then(|entry| entry.split_once(']')) {
        return match rest.strip_prefix(':') {
            Some(port) => Some((address, Some(port))),
            None => rest.is_empty().then_some((address, None)),
        };
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => Some((host, Some(port))),
        _ => Some((entry, None)),
    }
}

impl Hosts {
    fn parse(host: &str) -> Option<Self> {
        if let Ok(address) = host.parse::<std::net::IpAddr>() {
            return Some(Self::Network(address.into()));
        }
        let below = host.strip_prefix("*.").or_else(|| host.strip_prefix('.')).unwrap_or(host);
        let below = below.strip_suffix('.').unwrap_or(below);
        if below.contains('*') {
            return Some(Self::Pattern(host.to_ascii_lowercase()));
        }
        // As a URL writes it: small letters, other alphabets in Punycode.
        match Host::parse(below).ok()? {
            Host::Domain(name) => Some(Self::Domain(name)),
            Host::Ipv4(address) => Some(Self::Network(std::net::IpAddr::from(address).into())),
            Host::Ipv6(_) => None,
        }
    }

    fn cover(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Domain(domain), Host::Domain(name)) => is_within(name, domain),
            (Self::Network(network), Host::Ipv4(address)) => network.contains(&std::net::IpAddr::from(*address)),
            (Self::Network(network), Host::Ipv6(address)) => network.contains(&std::net::IpAddr::from(*address)),
            (Self::Pattern(pattern), Host::Domain(name)) => matches(pattern, without_root(name)),
            (Self::Pattern(pattern), Host::Ipv4(address)) => matches(pattern, &address.to_string()),
            (Self::Pattern(pattern), Host::Ipv6(address)) => matches(pattern, &address.to_string()),
            (Self::Domain(_), _) | (Self::Network(_), Host::Domain(_)) => false,
        }
    }
}

fn is_within(name: &str, domain: &str) -> bool {
    let above = without_root(name).strip_suffix(domain);
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// `shop.example.` is the same host as `shop.example`.
fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    let Some((middle, end)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
    let Some(mut text) = text.strip_suffix(end) else { return false };
    middle.split('*').all(|part| match text.split_once(part) {
        Some((_, after)) => {
            text = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn covers(list: &str, url: &str) -> bool {
        let target = Target::of(&Url::parse(url).expect("a url")).expect("a good url");
        NoProxy::parse("no_proxy", list).expect(list).covers(&target)
    }

    #[test]
    fn a_domain_covers_itself_and_all_below_however_it_is_written() {
        for entry in
            ["shop.example", ".shop.example", "*.shop.example", "SHOP.Example", "shop.example.", "*.shop.example."]
        {
            for host in ["shop.example", "api.shop.example", "a.b.shop.example", "API.SHOP.EXAMPLE", "shop.example."] {
                assert!(covers(entry, &format!("https://{host}")), "{entry} {host}");
            }
            for host in ["myshop.example", "shop.example.org", "example", "other.example"] {
                assert!(!covers(entry, &format!("https://{host}")), "{entry} {host}");
            }
        }
        assert!(covers("blåbær.example", "https://www.xn--blbr-roah.example"));
        assert!(covers("example", "https://shop.example"));
    }

    #[test]
    fn entries_stand_between_commas_and_blanks() {
        for list in [
            "a.example,shop.example",
            " a.example , shop.example ",
            "a.example shop.example",
            ",,shop.example,",
            "a.example\tshop.example\n",
            "a.example;shop.example",
            "/var/run/docker.sock,shop.example",
        ] {
            assert!(covers(list, "https://shop.example"), "{list}");
            assert!(!covers(list, "https://b.example"), "{list}");
        }
        for list in ["", " ", ",", "/var/run/docker.sock"] {
            assert!(!covers(list, "https://shop.example"), "{list}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        let table = [
            ("*", "https://shop.example", true),
            ("*", "https://192.0.2.7", true),
            ("a.example, *", "https://shop.example", true),
            ("192.0.*", "https://192.0.2.7", true),
            ("192.0.*", "https://192.1.2.7", false),
            ("*shop.example", "https://myshop.example", true),
            ("api.*.example", "https://api.shop.example", true),
            ("api.*.example", "https://api.example", false),
            ("a*b*c.example", "https://a1b2c.example", true),
            ("a*b*c.example", "https://acb.example", false),
            ("API.*", "https://api.shop.example", true),
        ];
        for (list, url, expected) in table {
            assert_eq!(covers(list, url), expected, "{list} {url}");
        }
    }

    #[test]
    fn addresses_and_networks_cover_addresses_in_the_url() {
        let table = [
            ("192.0.2.7", "https://192.0.2.7", true),
            ("192.0.2.7", "https://192.0.2.8", false),
            ("192.0.2.0/24", "https://192.0.2.255", true),
            ("192.0.2.99/24", "https://192.0.2.1", true),
            ("192.0.2.0/24", "https://192.0.3.0", false),
            ("0.0.0.0/0", "https://203.0.113.9", true),
            ("0.0.0.0/0", "https://[2001:db8::7]", false),
            ("2001:db8::7", "https://[2001:db8::7]", true),
            ("[2001:db8::7]", "https://[2001:db8:0::7]", true),
            ("2001:db8::/32", "https://[2001:db8:9::1]", true),
            ("2001:db8::/32", "https://[2001:db9::1]", false),
            ("2.7", "https://192.0.2.7", false),
            ("192.0.2.7", "https://192.0.2.7.example", false),
        ];
        for (list, url, expected) in table {
            assert_eq!(covers(list, url), expected, "{list} {url}");
        }
    }

    #[test]
    fn a_port_narrows_an_entry() {
        let table = [
            ("shop.example:8443", "https://shop.example:8443", true),
            ("shop.example:8443", "https://api.shop.example:8443", true),
            ("shop.example:8443", "https://shop.example", false),
            ("shop.example:443", "https://shop.example", true),
            ("192.0.2.7:8443", "https://192.0.2.7:8443", true),
            ("192.0.2.7:8443", "https://192.0.2.7", false),
            ("[2001:db8::7]:8443", "https://[2001:db8::7]:8443", true),
            ("[2001:db8::7]:8443", "https://[2001:db8::7]", false),
            ("*:8443", "https://anything.example:8443", true),
            ("*:8443", "https://anything.example", false),
        ];
        for (list, url, expected) in table {
            assert_eq!(covers(list, url), expected, "{list} {url}");
        }
    }

    #[test]
    fn what_is_no_entry_is_counted_and_not_repeated() {
        let wrong = [
            "10.0.0.0/33",
            "10.0.0.0/",
            "shop.example/24",
            "http://shop.example",
            "shop.example:http",
            "shop.example:99999",
            "[2001:db8::7",
            "[2001:db8::7]x",
            "a@b",
            "<local>",
            ".",
            "*.",
            "2001:db8::zz",
            "shop.example:",
        ];
        for entry in wrong {
            let error = NoProxy::parse("NO_PROXY", &format!("a.example, {entry}")).expect_err(entry);
            assert_eq!(error.field(), Some("NO_PROXY"));
            assert_eq!(
                error.detail(),
                "NO_PROXY has an entry, number 2, that is no host, address or network",
                "{entry}"
            );
        }
    }
}

//! The way to Vipps, step by step: proxy, name, connection, certificate, clock.

use std::{io, net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::report::Findings;
use crate::{
    check::{CLOCKS_AGREE, clock_difference, clock_in_words},
    clock::Now,
    http::{SendError, Way, words_of},
    partner::Inner,
    reply::Refusal,
};

/// How far the examination came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    Vipps,
    Nobody,
}

const NETWORK: &str =
    "check network, name resolution and firewall; where only a proxy leads out, set HTTPS_PROXY or the setting proxy";

pub(super) async fn look(inner: &Inner, findings: &mut Findings) -> Reached {
    let address = format!("{}.well-known/openid-configuration", inner.environment.issuer());
    let way = inner.client.as_ref().and_then(|client| client.way_to(&address));
    if let Some(way) = &way
        && !go(way, inner.login.request_timeout, findings).await
    {
        return Reached::Nobody;
    }
    ask(inner, &address, way.as_ref(), findings).await
}

/// As far as the first server on the way: the proxy where there is one.
async fn go(way: &Way, limit: Duration, findings: &mut Findings) -> bool {
    let host = &*way.first.0;
    let port = way.first.1;
    match &way.proxy {
        Some(proxy) => findings.ok("proxy", format!("calls go through the proxy {proxy}")),
        None => findings.ok("proxy", "calls go to Vipps directly, through no proxy"),
    }
    let whose = if way.proxy.is_some() { "the proxy " } else { "" };
    let addresses = match within(limit, lookup_host((host, port))).await {
        Ok(addresses) => addresses.collect::<Vec<_>>(),
        Err(fault) => {
            findings.fault("name", format!("the name of {whose}{host} is not found ({fault})"), NETWORK);
            return false;
        }
    };
    if host.parse::<IpAddr>().is_err() {
        findings.ok("name", format!("the name of {whose}{host} is known"));
    }
    match within(limit, TcpStream::connect(&*addresses)).await {
        Ok(_) => true,
        Err(fault) => {
            let detail = format!("no connection to {whose}{host}:{port} ({fault})");
            findings.fault("connection", detail, if way.is_loopback { STARTED } else { NETWORK });
            false
        }
    }
}

const STARTED: &str = "start the emulator, or check the port of the environment's address";

async fn within<T>(limit: Duration, step: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    let done = timeout(limit, step).await.map_err(|_| "no answer in time".to_owned())?;
    done.map_err(|error| words_of(&error))
}

/// A question that anybody may ask.
async fn ask(inner: &Inner, address: &str, way: Option<&Way>, findings: &mut Findings) -> Reached {
    let clock = &*inner.login.clock;
    let asked = clock.now();
    let Ok(mut request) = Request::get(address).body(Bytes::new()) else { return Reached::Nobody };
    inner.system.add_to(request.headers_mut());
    let reply = match inner.login.transport.send(request, inner.login.request_timeout).await {
        Ok(reply) => reply,
        Err(fault) => {
            unreachable(fault, way, findings);
            return Reached::Nobody;
        }
    };
    let answered = clock.now();
    connected(inner, way, answered.monotonic.saturating_sub(asked.monotonic), findings);
    date(inner, reply.headers(), asked, answered, findings);
    understood(&reply, inner, findings)
}

fn unreachable(fault: SendError, way: Option<&Way>, findings: &mut Findings) {
    let check = match way {
        _ if fault.blames_certificate() => "certificate",
        Some(Way { proxy: Some(_), .. }) if !fault.may_have_been_sent() => "proxy",
        _ => "connection",
    };
    findings.error(check, &fault.into_error());
}

fn connected(inner: &Inner, way: Option<&Way>, took: Duration, findings: &mut Findings) {
    let host = inner.environment.base_url();
    findings.ok("connection", format!("{host} answered within {} ms", took.as_millis().max(1)));
    let Some(way) = way.filter(|way| way.is_tls) else { return };
    let Some(client) = &inner.client else { return };
    let certificate = client.certificate_of(&way.host).unwrap_or_else(|| "not readable".to_owned());
    findings.ok("certificate", format!("{certificate}; trusted by {}", client.trusts()));
}

/// What the time of an answer says of this machine's clock.
fn date(inner: &Inner, headers: &HeaderMap, asked: Now, answered: Now, findings: &mut Findings) {
    let Some(difference) = clock_difference(headers, asked, answered) else {
        return findings.warn(
            "clock",
            "the answer does not say the time, so this machine's clock is not known to be right",
            NTP,
        );
    };
    let seconds = difference.unsigned_abs();
    let detail = clock_in_words(difference);
    let leeway = inner.login.leeway.as_secs();
    match seconds {
        _ if seconds > leeway => findings.fault("clock", format!("{detail}: ID tokens are refused"), NTP),
        _ if seconds > WORTH_A_WORD => findings.warn("clock", detail, NTP),
        _ => findings.ok("clock", CLOCKS_AGREE),
    }
}

const NTP: &str = "set the clock by a time server (NTP)";
/// In seconds. An answer's time is a whole second.
const WORTH_A_WORD: u64 = 5;

fn understood(reply: &Response<Bytes>, inner: &Inner, findings: &mut Findings) -> Reached {
    if reply.status() != StatusCode::OK {
        let error = Refusal::read(reply).into_error(reply.status(), reply.headers(), inner.login.clock.now());
        findings.error("discovery", &error);
        return Reached::Vipps;
    }
    match inner.login.discovery.read(reply.body()) {
        Ok(()) => findings.ok("discovery", "the addresses of Login were read"),
        Err(error) => findings.error("discovery", &error),
    }
    Reached::Vipps
}

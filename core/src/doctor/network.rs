//! The way to Vipps, step by step: proxy, name, connection, certificate, clock.

use std::{io, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header::DATE};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::report::Findings;
use crate::{
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
    let (host, port) = (&*way.first.0, way.first.1);
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
    findings.ok("name", format!("{whose}{host} is known, with {} address(es)", addresses.len()));
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
    date(reply.headers(), asked, answered, findings);
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

/// What an answer's date says of this machine's clock. It has whole seconds, and the answer was under way.
fn date(headers: &HeaderMap, asked: Now, answered: Now, findings: &mut Findings) {
    let date = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let Some(theirs) = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok()) else {
        return findings.warn("clock", "the answer has no Date to compare this machine's clock with", "compare it yourself");
    };
    let second = Duration::from_secs(1);
    let ahead = asked.wall.saturating_sub(theirs.saturating_add(second));
    let behind = theirs.saturating_sub(answered.wall);
    let (difference, which) = if ahead > behind { (ahead, "ahead of") } else { (behind, "behind") };
    let detail = format!("this machine's clock is {} s {which} Vipps'", difference.as_secs());
    match difference {
        _ if difference > BROKEN_AT => findings.fault("clock", detail, "set it by a time server (NTP): ID tokens are refused"),
        _ if difference > WORTH_A_WORD => findings.warn("clock", detail, "set it by a time server (NTP)"),
        _ => findings.ok("clock", "this machine's clock agrees with Vipps'"),
    }
}

const WORTH_A_WORD: Duration = Duration::from_secs(10);
/// The usual leeway for ID tokens.
const BROKEN_AT: Duration = Duration::from_mins(1);

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

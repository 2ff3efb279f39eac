//! The `CONNECT` method of an HTTP proxy (RFC 9110 section 9.3.6).

use std::pin::pin;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{
    HeaderValue, Request, StatusCode,
    header::{HOST, PROXY_AUTHORIZATION, USER_AGENT},
};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::{
    client::OUR_USER_AGENT,
    connector::Stream,
    fault::{self, Fault},
    proxy::{Login, wants_login},
    target::Target,
};

/// Asks the proxy for a connection to `target`. Nothing else is told to it.
pub(super) async fn connect(stream: Stream, target: &Target, login: Option<&Login>) -> Result<Stream, Fault> {
    let request = request(target, login)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(unanswered)?;
    let exchange = pin!(async {
        let reply = sender.send_request(request).await.map_err(unanswered)?;
        match reply.status() {
            status if status.is_success() => hyper::upgrade::on(reply).await.map_err(unanswered),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(wants_login(login)),
            status => Err(Fault::new(format!("the proxy answered {}", status.as_u16()))
                .with_hint("ask those who run the proxy whether it lets this host through")),
        }
    });
    // The exchange ends by itself; the connection only has to be driven meanwhile.
    let upgraded = match select(exchange, pin!(connection.with_upgrades())).await {
        Either::Left((outcome, _)) => outcome?,
        Either::Right((_, exchange)) => exchange.await?,
    };
    Ok(Box::new(TokioIo::new(upgraded)))
}

fn request(target: &Target, login: Option<&Login>) -> Result<Request<Empty<Bytes>>, Fault> {
    let authority = target.to_string();
    let mut request = Request::connect(&authority).header(HOST, &authority).header(USER_AGENT, OUR_USER_AGENT);
    if let Some(login) = login {
        request = request.header(PROXY_AUTHORIZATION, basic(login)?);
    }
    request.body(Empty::new()).map_err(|_| Fault::new("the host name is malformed"))
}

fn basic(login: &Login) -> Result<HeaderValue, Fault> {
    let mut value =
        HeaderValue::from_str(&login.basic()).map_err(|_| Fault::new("the proxy's login can't stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unanswered(error: hyper::Error) -> Fault {
    if error.is_parse() {
        return Fault::new("the proxy's answer is not good http").with_source(error);
    }
    fault::closed_by_proxy(error)
}

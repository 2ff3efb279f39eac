//! Login in the browser: to Vipps and back.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::Uri,
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use vipps_partner_auth::{LoginRequest, Result};

use super::{
    Shop, pages,
    person::Person,
    problem::{Problem, Reply},
    session::SessionCookie,
};

/// What the shop asks for. Vipps leaves out what is not in a merchant's plan.
pub(crate) const SCOPES: [&str; 4] = ["openid", "name", "phoneNumber", "email"];

#[derive(Deserialize)]
pub(crate) struct Choice {
    msn: String,
}

/// Sends the browser to Vipps. What must be known when it is back goes into its session.
pub(crate) async fn start(State(shop): State<Arc<Shop>>, cookie: SessionCookie, Form(choice): Form<Choice>) -> Reply {
    let login = shop.store(&choice.msn)?.merchant.login(&shop.redirect_uri())?;
    let request = login.start(&SCOPES).await?;
    let to_vipps = Redirect::to(request.url());
    let set_cookie = shop.sessions.change(cookie, |session| session.login = Some(request));
    Ok((set_cookie, to_vipps).into_response())
}

/// The browser is back from Vipps.
pub(crate) async fn callback(State(shop): State<Arc<Shop>>, cookie: SessionCookie, uri: Uri) -> Reply {
    // Taken out whatever comes of it: a request is good for one answer.
    let request = shop.sessions.look(&cookie, |session| session.login.take()).flatten();
    let person = shop.log_in(&uri, &request.ok_or(Problem::NoLogin)?).await?;
    let set_cookie = shop.sessions.change_and_rename(cookie, |session| session.person = Some(person));
    Ok((set_cookie, Redirect::to("/me")).into_response())
}

impl Shop {
    async fn log_in(&self, callback: &Uri, request: &LoginRequest) -> Result<Person, Problem> {
        // Which merchant it is about is what the session says, never what the browser brings.
        let store = self.store(request.msn().as_str())?;
        let login = store.merchant.login(&self.redirect_uri())?;
        let result = login.finish(&callback.to_string(), request).await?;
        let userinfo = login.userinfo(&result).await;
        Ok(Person::new(store, &result, userinfo)?)
    }
}

pub(crate) async fn me(State(shop): State<Arc<Shop>>, cookie: SessionCookie) -> Reply {
    let person = shop.sessions.look(&cookie, |session| session.person.clone()).flatten();
    Ok(person.map_or_else(|| Redirect::to("/").into_response(), |person| pages::me(&person).into_response()))
}

pub(crate) async fn log_out(State(shop): State<Arc<Shop>>, cookie: SessionCookie) -> Reply {
    Ok((shop.sessions.end(cookie), Redirect::to("/")).into_response())
}

//! A till: the customer says a phone number, and confirms on the phone.
//!
//! For the merchant's staff, at a counter or on the telephone; Vipps forbids it on web pages for customers. A real till
//! lets in nobody but the staff.

use std::sync::Arc;

use aws_lc_rs::rand;
use axum::{
    Form,
    extract::State,
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use vipps_partner_auth::{BackchannelOptions, Error, PendingLogin, Result};

use super::{
    Shop, Store,
    login::SCOPES,
    pages,
    person::Person,
    problem::{Reply, explained},
    session::SessionCookie,
};

/// How far the customer's login is.
#[derive(Clone, Default)]
pub(crate) enum Till {
    #[default]
    Free,
    Waiting(Waiting),
    Served(Person),
    Failed(String),
}

#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) store: String,
    /// Shown here and on the phone, so that the customer knows that it is this till.
    pub(crate) message: String,
    pending: PendingLogin,
}

/// What was typed in.
#[derive(Default, Deserialize)]
pub(crate) struct Customer {
    pub(crate) msn: String,
    pub(crate) phone: String,
}

/// How often the page looks again, in seconds. More often than Vipps wants to be asked: the library keeps to that pace
/// by itself, and answers "not yet" in between.
const LOOK_AGAIN: (HeaderName, &str) = (HeaderName::from_static("refresh"), "2");

pub(crate) async fn show(State(shop): State<Arc<Shop>>, cookie: SessionCookie) -> Reply {
    let till = shop.sessions.look(&cookie, |session| session.till.clone()).unwrap_or_default();
    let Till::Waiting(waiting) = till else {
        // A failure is read once; the next look at the till finds it free.
        if matches!(till, Till::Failed(_)) {
            shop.sessions.look(&cookie, |session| session.till = Till::Free);
        }
        return Ok(pages::till(&shop, &till).into_response());
    };
    let till = shop.look_again(&waiting).await;
    let Some(till) = till else { return Ok(([LOOK_AGAIN], pages::waiting(&shop, &waiting)).into_response()) };
    shop.sessions.look(&cookie, |session| session.till.follow(&waiting, till.clone()));
    Ok(pages::till(&shop, &till).into_response())
}

/// Asks the customer, on their phone.
pub(crate) async fn ask(State(shop): State<Arc<Shop>>, cookie: SessionCookie, Form(customer): Form<Customer>) -> Reply {
    let store = shop.store(&customer.msn)?;
    let till = match store.ask(&customer.phone).await {
        Ok(waiting) => Till::Waiting(waiting),
        Err(error) if is_about_the_number(&error) => return Ok(mistyped(&shop, &customer)),
        Err(error) if error.reason().is_some() => Till::Failed(explained(&error).to_owned()),
        Err(error) => return Err(error.into()),
    };
    let set_cookie = shop.sessions.change(cookie, |session| session.till = till);
    Ok((set_cookie, Redirect::to("/till")).into_response())
}

/// For the next customer. A login that was under way is asked about no more.
pub(crate) async fn clear(State(shop): State<Arc<Shop>>, cookie: SessionCookie) -> Redirect {
    shop.sessions.look(&cookie, |session| session.till = Till::Free);
    Redirect::to("/till")
}

/// Judged here or by Vipps: the number is not one that can be asked.
fn is_about_the_number(error: &Error) -> bool {
    error.field() == Some("login_hint")
}

fn mistyped(shop: &Shop, customer: &Customer) -> Response {
    let rule = format!("Give the phone number with its country code, such as {}.", shop.hints.msisdn);
    (StatusCode::UNPROCESSABLE_ENTITY, pages::till_form(shop, customer, Some(&rule))).into_response()
}

impl Store {
    async fn ask(&self, phone: &str) -> Result<Waiting> {
        let digits: String = phone.chars().filter(|sign| !matches!(sign, ' ' | '+' | '-')).collect();
        let message = binding_message();
        let options = BackchannelOptions::default().binding_message(&message);
        let hint = format!("urn:msisdn:{digits}");
        let pending = self.merchant.backchannel()?.start_with(&hint, &SCOPES, &options).await?;
        Ok(Waiting { store: self.name.clone(), message, pending })
    }

    async fn poll(&self, pending: &PendingLogin) -> Result<Option<Person>> {
        let phone = self.merchant.backchannel()?;
        let Some(result) = phone.poll(pending).await? else { return Ok(None) };
        let userinfo = phone.userinfo(&result).await;
        Person::new(self, &result, userinfo).map(Some)
    }
}

impl Shop {
    /// What has become of a login; `None` while the customer has not decided.
    async fn look_again(&self, waiting: &Waiting) -> Option<Till> {
        let store = self.store(waiting.pending.msn().as_str()).ok()?;
        match store.poll(&waiting.pending).await {
            Ok(person) => person.map(Till::Served),
            Err(error) if error.retryable() => None,
            Err(error) => Some(Till::Failed(explained(&error).to_owned())),
        }
    }
}

impl Till {
    /// The next state, unless the till has gone on to another customer meanwhile.
    fn follow(&mut self, waiting: &Waiting, next: Self) {
        let is_same = |other: &Waiting| other.pending.auth_req_id() == waiting.pending.auth_req_id();
        if matches!(self, Self::Waiting(other) if is_same(other)) {
            *self = next;
        }
    }
}

/// Such as `K7MX-42`. Without letters and digits that look alike; there are 32 left, so that each is as likely.
fn binding_message() -> String {
    const SIGNS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut random = [0; 6];
    rand::fill(&mut random).expect("the operating system has random bytes");
    let signs: String = random.iter().map(|byte| char::from(SIGNS[usize::from(byte % 32)])).collect();
    format!("{}-{}", &signs[..4], &signs[4..])
}

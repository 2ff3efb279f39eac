//! A small web shop of two merchants, over the library: login in the browser, login by phone number at a till, and a
//! call of an API. Written to be copied; needs no JavaScript.
//!
//! What a shop of your own would do otherwise is said where it is done: search for "A real".

mod api;
mod login;
mod pages;
mod person;
mod problem;
mod protection;
mod session;
mod till;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{Uri, header::CONTENT_TYPE},
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use maud::Markup;
use reqwest_middleware::ClientWithMiddleware;
use vipps_partner_auth::{Environment, Merchant, Msn, reqwest_middleware::authorized};

use self::{
    problem::Problem,
    session::{SessionCookie, Sessions},
};

/// Everything the handlers share.
pub(crate) struct Shop {
    origin: String,
    api: String,
    stores: Vec<Store>,
    hints: Hints,
    sessions: Sessions,
}

/// One merchant that the partner acts for.
pub(crate) struct Store {
    name: String,
    merchant: Merchant,
    /// Puts the merchant's headers on each call.
    http: ClientWithMiddleware,
}

/// What somebody who tries the shop should know.
pub(crate) struct Hints {
    /// Where the emulator shows the phone.
    pub(crate) vipps_page: String,
    /// A person who can log in, and their phone number.
    pub(crate) person: String,
    pub(crate) msisdn: String,
}

const CALLBACK: &str = "/callback";
const LARGEST_FORM: usize = 16 * 1024;

impl Shop {
    /// A shop that browsers reach at `origin`, such as `http://127.0.0.1:8080`.
    pub(crate) fn new(origin: String, environment: &Environment, stores: Vec<Store>, hints: Hints) -> Self {
        let sessions = Sessions::new(origin.starts_with("https:"));
        Self { origin, api: environment.base_url().to_owned(), stores, hints, sessions }
    }

    /// What is to be registered at Vipps for a shop at `origin`. All merchants share it: the session knows whose login
    /// comes back.
    pub(crate) fn redirect_uri_at(origin: &str) -> String {
        format!("{origin}{CALLBACK}")
    }

    pub(crate) fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/login", post(login::start))
            .route(CALLBACK, get(login::callback))
            .route("/me", get(login::me))
            .route("/logout", post(login::log_out))
            .route("/till", get(till::show).post(till::ask))
            .route("/till/clear", post(till::clear))
            .route("/api/{msn}", get(api::call))
            .route("/style.css", get(([(CONTENT_TYPE, "text/css")], include_str!("style.css"))))
            .route("/icon.svg", get(([(CONTENT_TYPE, "image/svg+xml")], include_str!("icon.svg"))))
            .fallback(no_such_page)
            .layer(DefaultBodyLimit::max(LARGEST_FORM))
            .layer(middleware::from_fn_with_state(Arc::clone(&self), protection::protected))
            .with_state(self)
    }

    fn store(&self, msn: &str) -> Result<&Store, Problem> {
        self.stores.iter().find(|store| store.msn().as_str() == msn).ok_or(Problem::NoSuchPage)
    }

    fn redirect_uri(&self) -> String {
        Self::redirect_uri_at(&self.origin)
    }
}

impl Store {
    pub(crate) fn new(name: &str, merchant: Merchant) -> reqwest::Result<Self> {
        let http = authorized(reqwest::Client::builder(), merchant.clone())?.build();
        Ok(Self { name: name.to_owned(), merchant, http })
    }

    pub(crate) fn msn(&self) -> &Msn {
        self.merchant.msn()
    }
}

async fn home(State(shop): State<Arc<Shop>>, cookie: SessionCookie) -> Markup {
    let person = shop.sessions.look(&cookie, |session| session.person.clone()).flatten();
    pages::home(&shop, person.as_ref())
}

async fn no_such_page(_: Uri) -> impl IntoResponse {
    Problem::NoSuchPage
}

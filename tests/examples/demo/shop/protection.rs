//! What holds for every request and every answer.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{Shop, problem::Problem};

/// The shop's own style and picture; no script, no frame, nothing from elsewhere. Without `form-action`: browsers apply
/// it to redirects as well, and the answer to the login form leads to Vipps, whose pages may lead on.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const HARDENED: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer` the shop's own forms would come with the origin `null`.
    (REFERRER_POLICY, "same-origin"),
    (CACHE_CONTROL, "no-store"),
];

pub(crate) async fn protected(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let response = if !shop.is_own_host(headers) {
        Redirect::to(&shop.origin).into_response()
    } else if !request.method().is_safe() && !shop.is_own_form(headers) {
        Problem::Elsewhere.into_response()
    } else {
        next.run(request).await
    };
    (HARDENED, response).into_response()
}

impl Shop {
    /// Cookies and the `redirect_uri` belong to one name. Another that leads here may be an attacker's (DNS rebinding).
    fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.origin.split_once("://").is_some_and(|(_, own)| own == host))
    }

    /// Browsers say where a form comes from; a program that says nothing has no cookies but its own.
    fn is_own_form(&self, headers: &HeaderMap) -> bool {
        match (headers.get(ORIGIN), headers.get("sec-fetch-site")) {
            (Some(origin), _) => origin == self.origin.as_str(),
            (None, Some(site)) => site == "same-origin",
            (None, None) => true,
        }
    }
}

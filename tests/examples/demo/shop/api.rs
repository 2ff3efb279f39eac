//! A call of one of Vipps' APIs for a merchant.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::HeaderValue,
    response::IntoResponse,
};

use super::{
    Shop, pages,
    problem::{Problem, Reply},
};

/// What was sent and what came back.
pub(crate) struct Called {
    pub(crate) store: String,
    pub(crate) url: String,
    /// Without the values of those that are secrets.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) status: String,
    pub(crate) body: String,
}

pub(crate) async fn call(State(shop): State<Arc<Shop>>, Path(msn): Path<String>) -> Reply {
    let store = shop.store(&msn)?;
    let headers = store.merchant.headers().await?;
    let url = format!("{}/epayment/v1/payments/acme-order-1", shop.api);
    let reply = store.http.get(&url).send().await.map_err(|_| Problem::NoReply)?;
    let status = reply.status().to_string();
    let body = reply.text().await.map_err(|_| Problem::NoReply)?;
    let headers = headers.iter().map(|(name, value)| (name.to_string(), shown(value))).collect();
    Ok(pages::called(&Called { store: store.name.clone(), url, headers, status, body: readable(body) }).into_response())
}

/// The library marks what must not be seen.
fn shown(value: &HeaderValue) -> String {
    if value.is_sensitive() { "…".to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() }
}

fn readable(body: String) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(&body).ok();
    json.map_or(body, |json| format!("{json:#}"))
}

//! The person with the phone, as a script: opens the emulator's pages and presses their buttons, over HTTP.

use reqwest::{Client, Method, RequestBuilder, Response, header, redirect::Policy};
use vipps_emulator::Emulator;

use crate::stage::Outcome;

/// A person and their browser.
pub(crate) struct Person {
    http: Client,
    vipps: String,
    msisdn: &'static str,
}

/// The page that asks whether to log in.
pub(crate) struct Question {
    id: String,
    pub(crate) html: String,
}

impl Person {
    pub(crate) fn new(vipps: &Emulator, msisdn: &'static str) -> Outcome<Self> {
        let vipps = vipps.base_url().to_owned();
        let own = vipps.clone();
        // Vipps leads from page to page; where it leads back to the application, this script stops and looks.
        let follow =
            Policy::custom(move |hop| if hop.url().as_str().starts_with(&own) { hop.follow() } else { hop.stop() });
        Ok(Self { http: Client::builder().no_proxy().redirect(follow).build()?, vipps, msisdn })
    }

    /// Opens the URL that an application sends the browser to.
    pub(crate) async fn open(&self, url: &str) -> Outcome<Question> {
        let page = self.send(self.http.get(url)).await?;
        let id = page.headers().get("vipps-emulator-login").ok_or("vipps did not ask")?.to_str()?.to_owned();
        Ok(Question { id, html: page.text().await? })
    }

    /// Takes up the phone: the question of a login by phone number, whose `auth_req_id` names it.
    pub(crate) async fn take_up_phone(&self, auth_req_id: &str) -> Outcome<Question> {
        self.open(&format!("{}/emulator/logins/{auth_req_id}", self.vipps)).await
    }

    /// Presses "Approve"; says where the browser goes then, if anywhere.
    pub(crate) async fn approve(&self, question: &Question) -> Outcome<Option<String>> {
        self.press("approve", question).await
    }

    /// Presses "Deny"; says where the browser goes then, if anywhere.
    pub(crate) async fn deny(&self, question: &Question) -> Outcome<Option<String>> {
        self.press("deny", question).await
    }

    async fn press(&self, button: &str, question: &Question) -> Outcome<Option<String>> {
        let url = format!("{}/emulator/logins/{}/{button}", self.vipps, question.id);
        let form =
            self.http.request(Method::POST, url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.send(form.body(format!("user={}", self.msisdn))).await?;
        let place = answer.headers().get(header::LOCATION);
        Ok(place.map(|place| place.to_str().map(str::to_owned)).transpose()?)
    }

    async fn send(&self, request: RequestBuilder) -> Outcome<Response> {
        Ok(request.send().await?.error_for_status()?)
    }
}

//! The demo's sample shop, driven over HTTP as a browser would: it is there to be copied, so it must not rot.

#[path = "../examples/demo/person.rs"]
mod person;
#[path = "../examples/demo/shop/mod.rs"]
mod shop;
#[path = "../examples/demo/stage.rs"]
mod stage;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use reqwest::{Client, RequestBuilder, redirect::Policy};
use tokio::net::TcpListener;
use vipps_emulator::{Emulator, Endpoint, ErrorShape, Failure, RecordedLogin};
use vipps_partner_auth::{Config, ManualClock};

use self::{
    person::Person,
    shop::Shop,
    stage::{KARI, Outcome},
};

/// A shop, its Vipps, the person, and a clock on which nobody waits.
struct Scene {
    clock: ManualClock,
    vipps: Emulator,
    origin: String,
    kari: Person,
}

impl Scene {
    async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let vipps = stage::start(&Shop::redirect_uri_at(&origin))?;
        let clock = ManualClock::running_through_sleeps(vipps.now_unix());
        let partner = stage::partner(&vipps, Config::default().clock(Arc::new(clock.clone())))?;
        let shop = Arc::new(stage::shop(&vipps, &partner, origin.clone())?);
        tokio::spawn(async move { axum::serve(listener, shop.routes()).await });
        let kari = Person::new(&vipps, KARI)?;
        Ok(Self { clock, vipps, origin, kari })
    }

    fn browser(&self) -> Outcome<Browser> {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build()?;
        Ok(Browser { http, origin: self.origin.clone(), cookie: None })
    }

    /// The latest login that the shop asked for.
    fn asked(&self) -> Outcome<RecordedLogin> {
        Ok(self.vipps.logins().pop().ok_or("nobody is asked")?)
    }

    fn advance(&self, span: Duration) {
        self.clock.advance(span);
        self.vipps.advance(span);
    }
}

/// One that keeps a cookie and follows no redirect by itself.
struct Browser {
    http: Client,
    origin: String,
    cookie: Option<String>,
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Browser {
    async fn get(&mut self, place: &str) -> Outcome<Page> {
        let url = self.url(place);
        self.send(self.http.get(url)).await
    }

    async fn post(&mut self, place: &str, form: &'static str) -> Outcome<Page> {
        self.post_from(&self.origin.clone(), place, form).await
    }

    async fn post_from(&mut self, origin: &str, place: &str, form: &'static str) -> Outcome<Page> {
        let form = self.http.post(self.url(place)).header(header::ORIGIN, origin).body(form);
        self.send(form.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Outcome<Page> {
        let cookie = self.cookie.iter();
        let answer = cookie.fold(request, |request, cookie| request.header(header::COOKIE, cookie)).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if let Some(cookie) = headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().ok_or("no cookie")?;
            self.cookie = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        }
        Ok(Page { status, headers, html: answer.text().await? })
    }

    /// Presses the button of a merchant; says where Vipps is.
    async fn start_login(&mut self, form: &'static str) -> Outcome<String> {
        Ok(self.post("/login", form).await?.place())
    }

    fn url(&self, place: &str) -> String {
        if place.starts_with('/') { format!("{}{place}", self.origin) } else { place.to_owned() }
    }
}

impl Page {
    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it leads.
    fn place(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.html);
        self.header(header::LOCATION).to_owned()
    }

    fn shows(&self, text: &str) -> bool {
        self.html.contains(text)
    }
}

#[tokio::test]
async fn a_person_logs_in_at_each_merchant() -> Outcome {
    let scene = Scene::start().await?;
    for (form, store, missing) in [("msn=123456", "Fjord Coffee", None), ("msn=234567", "Bergen Books", Some("email"))]
    {
        let mut browser = scene.browser()?;
        let question = scene.kari.open(&browser.start_login(form).await?).await?;
        assert!(question.html.contains(store), "{}", question.html);
        let callback = scene.kari.approve(&question).await?.ok_or("not sent back")?;
        assert_eq!(browser.get(&callback).await?.place(), "/me");

        let page = browser.get("/me").await?;
        assert!(page.shows("Hello, Kari Fixture") && page.shows(store), "{}", page.html);
        assert_eq!(page.shows("kari@example.test"), missing.is_none());
        assert_eq!(page.shows("<dt>Asked, not granted</dt><dd>email</dd>"), missing.is_some());
    }
    Ok(())
}

#[tokio::test]
async fn the_session_has_another_id_after_the_login_and_ends_with_the_log_out() -> Outcome {
    let scene = Scene::start().await?;
    let mut browser = scene.browser()?;
    let to_vipps = browser.start_login("msn=123456").await?;
    let before = browser.cookie.clone().ok_or("no session")?;
    let callback = scene.kari.approve(&scene.kari.open(&to_vipps).await?).await?.ok_or("not sent back")?;
    browser.get(&callback).await?.place();
    let after = browser.cookie.clone().ok_or("no session")?;
    assert_ne!(before, after);

    let mut planted = scene.browser()?;
    planted.cookie = Some(before);
    assert_eq!(planted.get("/me").await?.place(), "/");

    assert_eq!(browser.post("/logout", "").await?.place(), "/");
    assert_eq!(browser.cookie, None);
    browser.cookie = Some(after);
    assert_eq!(browser.get("/me").await?.place(), "/");
    Ok(())
}

#[tokio::test]
async fn a_denied_login_is_shown_as_such_and_can_be_started_again() -> Outcome {
    let scene = Scene::start().await?;
    let mut browser = scene.browser()?;
    let question = scene.kari.open(&browser.start_login("msn=123456").await?).await?;
    let callback = scene.kari.deny(&question).await?.ok_or("not sent back")?;
    let page = browser.get(&callback).await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.shows("was declined in Vipps") && page.shows("login_failed: denied"), "{}", page.html);

    let question = scene.kari.open(&browser.start_login("msn=123456").await?).await?;
    let callback = scene.kari.approve(&question).await?.ok_or("not sent back")?;
    assert_eq!(browser.get(&callback).await?.place(), "/me");
    Ok(())
}

#[tokio::test]
async fn a_callback_with_a_wrong_state_is_refused_and_uses_the_request_up() -> Outcome {
    let scene = Scene::start().await?;
    let mut browser = scene.browser()?;
    let question = scene.kari.open(&browser.start_login("msn=123456").await?).await?;
    let callback = scene.kari.approve(&question).await?.ok_or("not sent back")?;
    let page = browser.get("/callback?code=fixture-code-0001&state=fixture-state-0001").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.shows("login_failed: state"), "{}", page.html);

    let page = browser.get(&callback).await?;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.shows("No login is under way"), "{}", page.html);
    assert_eq!(scene.vipps.count("/access-management-1.0/access/oauth2/token"), 0);
    Ok(())
}

#[tokio::test]
async fn an_answer_is_good_only_in_the_browser_that_asked() -> Outcome {
    let scene = Scene::start().await?;
    let (mut one, mut other) = (scene.browser()?, scene.browser()?);
    let question = scene.kari.open(&one.start_login("msn=123456").await?).await?;
    other.start_login("msn=234567").await?;
    let callback = scene.kari.approve(&question).await?.ok_or("not sent back")?;
    assert!(other.get(&callback).await?.shows("login_failed: state"));
    assert_eq!(one.get(&callback).await?.place(), "/me");
    assert_eq!(one.get(&callback).await?.status, StatusCode::BAD_REQUEST, "replayed");
    Ok(())
}

#[tokio::test]
async fn a_login_without_userinfo_is_a_login() -> Outcome {
    let scene = Scene::start().await?;
    let mut browser = scene.browser()?;
    let question = scene.kari.open(&browser.start_login("msn=123456").await?).await?;
    let callback = scene.kari.approve(&question).await?.ok_or("not sent back")?;
    scene.vipps.fail_next(Endpoint::Userinfo, 9, Failure::status(503, ErrorShape::Apim));
    assert_eq!(browser.get(&callback).await?.place(), "/me");
    assert!(browser.get("/me").await?.shows("Hello, customer"));
    Ok(())
}

#[tokio::test]
async fn a_customer_confirms_at_the_till() -> Outcome {
    let scene = Scene::start().await?;
    let mut till = scene.browser()?;
    assert_eq!(till.post("/till", "msn=123456&phone=%2B47+912+34+567").await?.place(), "/till");
    let page = till.get("/till").await?;
    assert!(page.shows("Confirm on the phone") && page.shows("Fjord Coffee"), "{}", page.html);
    assert_eq!(page.header(HeaderName::from_static("refresh")), "2");

    let login = scene.asked()?;
    let question = scene.kari.take_up_phone(&login.id).await?;
    let message = login.binding_message.ok_or("no binding message")?;
    assert!(page.shows(&message) && question.html.contains(&message), "{message}");
    scene.kari.approve(&question).await?;

    assert!(till.get("/till").await?.shows("Confirm on the phone"), "too early to ask again");
    scene.advance(Duration::from_secs(5));
    for _ in 0..2 {
        let page = till.get("/till").await?;
        assert!(page.shows("Kari Fixture confirmed"), "{}", page.html);
        assert_eq!(page.header(HeaderName::from_static("refresh")), "");
    }
    assert_eq!(till.post("/till/clear", "").await?.place(), "/till");
    assert!(till.get("/till").await?.shows("Ask on the phone"));
    Ok(())
}

#[tokio::test]
async fn a_customer_who_declines_or_does_nothing_is_not_served() -> Outcome {
    let scene = Scene::start().await?;
    let mut till = scene.browser()?;
    till.post("/till", "msn=234567&phone=4791234567").await?.place();
    scene.kari.deny(&scene.kari.take_up_phone(&scene.asked()?.id).await?).await?;
    assert!(till.get("/till").await?.shows("was declined in Vipps"));

    till.post("/till", "msn=234567&phone=4791234567").await?.place();
    scene.advance(Duration::from_secs(601));
    assert!(till.get("/till").await?.shows("Nobody confirmed in time"));
    Ok(())
}

#[tokio::test]
async fn what_was_mistyped_at_the_till_is_said_beside_it_and_escaped() -> Outcome {
    let scene = Scene::start().await?;
    let mut till = scene.browser()?;
    let page = till.post("/till", "msn=234567&phone=%22%3E%3Cscript%3E").await?;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.shows("Give the phone number with its country code, such as 4791234567."), "{}", page.html);
    assert!(page.shows("value=\"&quot;&gt;&lt;script&gt;\"") && !page.shows("<script>"), "{}", page.html);
    assert!(page.shows("<option value=\"234567\" selected>"), "{}", page.html);

    till.post("/till", "msn=234567&phone=4700000000").await?.place();
    assert!(till.get("/till").await?.shows("Nobody with this phone number"));
    Ok(())
}

#[tokio::test]
async fn an_api_call_shows_names_of_headers_and_no_value() -> Outcome {
    let scene = Scene::start().await?;
    let page = scene.browser()?.get("/api/123456").await?;
    assert!(page.shows("200 OK") && page.shows("authorization: …"), "{}", page.html);
    assert!(
        page.shows("merchant-serial-number: 123456")
            && page.shows("vipps-system-name: acme")
            && page.shows("&quot;msn&quot;: &quot;123456&quot;")
    );
    assert!(!page.shows(&scene.vipps.partner_keys().subscription_key) && !page.shows("Bearer"));
    assert_eq!(scene.browser()?.get("/api/999999").await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() -> Outcome {
    let scene = Scene::start().await?;
    let mut browser = scene.browser()?;
    for origin in ["https://evil.example", "null", scene.vipps.base_url()] {
        for place in ["/login", "/logout", "/till", "/till/clear"] {
            let page = browser.post_from(origin, place, "msn=123456&phone=4791234567").await?;
            assert_eq!((page.status, page.header(header::SET_COOKIE)), (StatusCode::FORBIDDEN, ""), "{origin} {place}");
        }
    }
    assert_eq!(scene.vipps.requests().len(), 0);
    Ok(())
}

#[tokio::test]
async fn another_name_of_this_machine_leads_to_the_shops_own() -> Outcome {
    let scene = Scene::start().await?;
    let mut browser = scene.browser()?;
    let request = browser.http.get(browser.url("/me")).header(header::HOST, "shop.evil.example");
    assert_eq!(browser.send(request).await?.place(), scene.origin);
    Ok(())
}

#[tokio::test]
async fn every_answer_is_hardened_and_the_cookie_is_out_of_reach() -> Outcome {
    let scene = Scene::start().await?;
    let mut browser = scene.browser()?;
    for place in ["/", "/till", "/style.css", "/callback?code=c&state=s", "/no-such-page"] {
        let page = browser.get(place).await?;
        assert!(page.header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none';"), "{place}");
        assert_eq!(page.header(header::CACHE_CONTROL), "no-store", "{place}");
        assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{place}");
        assert_eq!(page.header(header::SET_COOKIE), "", "{place}");
    }
    let page = browser.post("/login", "msn=123456").await?;
    let cookie = page.header(header::SET_COOKIE);
    assert!(cookie.ends_with("; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(cookie.split(';').next().map(str::len), Some("shop-session=".len() + 43));
    Ok(())
}

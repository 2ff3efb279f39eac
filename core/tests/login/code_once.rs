//! A code is sent again only when nothing behind the gateway can have seen it. The same for both kinds of code.

use std::time::Duration;

use vipps_partner_auth::{
    Backchannel, BackchannelOptions, Config, Error, ErrorKind, Event, Login, LoginRequest, LoginResult, PendingLogin,
    Result,
};

use crate::{
    scene::{At, CALLBACK, PHONE, Scene, login_of, phone_of, refused, refused_by_gateway, why},
    support::{Reply, bearer},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Browser,
    Phone,
}

const BOTH: [Way; 2] = [Way::Browser, Way::Phone];

/// A person is back with a code.
struct Returned {
    scene: Scene,
    end: End,
}

enum End {
    Browser(Login, Box<LoginRequest>, String),
    Phone(Backchannel, PendingLogin, String),
}

impl Returned {
    async fn by(way: Way) -> Self {
        Self::with(way, |config| config).await
    }

    async fn with(way: Way, adapt: impl FnOnce(Config) -> Config) -> Self {
        let scene = Scene::hurried();
        let config = adapt(scene.config());
        let end = match way {
            Way::Browser => {
                let login = login_of(config);
                let request = login.start(&["openid"]).await.expect("a request");
                let callback = scene.approve(&request);
                End::Browser(login, Box::new(request), callback)
            }
            Way::Phone => {
                let phone = phone_of(config);
                let options = BackchannelOptions::default().redirect_uri(CALLBACK);
                let pending = phone.start_with(PHONE, &["openid"], &options).await.expect("a login");
                let callback = scene.approve_redirect(&pending);
                End::Phone(phone, pending, callback)
            }
        };
        Self { scene, end }
    }

    async fn finish(&self) -> Result<LoginResult> {
        match &self.end {
            End::Browser(login, request, callback) => login.finish(callback, request).await,
            End::Phone(phone, pending, callback) => phone.finish_redirect(callback, pending).await,
        }
    }

    async fn error(&self) -> Error {
        self.finish().await.expect_err("no login")
    }

    fn sent(&self) -> usize {
        self.scene.count(At::Exchange)
    }

    fn tokens_sent(&self) -> Vec<String> {
        self.scene.seen(At::Exchange).iter().map(|sent| bearer(&sent.headers).to_owned()).collect()
    }
}

#[tokio::test]
async fn a_reply_that_never_came_is_lost() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.next(At::Exchange, [Reply::broken()]);
        let error = returned.error().await;
        assert_eq!((error.reason(), error.retryable()), (Some("reply_lost"), false), "{way:?}");
        assert!(error.hint().is_some());
        assert_eq!(returned.sent(), 1, "{way:?}");
    }
}

#[tokio::test]
async fn what_never_left_is_sent_again() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.next(At::Exchange, [Reply::not_sent(), Reply::not_sent()]);
        returned.finish().await.expect("a login");
        assert_eq!(returned.sent(), 3, "{way:?}");
    }
}

#[tokio::test]
async fn what_can_not_be_sent_is_kept_for_a_later_call() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.always(At::Exchange, Reply::not_sent());
        let error = returned.error().await;
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true), "{way:?}");
        assert_eq!(returned.sent(), 3, "{way:?}");
        returned.scene.mend(At::Exchange);
        returned.finish().await.expect("a login");
    }
}

#[tokio::test]
async fn what_leaves_at_the_second_try_and_is_lost_then_is_lost() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.next(At::Exchange, [Reply::not_sent(), Reply::broken()]);
        assert_eq!(returned.error().await.reason(), Some("reply_lost"), "{way:?}");
        assert_eq!(returned.sent(), 2, "{way:?}");
    }
}

#[tokio::test]
async fn an_answer_that_tells_nothing_about_the_code_is_a_lost_reply() {
    let html = "<html><body>Bad Gateway</body></html>";
    let mut answers: Vec<_> = [408, 423, 425, 429, 500, 502, 503, 504, 599]
        .into_iter()
        .flat_map(|status| ["", html, r#"{"error":"server_error"}"#].map(|body| Reply::refusal(status, body)))
        .collect();
    answers.extend(["temporarily_unavailable", "server_error", "slow_down"].map(refused));
    answers.extend([500, 502, 503].map(refused_by_gateway));
    answers.push(Reply::status(429).retry_after("1"));
    answers.push(Reply::refusal(503, r#"{"error":"invalid_grant"}"#));
    for way in BOTH {
        for answer in &answers {
            let returned = Returned::by(way).await;
            returned.scene.next(At::Exchange, [answer.clone()]);
            let error = returned.error().await;
            assert_eq!((error.reason(), error.retryable()), (Some("reply_lost"), false), "{way:?} {answer:?}");
            assert_eq!(returned.sent(), 1, "{way:?} {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_the_gateway_refused_is_replaced_once() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.next(At::Exchange, [refused_by_gateway(401)]);
        returned.finish().await.expect("a login");
        let sent = returned.scene.seen(At::Exchange);
        assert_eq!(returned.tokens_sent(), ["token-1", "token-2"], "{way:?}");
        assert_eq!((sent.len(), &sent[0].body), (2, &sent[1].body), "{way:?}");
        assert_eq!(returned.scene.count(At::ApiToken), 2, "{way:?}");
    }
}

#[tokio::test]
async fn two_refusals_by_the_gateway_are_enough() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.always(At::Exchange, refused_by_gateway(401));
        assert_eq!(returned.error().await.kind(), ErrorKind::CredentialsRejected, "{way:?}");
        assert_eq!(returned.tokens_sent(), ["token-1", "token-2"], "{way:?}");
    }
}

#[tokio::test]
async fn a_401_to_the_partners_token_is_answered_with_another_one() {
    for way in BOTH {
        for body in ["", r#"{"error":"invalid_client"}"#] {
            let returned = Returned::by(way).await;
            returned.scene.next(At::Exchange, [Reply::refusal(401, body)]);
            returned.finish().await.expect("a login");
            assert_eq!(returned.tokens_sent(), ["token-1", "token-2"], "{way:?} {body}");

            let returned = Returned::by(way).await;
            returned.scene.always(At::Exchange, Reply::refusal(401, body));
            let error = returned.error().await;
            assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsRejected, false), "{way:?} {body}");
            let is_named =
                |hint: &str| hint.contains("client_secret_basic") && hint.contains("the partner's own token is good");
            assert!(error.hint().is_some_and(is_named), "{error}");
            assert_eq!(returned.tokens_sent(), ["token-1", "token-2"], "a second 401 ends it: {way:?} {body}");
        }
    }
}

#[tokio::test]
async fn a_401_without_another_token_says_when_to_come_back() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        if way == Way::Browser {
            // The phone's login began with a token; this one fetches its first for the exchange.
            returned.scene.next(At::ApiToken, [Reply::token("token-0", 86_400)]);
        }
        returned.scene.always(At::ApiToken, Reply::status(503));
        returned.scene.next(At::Exchange, [Reply::refusal(401, r#"{"error":"invalid_client"}"#)]);
        let error = returned.error().await;
        assert_eq!((error.kind(), error.retryable(), error.status()), (ErrorKind::Unavailable, true, Some(401)));
        assert!(error.retry_after().is_some(), "{error}");
        returned.scene.mend(At::ApiToken);
        returned.scene.world.clock.advance(Duration::from_secs(1));
        returned.finish().await.expect("the code is still good");
    }
}

#[tokio::test]
async fn a_401_of_unknown_origin_is_the_end_and_the_next_login_has_a_new_token() {
    let bodies = ["<html>401</html>", r#"{"title":"Unauthorized","status":"401"}"#];
    for way in BOTH {
        for body in bodies {
            let returned = Returned::by(way).await;
            returned.scene.next(At::Exchange, [Reply::refusal(401, body)]);
            let error = returned.error().await;
            assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsRejected, false), "{way:?} {body}");
            assert!(error.hint().is_some_and(|hint| hint.contains("client_secret_basic")), "{error}");
            assert_eq!(returned.sent(), 1, "{way:?} {body}");
            crate::support::settle().await;
            returned.finish().await.expect("another login");
            assert_eq!(returned.tokens_sent(), ["token-1", "token-2"], "{way:?} {body}");
        }
    }
}

#[tokio::test]
async fn refusals_one_after_the_other_do_not_wear_out_the_token_endpoint() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.always(At::Exchange, Reply::status(401));
        assert_eq!(returned.error().await.kind(), ErrorKind::CredentialsRejected, "{way:?}");
        for _ in 0..10 {
            let error = returned.error().await;
            assert_eq!(error.kind(), ErrorKind::Unavailable, "the library's own restraint: {way:?}");
            assert!(error.retry_after().is_some(), "{way:?}");
        }
        assert_eq!(returned.scene.count(At::ApiToken), 2, "{way:?}");
        assert_eq!(returned.scene.world.events.count(|event| *event == Event::RefusalIgnored), 1, "{way:?}");
    }
}

#[tokio::test]
async fn after_the_gateways_refusal_the_same_care_goes_on() {
    for way in BOTH {
        for second in [Reply::broken(), Reply::status(503)] {
            let returned = Returned::by(way).await;
            returned.scene.next(At::Exchange, [refused_by_gateway(401), second]);
            assert_eq!(returned.error().await.reason(), Some("reply_lost"), "{way:?}");
            assert_eq!(returned.sent(), 2, "{way:?}");
        }
        let returned = Returned::by(way).await;
        returned.scene.next(At::Exchange, [refused_by_gateway(401), Reply::not_sent()]);
        returned.finish().await.expect("a login");
        assert_eq!(returned.sent(), 3, "{way:?}");
    }
}

#[tokio::test]
async fn a_refused_token_that_can_not_be_replaced_keeps_the_code() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.next(At::Exchange, [refused_by_gateway(401)]);
        if way == Way::Browser {
            returned.scene.next(At::ApiToken, [Reply::token("token-0", 86_400)]);
        }
        returned.scene.next(At::ApiToken, [Reply::status(503), Reply::status(503), Reply::status(503)]);
        let error = returned.error().await;
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true), "{way:?}");
        assert_eq!(returned.sent(), 1, "{way:?}");
        returned.finish().await.expect("a login");
    }
}

#[tokio::test]
async fn what_the_gateway_held_back_is_sent_again_when_it_says() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.next(At::Exchange, [refused_by_gateway(429).retry_after("7"), refused_by_gateway(429)]);
        returned.finish().await.expect("a login");
        let sent = returned.scene.seen(At::Exchange);
        assert_eq!(sent.len(), 3, "{way:?}");
        assert_eq!(sent[1].at.monotonic.checked_sub(sent[0].at.monotonic), Some(Duration::from_secs(7)), "{way:?}");
        assert_eq!(returned.tokens_sent(), ["token-1"; 3], "{way:?}");
    }
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_left_to_the_caller_with_the_code_unspent() {
    for way in BOTH {
        for (deadline, wait, sent) in [(30, "31", 1), (30, "29", 2), (5, "6", 1), (5, "4", 2)] {
            let returned = Returned::with(way, |config| config.deadline(Duration::from_secs(deadline))).await;
            returned.scene.next(At::Exchange, [refused_by_gateway(429).retry_after(wait)]);
            let outcome = returned.finish().await;
            assert_eq!(returned.sent(), sent, "{way:?} {deadline} {wait}");
            if sent == 2 {
                outcome.expect("a login");
                continue;
            }
            let error = outcome.expect_err("too long a wait");
            let wait: u64 = wait.parse().expect("seconds");
            assert_eq!((error.kind(), error.retryable()), (ErrorKind::RateLimited, true), "{way:?}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(wait)), "{way:?}");
            returned.finish().await.expect("a login");
        }
    }
}

#[tokio::test]
async fn a_gateway_that_always_holds_back_ends_it_after_three() {
    for way in BOTH {
        let returned = Returned::by(way).await;
        returned.scene.always(At::Exchange, refused_by_gateway(429));
        let error = returned.error().await;
        assert_eq!((error.kind(), error.retryable(), returned.sent()), (ErrorKind::RateLimited, true, 3), "{way:?}");
        returned.scene.mend(At::Exchange);
        returned.finish().await.expect("a login");
    }
}

#[tokio::test]
async fn a_plain_no_is_told_and_never_asked_again() {
    let answers = [
        (refused("invalid_grant"), "login_failed"),
        (Reply::refusal(401, r#"{"error":"invalid_grant"}"#), "login_failed"),
        (refused("invalid_request"), "protocol"),
        (refused("unsupported_grant_type"), "protocol"),
        (refused("invalid_client"), "credentials_rejected"),
        (refused("unauthorized_client"), "credentials_rejected"),
        (refused("something_new"), "protocol"),
        (refused_by_gateway(403), "forbidden"),
        (Reply::refusal(403, r#"{"statusCode":403,"message":"Invalid MSN: 123456."}"#), "forbidden"),
        (Reply::status(302), "protocol"),
        (Reply::status(404), "protocol"),
        (Reply::json("{}"), "protocol"),
        (Reply::json(r#"{"access_token":"x"}"#), "protocol"),
        (Reply::json(r#"{"access_token":"x y","id_token":"a.b.c"}"#), "protocol"),
        (Reply::json(r#"{"access_token":"x","id_token":"a.b.c","token_type":"mac"}"#), "protocol"),
        (Reply::json(r#"{"access_token":"x","id_token":"a.b.c"}"#), "invalid_id_token"),
        (Reply::status(204), "protocol"),
    ];
    for way in BOTH {
        for (answer, code) in &answers {
            let returned = Returned::by(way).await;
            returned.scene.always(At::Exchange, answer.clone());
            let outcome = returned.finish().await;
            assert_eq!(why(&outcome).0, *code, "{way:?} {answer:?}");
            assert!(!outcome.expect_err("no login").retryable(), "{way:?} {answer:?}");
            assert_eq!(returned.sent(), 1, "{way:?} {answer:?}");
        }
    }
}

#[tokio::test]
async fn the_exchange_has_the_time_of_one_request() {
    for way in BOTH {
        let returned = Returned::with(way, |config| config.request_timeout(Duration::from_secs(4))).await;
        returned.finish().await.expect("a login");
        assert_eq!(returned.scene.seen(At::Exchange)[0].limit, Duration::from_secs(4), "{way:?}");
    }
}

//! How long a token is fresh, usable, and held at all; and that neither clock alone decides it.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::time::{Duration, UNIX_EPOCH};

use support::{
    DAY, MILLISECOND, Reply, START, World, asked_once, bearer, msn, partner_keys, partner_of, random_fraction, settle,
};
use vipps_partner_auth::{Clock, ErrorKind};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// How many of a hundred processes renew a token of this lifetime when it has so much left.
async fn renewers_of_hundred(lifetime: u64, left: Duration) -> usize {
    let mut renewers = 0;
    for _ in 0..100 {
        let world = World::new();
        world.vipps.grant_for(lifetime);
        let partner = partner_of(partner_keys(), world.config().jitter(random_fraction));
        let shop = partner.merchant(msn("123456"));
        shop.headers().await.expect("a token");
        world.clock.advance(seconds(lifetime) - left);
        assert_eq!(bearer(&shop.cached_headers().expect("a usable token")), "token-1");
        settle().await;
        renewers += world.vipps.count() - 1;
    }
    renewers
}

#[tokio::test]
async fn a_token_is_renewed_when_a_tenth_of_its_life_is_left_at_least_a_minute_at_most_half() {
    for (lifetime, margin) in [
        (86_400, seconds(8_640)),
        (3_600, seconds(360)),
        (900, seconds(90)),
        (600, seconds(60)),
        (300, seconds(60)),
        (100, seconds(50)),
        (10, seconds(5)),
    ] {
        assert_eq!(renewers_of_hundred(lifetime, margin + MILLISECOND).await, 0, "too early for {lifetime} s");
        assert_eq!(renewers_of_hundred(lifetime, margin.mul_f64(0.8)).await, 100, "too late for {lifetime} s");
    }
}

#[tokio::test]
async fn a_fleet_spreads_its_renewals_over_a_fifth_of_the_margin() {
    for (lifetime, margin) in [(86_400, seconds(8_640)), (900, seconds(90))] {
        let halfway = renewers_of_hundred(lifetime, margin.mul_f64(0.9)).await;
        assert!((10..=90).contains(&halfway), "{halfway} of 100 renew a token of {lifetime} s halfway");
    }
}

#[tokio::test]
async fn a_fresh_token_costs_no_request() {
    let world = World::new();
    let shop = world.shop();
    for _ in 0..1_000 {
        assert_eq!(bearer(&shop.headers().await.expect("a token")), "token-1");
        world.clock.advance(seconds(60));
    }
    settle().await;
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn a_token_is_served_until_its_last_seconds_and_then_never_again() {
    for (lifetime, last) in [(86_400, 5_000), (900, 5_000), (60, 5_000), (30, 3_000), (10, 1_000), (1, 100)] {
        let world = World::new();
        world.vipps.grant_for(lifetime);
        let shop = world.shop();
        shop.headers().await.expect("a token");
        world.vipps.hold();
        world.clock.advance(seconds(lifetime) - Duration::from_millis(last) - MILLISECOND);
        let served = asked_once(shop.headers()).await.expect("nobody waits for a usable token");
        assert_eq!(bearer(&served.expect("a token")), "token-1", "{lifetime} s");
        world.clock.advance(MILLISECOND);
        assert!(shop.cached_headers().is_none(), "{lifetime} s");
        assert!(asked_once(shop.headers()).await.is_none(), "{lifetime} s");
    }
}

#[tokio::test]
async fn an_outage_never_stretches_a_token_past_its_end() {
    let world = World::hurried();
    let shop = world.shop();
    shop.headers().await.expect("a token");
    world.vipps.always(Reply::status(503));
    world.clock.advance(DAY - seconds(60));
    assert!(shop.headers().await.is_ok());
    settle().await;
    world.clock.advance(seconds(55));
    assert!(shop.cached_headers().is_none());
    assert_eq!(shop.headers().await.expect_err("no token is left").kind(), ErrorKind::Unavailable);
    assert!(shop.cached_headers().is_none());
}

/// The lifetime, in seconds, that a reply with these members gives a token.
async fn lifetime_of(members: &str) -> u64 {
    let world = World::new();
    world.vipps.always(Reply::json(format!(r#"{{"access_token":"token-1"{members}}}"#)));
    let token = world.partner().access_token().await.expect("a token");
    assert_eq!(token.secret(), "token-1");
    token.expires_at().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() - START
}

#[tokio::test]
async fn times_arrive_as_strings_or_numbers() {
    for (members, lifetime) in [
        (r#","expires_in":"86398""#, 86_398),
        (r#","expires_in":86398"#, 86_398),
        (r#","expires_in":" 86398 ""#, 86_398),
        (r#","expires_in":899.9"#, 899),
        (r#","expires_in":1"#, 1),
        (r#","expires_in":"3599","expires_on":"1767311998""#, 3_599),
        (r#","expires_on":"1767311998""#, 86_398),
        (r#","expires_on":1767311998"#, 86_398),
        (r#","expires_in":"soon","expires_on":"1767229199""#, 3_599),
        (r#","expires_in":null,"expires_on":1767229199"#, 3_599),
        (r#","expires_in":true,"expires_on":1767229199"#, 3_599),
        (r#","expires_in":"3599.0""#, 3_599),
        (r#","expires_in":3599.0"#, 3_599),
        (r#","expires_in":" 3.599e3 ""#, 3_599),
        (r#","expires_in":"soon","expires_on":"1767229199.9""#, 3_599),
    ] {
        assert_eq!(lifetime_of(members).await, lifetime, "{members}");
    }
}

#[tokio::test]
async fn a_lifetime_that_is_not_understood_is_assumed_to_be_five_minutes() {
    for members in [
        "",
        r#","expires_in":"soon""#,
        r#","expires_in":"""#,
        r#","expires_in":null"#,
        r#","expires_in":true"#,
        r#","expires_in":[3600]"#,
        r#","expires_in":1e999"#,
        r#","expires_in":"inf""#,
        r#","expires_in":NaN"#,
        r#","expires_in":"3 599""#,
        r#","expires_in":{"seconds":3599}"#,
        r#","expires_on":"yesterday""#,
        r#","expires_on":1767225599"#,
    ] {
        assert_eq!(lifetime_of(members).await, 300, "{members}");
    }
}

#[tokio::test]
async fn no_token_lives_longer_than_a_week_whatever_the_reply_says() {
    for members in [
        r#","expires_in":604801"#,
        r#","expires_in":86398000"#,
        r#","expires_in":18446744073709551615"#,
        r#","expires_in":1e300"#,
        r#","expires_in":"18446744073709551615""#,
        r#","expires_on":1767225600000"#,
        r#","expires_on":"18446744073709551615""#,
        r#","expires_on":1e300"#,
    ] {
        assert_eq!(lifetime_of(members).await, 604_800, "{members}");
    }
}

#[tokio::test]
async fn a_token_that_has_run_out_on_arrival_is_refused_and_not_kept() {
    let numbers =
        ["0", r#""0""#, "0.4", "-1", r#""-1""#, "-0.5", "-1e300", r#"" -3599.0 ""#, r#"0,"expires_on":1767229199"#];
    let lives = numbers.iter().map(|number| format!(r#""expires_in":{number}"#));
    let ends = numbers[..8].iter().filter(|number| **number != "0.4").map(|number| format!(r#""expires_on":{number}"#));
    for number in lives.chain(ends) {
        let world = World::new();
        world.vipps.script([Reply::json(format!(r#"{{"access_token":"dead",{number}}}"#))]);
        let partner = world.partner();
        assert_eq!(partner.access_token().await.expect_err("it has run out").kind(), ErrorKind::Protocol);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(partner.access_token().await.expect("another").secret(), "token-2", "{number}");
    }
}

#[tokio::test]
async fn a_reply_without_a_good_token_is_a_protocol_error_and_leaves_nothing_behind() {
    for body in [
        "",
        "null",
        "[]",
        "<html>ok</html>",
        r#"{"token_type":"Bearer"}"#,
        r#"{"access_token":null}"#,
        r#"{"access_token":17}"#,
        r#"{"access_token":""}"#,
        r#"{"access_token":"two words"}"#,
        r#"{"access_token":"a\r\nX: 1"}"#,
        r#"{"access_token":"tøken"}"#,
        r#"{"access_token":"good","token_type":"mac"}"#,
        r#"["good"]"#,
        r#"{"access_token":"good","expires_in":60"#,
        r#"{"access_token":"go\ud83dod"}"#,
    ] {
        let world = World::new();
        world.vipps.script([Reply::json(body)]);
        let partner = world.partner();
        let error = partner.access_token().await.expect_err(body);
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(200)), "{body}");
        assert!(partner.cached_headers().is_none());
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(partner.access_token().await.expect("the next call fetches").secret(), "token-2", "{body}");
    }
}

#[tokio::test]
async fn what_is_odd_beside_the_token_costs_nothing() {
    let token = r#""access_token":"token-1","expires_in":"60""#;
    let odd = [
        format!("\u{feff}{{{token}}}"),
        format!(r#"{{{token},"scope":["a",1],"token_type":7,"resource":{{}}}}"#),
        format!(r#"{{{token},"note":"Kari \ud83d"}}"#),
        format!("{{{token},\"note\":\"one line\r\nand another\"}}"),
        format!(r#"{{{token},"note":NaN,"more":01,"last":'x'}}"#),
        format!(r#"{{"expires_in":1,{token}}}"#),
        format!(r#"{{"x":{}{},{token}}}"#, "[".repeat(50_000), "]".repeat(50_000)),
        format!("{{{token}}}\n<!-- -->"),
    ];
    let bytes = [format!("{{{token},\"note\":\"").as_bytes(), &[0xf8, 0x22, 0x7d]].concat();
    for body in odd.map(String::into_bytes).into_iter().chain([bytes]) {
        let world = World::new();
        let case = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        world.vipps.always(Reply::refusal(200, body));
        let partner = world.partner();
        assert_eq!(partner.access_token().await.expect(&case).secret(), "token-1", "{case}");
    }
}

#[tokio::test]
async fn the_word_bearer_may_be_missing_or_in_any_letter_case() {
    for kind in ["", r#","token_type":"Bearer""#, r#","token_type":"bearer""#, r#","token_type":null"#] {
        assert_eq!(lifetime_of(&format!(r#","expires_in":60{kind}"#)).await, 60, "{kind}");
    }
}

#[tokio::test]
async fn a_life_begins_before_the_request_is_sent() {
    let world = World::new();
    world.vipps.script([Reply::token("slow", 900).taking(seconds(100))]);
    let shop = world.shop();
    shop.headers().await.expect("a token");
    world.vipps.hold();
    world.clock.advance(seconds(900 - 100 - 6));
    assert!(shop.cached_headers().is_some());
    world.clock.advance(seconds(1));
    assert!(shop.cached_headers().is_none());
}

#[tokio::test]
async fn a_wall_clock_set_forward_costs_exactly_one_fetch() {
    let world = World::new();
    let shop = world.shop();
    shop.headers().await.expect("a token");
    world.shift_wall(25 * 3_600);
    assert!(shop.cached_headers().is_none());
    for _ in 0..100 {
        assert_eq!(bearer(&shop.headers().await.expect("a token")), "token-2");
        world.clock.advance(seconds(60));
    }
    world.shift_wall(-25 * 3_600);
    for _ in 0..100 {
        assert_eq!(bearer(&shop.headers().await.expect("a token")), "token-2");
        world.clock.advance(seconds(60));
    }
    settle().await;
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn a_wall_clock_set_back_never_stretches_a_life() {
    let world = World::new();
    let shop = world.shop();
    shop.headers().await.expect("a token");
    world.shift_wall(-10 * 3_600);
    world.clock.advance(DAY - seconds(8_641));
    assert!(shop.cached_headers().is_some());
    settle().await;
    assert_eq!(world.vipps.count(), 1);

    world.vipps.hold();
    world.clock.advance(seconds(8_641 - 6));
    assert_eq!(bearer(&shop.cached_headers().expect("usable")), "token-1");
    world.clock.advance(seconds(1));
    assert!(shop.cached_headers().is_none());
}

#[tokio::test]
async fn a_machine_that_slept_through_the_life_of_its_token_fetches_another() {
    let world = World::new();
    let shop = world.shop();
    shop.headers().await.expect("a token");
    // The monotonic clock of a suspended machine stands still.
    world.clock.set_wall(world.clock.now().wall + DAY - seconds(5));
    assert!(shop.cached_headers().is_none());
    assert_eq!(bearer(&shop.headers().await.expect("a token")), "token-2");
}

#[tokio::test]
async fn a_machine_that_slept_into_the_margin_renews_behind_the_caller() {
    let world = World::new();
    let shop = world.shop();
    shop.headers().await.expect("a token");
    world.clock.set_wall(world.clock.now().wall + DAY - seconds(60));
    assert_eq!(bearer(&shop.cached_headers().expect("usable")), "token-1");
    settle().await;
    assert_eq!(bearer(&shop.cached_headers().expect("fresh")), "token-2");
    assert_eq!(world.vipps.count(), 2);
}

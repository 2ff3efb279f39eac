//! Two merchants and two people at once: no claim reaches the wrong one.

use futures_util::future::try_join_all;
use vipps_emulator::User;
use vipps_partner_auth::{Expect, Login, LoginRequest, LoginResult, Merchant, Partner, Userinfo};

use crate::{
    application::{CALLBACK, KARI, Outcome},
    browser::Browser,
    stage::{API_TOKEN, OLA, Stage, TOKEN, USERINFO, claim, first, merchants, reason, refused},
};

/// One person's visit to one merchant, step by step.
struct Visit {
    login: Login,
    browser: Browser,
    user: User,
    progress: Progress,
}

enum Progress {
    Arrived,
    Sent(LoginRequest),
    Back(LoginRequest, String),
    LoggedIn(LoginRequest, LoginResult),
    Known(LoginRequest, LoginResult, Userinfo),
}

const STEPS: usize = 4;

impl Visit {
    fn new(stage: &Stage, shop: &Merchant, browser: &Browser, msisdn: &str) -> Outcome<Self> {
        let user = stage.vipps.users().into_iter().find(|user| user.msisdn == msisdn).ok_or("no such person")?;
        Ok(Self { login: shop.login(CALLBACK)?, browser: browser.clone(), user, progress: Progress::Arrived })
    }

    async fn step(&mut self) -> Outcome {
        self.progress = match std::mem::replace(&mut self.progress, Progress::Arrived) {
            Progress::Arrived => Progress::Sent(self.login.start(&["openid", "name", "phoneNumber"]).await?),
            Progress::Sent(request) => {
                let callback_url = self.browser.sign_in(request.url(), &self.user.msisdn).await?;
                Progress::Back(request, callback_url)
            }
            Progress::Back(request, callback_url) => {
                let result = self.login.finish(&callback_url, &request).await?;
                Progress::LoggedIn(request, result)
            }
            Progress::LoggedIn(request, result) => {
                let userinfo = self.login.userinfo(&result).await?;
                Progress::Known(request, result, userinfo)
            }
            done @ Progress::Known(..) => done,
        };
        Ok(())
    }

    async fn take_all_steps(&mut self) -> Outcome {
        for _ in 0..STEPS {
            self.step().await?;
        }
        Ok(())
    }

    fn assert_own(&self) {
        let Progress::Known(request, result, userinfo) = &self.progress else { panic!("not at its end") };
        let (claims, sub) = (result.claims(), self.user.sub(request.msn()));
        assert_eq!((claims.msn(), claims.sub()), (request.msn(), sub.as_str()));
        assert_eq!(claims.claim::<String>("nonce").as_deref(), Some(request.nonce()));
        assert_eq!((userinfo.sub(), userinfo.name()), (sub.as_str(), Some(self.user.name().as_str())));
        assert_eq!(userinfo.phone_number(), Some(self.user.msisdn.as_str()));
    }
}

/// All ways in which two people can take their steps between each other's: bit n says whose turn the nth one is.
fn orders() -> impl Iterator<Item = [usize; 2 * STEPS]> {
    let orders = (0_u32..1 << (2 * STEPS)).filter(|order| order.count_ones() as usize == STEPS);
    orders.map(|order| std::array::from_fn(|turn| (order >> turn & 1) as usize))
}

fn partner(stage: &Stage) -> Outcome<Partner> {
    Ok(stage.shop(&first())?.partner().clone())
}

#[tokio::test]
async fn in_every_order_each_gets_their_own() -> Outcome {
    let stage = Stage::open()?;
    let partner = partner(&stage)?;
    let shops = merchants().map(|msn| partner.merchant(msn));
    let (karis, olas) = (stage.browser()?, stage.browser()?);
    let mut tried = 0;
    for order in orders() {
        let kari = Visit::new(&stage, &shops[0], &karis, KARI)?;
        let mut visits = [kari, Visit::new(&stage, &shops[1], &olas, OLA)?];
        for turn in order {
            visits[turn].step().await?;
        }
        visits.iter().for_each(Visit::assert_own);
        tried += 1;
    }
    assert_eq!(tried, 70);
    assert_eq!(stage.vipps.count(API_TOKEN), 1, "one partner token serves all");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_same_time_each_gets_their_own() -> Outcome {
    let stage = Stage::open()?;
    let partner = partner(&stage)?;
    let shops = merchants().map(|msn| partner.merchant(msn));
    let mut visits = Vec::new();
    for shop in std::iter::repeat_n(&shops, 8).flatten() {
        visits.push(Visit::new(&stage, shop, &stage.browser()?, KARI)?);
        visits.push(Visit::new(&stage, shop, &stage.browser()?, OLA)?);
    }
    try_join_all(visits.iter_mut().map(Visit::take_all_steps)).await?;
    visits.iter().for_each(Visit::assert_own);
    assert_eq!(visits.len(), 32);
    Ok(())
}

/// A login whose browser is back.
struct Back {
    shop: Merchant,
    login: Login,
    request: LoginRequest,
    callback_url: String,
    sub: String,
}

async fn everybody_back(stage: &Stage) -> Outcome<Vec<Back>> {
    let partner = partner(stage)?;
    let mut all = Vec::new();
    for msn in merchants() {
        for user in stage.vipps.users() {
            let shop = partner.merchant(msn.clone());
            let login = shop.login(CALLBACK)?;
            let request = login.start(&["openid"]).await?;
            let callback_url = stage.browser()?.sign_in(request.url(), &user.msisdn).await?;
            all.push(Back { shop, login, request, callback_url, sub: user.sub(&msn) });
        }
    }
    Ok(all)
}

#[tokio::test]
async fn whatever_does_not_belong_together_is_refused_and_uses_nothing_up() -> Outcome {
    let stage = Stage::open()?;
    let all = everybody_back(&stage).await?;
    assert_eq!(all.len(), 4);
    let exchanges = || stage.vipps.count(TOKEN);
    let mut refusals = Vec::new();
    for (at, request) in all.iter().enumerate() {
        for (back, callback) in all.iter().enumerate() {
            for with in all.iter().filter(|with| with.shop.msn() != request.shop.msn() || at != back) {
                let outcome = with.login.finish(&callback.callback_url, &request.request).await;
                let expected = if with.shop.msn() == request.shop.msn() { "state" } else { "merchant" };
                assert_eq!(reason(outcome), expected);
                refusals.push(expected);
            }
        }
    }
    assert_eq!(refusals.len(), 56, "4 requests, 4 callbacks, 4 logins, less the 8 that belong together");
    assert_eq!(exchanges(), 0, "no code was sent");
    for back in &all {
        let result = back.login.finish(&back.callback_url, &back.request).await?;
        assert_eq!(result.claims().sub(), back.sub);
    }
    Ok(())
}

#[tokio::test]
async fn a_result_of_one_merchant_opens_nothing_at_another() -> Outcome {
    let stage = Stage::open()?;
    let all = everybody_back(&stage).await?;
    let (one, other) = (&all[0], &all[2]);
    assert_ne!(one.shop.msn(), other.shop.msn());
    let result = one.login.finish(&one.callback_url, &one.request).await?;
    let error = refused(other.login.userinfo(&result).await);
    assert_eq!((error.code(), error.field()), ("invalid_config", Some("result")));
    assert_eq!(stage.vipps.count(USERINFO), 0, "the token was not shown");
    let expect = Expect::default().nonce(one.request.nonce());
    assert_eq!(claim(other.shop.verify_id_token(result.id_token(), &expect).await), "msn");
    assert_eq!(one.shop.verify_id_token(result.id_token(), &expect).await?.sub(), one.sub);
    Ok(())
}

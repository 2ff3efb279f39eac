//! ID tokens over real HTTP: discovery, key set and rotation at the emulator.

use std::{error::Error, sync::Arc, time::Duration};

use vipps_emulator::{Emulator, IdTokenSpec, Options, RecordedRequest};
use vipps_partner_auth::{
    Config, ErrorKind, Expect, Flow, IdTokenVerifier, ManualClock, Merchant, Msn, Partner, PartnerKeys, SystemInfo,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const JWKS: &str = "/access-management-1.0/access/.well-known/jwks.json";

fn emulator() -> Outcome<(Emulator, Msn)> {
    let msn: Msn = "123456".parse()?;
    let vipps = Emulator::start(Options { merchants: vec![msn.clone()], ..Options::default() })?;
    Ok((vipps, msn))
}

fn shop(vipps: &Emulator, msn: &Msn, clock: &ManualClock) -> Outcome<Merchant> {
    let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    let config = Config::default().environment(vipps.environment()?).clock(Arc::new(clock.clone()));
    Ok(Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?.merchant(msn.clone()))
}

fn well_known(vipps: &Emulator) -> Vec<RecordedRequest> {
    vipps.requests().into_iter().filter(|request| request.path.contains(".well-known")).collect()
}

#[tokio::test]
async fn a_partner_says_who_asks_for_the_keys_and_shows_none_of_its_own() -> Outcome {
    let (vipps, msn) = emulator()?;
    let shop = shop(&vipps, &msn, &ManualClock::at_unix(vipps.now_unix()))?;
    let id_token = vipps.mint_id_token(&IdTokenSpec::new(&msn).nonce("n"));
    shop.verify_id_token(&id_token, &Expect::default().nonce("n")).await?;
    let asked = well_known(&vipps);
    assert_eq!(asked.len(), 2);
    for request in asked {
        assert_eq!(request.header("vipps-system-name"), Some("acme"));
        for secret in ["authorization", "ocp-apim-subscription-key", "client_secret", "merchant-serial-number"] {
            assert_eq!(request.header(secret), None, "{secret}");
        }
    }
    assert_eq!(vipps.count("/accesstoken/get"), 0, "a check needs no token");
    Ok(())
}

#[tokio::test]
async fn an_app_without_keys_checks_tokens_of_every_flow() -> Outcome {
    let (vipps, msn) = emulator()?;
    let verifier = IdTokenVerifier::new(vipps.environment()?)?;
    let spec = || IdTokenSpec::new(&msn).nonce("n");
    let expect = || Expect::default().msn(msn.clone()).nonce("n");
    verifier.verify(&vipps.mint_id_token(&spec()), &expect()).await?;
    let es256 = vipps.mint_id_token(&spec().alg(vipps_emulator::SigningAlg::Es256));
    verifier.verify(&es256, &expect().flow(Flow::Backchannel)).await?;
    let refusal = verifier.verify(&es256, &expect()).await.err().ok_or("es256 in the browser flow")?;
    assert_eq!(refusal.claim(), Some("alg"));
    Ok(())
}

#[tokio::test]
async fn a_rotation_costs_one_reload_and_nobody_a_login() -> Outcome {
    let (vipps, msn) = emulator()?;
    let clock = ManualClock::at_unix(vipps.now_unix());
    let shop = shop(&vipps, &msn, &clock)?;
    let mint = || vipps.mint_id_token(&IdTokenSpec::new(&msn).nonce("n"));
    let expect = Expect::default().nonce("n");
    let old = mint();
    shop.verify_id_token(&old, &expect).await?;

    vipps.rotate_keys();
    let new = mint();
    let later = shop.verify_id_token(&new, &expect).await.err().ok_or("the key is too new to be known")?;
    assert_eq!((later.kind(), later.retry_after()), (ErrorKind::Unavailable, Some(Duration::from_secs(30))));

    clock.advance(Duration::from_secs(30));
    shop.verify_id_token(&new, &expect).await?;
    shop.verify_id_token(&old, &expect).await?;
    assert_eq!(vipps.count(JWKS), 2);
    Ok(())
}

//! What is said of a bad setting, and when.

use fleet::{Authority, Crew, Outcome, Redis, Settings, count_tokens};
use serde_json::json;
use vipps_partner_auth::{Config, Environment, Error, Partner, RedisCache};

use crate::{vipps, worker};

const PASSWORD: &str = "hunter2";

const URLS: &[&str] = &[
    "",
    " ",
    "redis",
    "redis:",
    "redis://",
    "localhost:6379",
    "http://localhost",
    "rediss:/localhost",
    "redis://hunter2@localhost",
    "redis://:hunter2@",
    "redis://:hunter2@/0",
    "redis://:hunter2@local host",
    "redis://:hunter2@localhost:port",
    "redis://:hunter2@localhost:0",
    "redis://:hunter2@localhost:65536",
    "redis://:hunter2@localhost/x",
    "redis://:hunter2@localhost/-1",
    "redis://:hunter2@localhost/0/1",
    "redis://:hunter2@localhost/0?protocol=3",
    "redis://:hunter2@localhost#0",
    "redis://:hunter2%FF@localhost",
    "redis://:hunter2/with/slashes@localhost",
    "redis+sentinel://:hunter2@localhost",
    "redis+sentinel://:hunter2@localhost/",
    "redis+sentinel://:hunter2@localhost/m?password=x",
    "redis+sentinel://:hunter2@a,,b/m",
    "redis+cluster://:hunter2@a,b/1",
    "redis+cluster://:hunter2@",
    "redis+unix://:hunter2@",
    "redis+unix://:hunter2@host/run/redis.sock",
    "rediss+unix://:hunter2@/run/redis.sock",
    "redis+tls://:hunter2@localhost",
    "redis+insecure://:hunter2@localhost",
];

fn refusal(config: Config) -> Outcome<Error> {
    let variables = |name: &str| {
        let value = match name {
            "VIPPS_CLIENT_ID" => "11111111-2222-4333-8444-555555555555",
            "VIPPS_CLIENT_SECRET" => "secret",
            "VIPPS_SUBSCRIPTION_KEY" => "key",
            "VIPPS_SYSTEM_NAME" | "VIPPS_SYSTEM_VERSION" => "1",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Partner::from_vars(variables, config).err().ok_or_else(|| "it was accepted".into())
}

fn shows_nothing(error: &Error) {
    for text in [error.to_string(), format!("{error:?}"), error.detail().to_owned()] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

#[test]
fn a_wrong_url_is_refused_when_the_partner_is_built_and_not_repeated() -> Outcome {
    for url in URLS {
        let error = refusal(Config::default().redis_url(*url)).map_err(|error| format!("{url}: {error}"))?;
        assert_eq!((error.code(), error.field()), ("invalid_config", Some("redis_url")), "{url}");
        shows_nothing(&error);
        shows_nothing(&RedisCache::new(url).err().ok_or_else(|| format!("{url}: accepted"))?);
    }
    Ok(())
}

#[test]
fn wrong_authorities_are_refused_by_their_own_name() -> Outcome {
    let authority = Authority::new("fleet")?;
    let key = authority.sign(&["localhost"])?.key;
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    let half = authority.pem()[..authority.pem().len() / 2].to_owned();
    let both = format!("{}{nonsense}", authority.pem());
    for pem in [String::new(), "rubbish".to_owned(), key, nonsense, half, both] {
        for url in ["rediss://cache", "rediss+sentinel://cache/m", "rediss+cluster://cache"] {
            let error = refusal(Config::default().redis_url(url).redis_ca_pem(pem.as_bytes()))?;
            assert_eq!((error.code(), error.field()), ("invalid_config", Some("redis_ca_pem")), "{url} {pem}");
        }
    }
    for config in [Config::default(), Config::default().redis_url("redis://cache")] {
        let error = refusal(config.redis_ca_pem(authority.pem()))?;
        assert_eq!(error.field(), Some("redis_ca_pem"));
    }
    Ok(())
}

#[test]
fn the_url_is_read_from_the_environment() -> Outcome {
    let settings = |url: &'static str| {
        move |name: &str| match name {
            "VIPPS_CLIENT_ID" => Some("11111111-2222-4333-8444-555555555555".to_owned()),
            "VIPPS_REDIS_URL" => Some(url.to_owned()),
            "VIPPS_CLIENT_SECRET" | "VIPPS_SUBSCRIPTION_KEY" | "VIPPS_SYSTEM_NAME" | "VIPPS_SYSTEM_VERSION" => {
                Some("1".to_owned())
            }
            _ => None,
        }
    };
    Partner::from_vars(settings("redis://:hunter2@cache"), Config::default())?;
    Partner::from_vars(settings(""), Config::default())?;
    let error = Partner::from_vars(settings("http://:hunter2@cache"), Config::default()).err().ok_or("accepted")?;
    assert_eq!(error.field(), Some("redis_url"));
    shows_nothing(&error);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_url_from_the_environment_is_used() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let keys = vipps.partner_keys();
    let variables = |name: &str| {
        let value = match name {
            "VIPPS_CLIENT_ID" => keys.client_id.clone(),
            "VIPPS_CLIENT_SECRET" => keys.client_secret.clone(),
            "VIPPS_SUBSCRIPTION_KEY" => keys.subscription_key.clone(),
            "VIPPS_SYSTEM_NAME" | "VIPPS_SYSTEM_VERSION" => "1".to_owned(),
            "VIPPS_ENVIRONMENT" => vipps.base_url().to_owned(),
            "VIPPS_REDIS_URL" => redis.url(),
            _ => return None,
        };
        Some(value)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let partners =
        [Partner::from_vars(variables, Config::default())?, Partner::from_vars(variables, Config::default())?];
    runtime.block_on(partners[0].headers())?;
    redis.arrived("token")?;
    runtime.block_on(partners[1].headers())?;
    assert_eq!((count_tokens(&vipps), partners[1].stats().tokens_from_cache), (1, 1));
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_worker_tells_the_field() -> Outcome {
    let vipps = vipps()?;
    let settings = Settings::new(&vipps).redis("redis://:hunter2@");
    let error = Crew::start(&worker(), 1, &settings).err().ok_or("accepted")?.to_string();
    assert!(error.contains("\"field\":\"redis_url\"") && !error.contains(PASSWORD), "{error}");
    let mut idle = worker().start()?;
    assert_eq!(idle.ask(&json!({"do": "token"}))?["error"]["code"], "nonsense");
    assert_eq!(idle.ask(&json!({"do": "dance"}))?["error"]["code"], "nonsense");
    Ok(())
}

#[test]
fn no_password_is_shown_by_debug() -> Outcome {
    for url in [
        "redis://app:hunter2@cache",
        "rediss://app:hunter2@cache",
        "redis+unix://app:hunter2@/run/redis.sock",
        "redis+sentinel://app:hunter2@cache/m?sentinel_username=hunter2&sentinel_password=hunter2",
        "redis+cluster://app:hunter2@cache",
    ] {
        let config = Config::from(Environment::Production).redis_url(url);
        let texts = [format!("{:?}", RedisCache::new(url)?), format!("{config:?}")];
        assert!(texts.iter().all(|text| !text.contains(PASSWORD)), "{texts:?}");
    }
    Ok(())
}

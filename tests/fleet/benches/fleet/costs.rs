//! A token from memory, from Redis, and from the token endpoint; the key set beside it.

use std::{fmt::Write as _, sync::Arc, time::Instant};

use fleet::{Authority, Outcome, Redis, Scratch};
use tokio::runtime::Runtime;
use vipps_emulator::{Emulator, IdTokenSpec, Options};
use vipps_partner_auth::{
    Config, Environment, Expect, HttpSend, IdTokenVerifier, Partner, PartnerKeys, RedisCache, ReqwestClient,
    SystemInfo, TokenCache,
};

const ROUNDS: usize = 101;
/// A token in memory is there so quickly that one reading of the clock would be most of the time.
const REPEATS: u32 = 1_000;

struct Stage {
    vipps: Emulator,
    redis: Redis,
    runtime: Runtime,
    http: Arc<dyn HttpSend>,
    cache: RedisCache,
    warm: Partner,
    id_token: String,
}

type Case = (&'static str, fn(&Stage) -> Outcome<f64>);

const CASES: [Case; 5] = [
    ("a token from Redis, the connection being there", from_redis),
    ("the same with a new connection", from_redis_anew),
    ("a token from memory", from_memory),
    ("a token from the emulator", from_vipps),
    ("the key set from the emulator, checked with one ID token", key_set),
];

/// Times of all cases, and how they compare with the first.
pub(crate) fn table() -> Outcome<String> {
    let stage = Stage::new()?;
    let mut times = vec![Vec::with_capacity(ROUNDS); CASES.len()];
    // The first round warms up.
    for round in 0..=ROUNDS {
        for ((_, case), times) in CASES.iter().zip(&mut times) {
            let time = case(&stage)?;
            times.extend((round > 0).then_some(time));
        }
    }
    let mut text = format!("\nWhere a token comes from, {ROUNDS} rounds, everything on this machine\n");
    writeln!(text, "{:<58} {:>11} {:>11} {:>9}", "case", "min µs", "median µs", "times")?;
    for ((name, _), own) in CASES.iter().zip(&times) {
        let ratios = own.iter().zip(&times[0]).map(|(own, first)| own / first).collect();
        let least = own.iter().copied().fold(f64::INFINITY, f64::min);
        writeln!(text, "{name:<58} {least:>11.2} {:>11.2} {:>9.4}", median(own.clone()), median(ratios))?;
    }
    writeln!(text, "{}", tls(&stage)?)?;
    Ok(text)
}

impl Stage {
    fn new() -> Outcome<Self> {
        let (vipps, redis) = (Emulator::start(Options::default())?, Redis::start()?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let http = Arc::new(ReqwestClient::new(&Config::default())?);
        let cache = RedisCache::new(&redis.url())?;
        let config = Config::from(vipps.environment()?).http(http.clone()).token_cache(Arc::new(cache.clone()));
        let warm = partner(&vipps, config)?;
        runtime.block_on(warm.headers())?;
        redis.arrived("token")?;
        let id_token = vipps.mint_id_token(&IdTokenSpec::new(&"123456".parse()?));
        Ok(Self { vipps, redis, runtime, http, cache, warm, id_token })
    }

    fn environment(&self) -> Outcome<Environment> {
        Ok(self.vipps.environment()?)
    }

    fn config(&self) -> Outcome<Config> {
        Ok(Config::from(self.environment()?).http(self.http.clone()))
    }
}

fn partner(vipps: &Emulator, config: Config) -> Outcome<Partner> {
    Ok(Partner::new(PartnerKeys::try_from(vipps.partner_keys())?, SystemInfo::new("fleet", "1")?, config)?)
}

fn from_memory(stage: &Stage) -> Outcome<f64> {
    let start = Instant::now();
    stage.runtime.block_on(async {
        for _ in 0..REPEATS {
            std::hint::black_box(stage.warm.access_token().await?);
        }
        Outcome::Ok(())
    })?;
    Ok(micros(start) / f64::from(REPEATS))
}

fn from_redis(stage: &Stage) -> Outcome<f64> {
    shared(stage, stage.cache.clone())
}

fn from_redis_anew(stage: &Stage) -> Outcome<f64> {
    shared(stage, RedisCache::new(&stage.redis.url())?)
}

fn shared(stage: &Stage, cache: impl TokenCache + 'static) -> Outcome<f64> {
    let cold = partner(&stage.vipps, stage.config()?.token_cache(Arc::new(cache)))?;
    let time = first_token(stage, &cold)?;
    assert_eq!(cold.stats().tokens_from_cache, 1);
    Ok(time)
}

fn from_vipps(stage: &Stage) -> Outcome<f64> {
    let cold = partner(&stage.vipps, stage.config()?)?;
    let time = first_token(stage, &cold)?;
    assert_eq!(cold.stats().token_requests, 1);
    Ok(time)
}

fn first_token(stage: &Stage, cold: &Partner) -> Outcome<f64> {
    let start = Instant::now();
    stage.runtime.block_on(cold.access_token())?;
    Ok(micros(start))
}

fn key_set(stage: &Stage) -> Outcome<f64> {
    let verifier = IdTokenVerifier::new(stage.config()?)?;
    let expect = Expect::default().msn("123456".parse()?);
    let start = Instant::now();
    stage.runtime.block_on(verifier.verify(&stage.id_token, &expect))?;
    Ok(micros(start))
}

/// The cost of a TLS connection to Redis, in words.
fn tls(stage: &Stage) -> Outcome<String> {
    let (scratch, authority) = (Scratch::new()?, Authority::new("bench")?);
    let certificate = authority.sign(&["localhost"])?;
    let (pem, key) = (scratch.write("c.pem", &certificate.pem)?, scratch.write("k.pem", &certificate.key)?);
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let options = ["--tls-port", &port.to_string(), "--tls-auth-clients", "no", "--tls-cert-file", &pem];
    let options = [&options[..], &["--tls-key-file", &key, "--tls-ca-cert-file", &pem]].concat();
    let redis = Redis::in_folder(scratch, &options, "")?;
    let url = format!("rediss://localhost:{port}");
    let mut times = Vec::new();
    for _ in 0..21 {
        let cache = RedisCache::with_ca_pem(&url, authority.pem().as_bytes())?;
        let cold = partner(&stage.vipps, stage.config()?.token_cache(Arc::new(cache)))?;
        times.push(first_token(stage, &cold)?);
        assert_eq!(cold.stats().cache_failures, 0);
        redis.arrived("token")?;
    }
    Ok(format!("a token from Redis with a new TLS connection: median {:.0} µs", median(times)))
}

fn micros(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

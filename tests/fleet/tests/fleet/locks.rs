//! The lock, and the mark that a failed fetch leaves in its place, asked of a real Redis by one process after another.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet::{Outcome, Redis, until};
use vipps_partner_auth::{
    BoxFuture, CacheError, CacheKey, CachedToken, Config, Lock, Partner, PartnerKeys, RedisCache, SystemInfo,
    TokenCache,
};

const LOCK_LIFE: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);

/// Only here to learn what a cache is asked for.
#[derive(Debug, Default)]
struct Listener(Mutex<Option<CacheKey>>);

impl TokenCache for Listener {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        self.0.lock().expect("no panic").get_or_insert_with(|| key.clone());
        Box::pin(async { Ok(None) })
    }

    fn store<'a>(&'a self, _: &'a CacheKey, _: CachedToken, _: Duration) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async { Ok(()) })
    }
}

async fn key(client_id: &str) -> Outcome<CacheKey> {
    let listener = Arc::new(Listener::default());
    // Nobody listens there.
    let environment = "http://127.0.0.1:1".parse()?;
    let config = Config::default().environment(environment).token_cache(listener.clone());
    let keys = PartnerKeys::new(client_id, "secret", "subscription-key")?;
    let _ = Partner::new(keys, SystemInfo::new("fleet", "1")?, config)?.headers().await;
    let key = listener.0.lock().expect("no panic").clone();
    key.ok_or_else(|| "it was not asked".into())
}

/// What the two of them do with the lock of one credential.
struct Stage {
    redis: Redis,
    one: RedisCache,
    other: RedisCache,
    key: CacheKey,
}

impl Stage {
    async fn new(options: &[&str], login: &str) -> Outcome<Self> {
        let redis = Redis::with(options)?;
        let cache = || RedisCache::new(&redis.url_for(login));
        Ok(Self { one: cache()?, other: cache()?, key: key("client").await?, redis })
    }

    async fn one(&self) -> Result<Lock, CacheError> {
        self.one.lock(&self.key, "one", LOCK_LIFE).await
    }

    async fn other(&self) -> Result<Lock, CacheError> {
        self.other.lock(&self.key, "other", LOCK_LIFE).await
    }

    fn left(&self) -> Outcome<i64> {
        self.redis.run(redis::cmd("PTTL").arg(self.redis.key("lock")?))
    }
}

fn is_held_off(lock: &Result<Lock, CacheError>, at_most: Duration) -> bool {
    matches!(lock, Ok(Lock::HeldOff(span)) if !span.is_zero() && *span <= at_most)
}

#[tokio::test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
async fn one_has_the_lock_until_it_gives_it_back_or_it_ends() -> Outcome {
    let stage = Stage::new(&[], "").await?;
    assert_eq!(stage.one().await?, Lock::Ours);
    assert_eq!((stage.one().await?, stage.other().await?), (Lock::Ours, Lock::Theirs), "its own again");
    stage.other.unlock(&stage.key, "other").await?;
    assert_eq!(stage.other().await?, Lock::Theirs, "not its to give");
    stage.one.unlock(&stage.key, "one").await?;
    assert_eq!((stage.other().await?, stage.one().await?), (Lock::Ours, Lock::Theirs));
    assert!((1..=5_000).contains(&stage.left()?));
    stage.redis.run::<i64>(redis::cmd("PEXPIRE").arg(stage.redis.key("lock")?).arg(1))?;
    until("it has ended", || Ok(stage.redis.key("lock").is_err()))?;
    assert_eq!(stage.one().await?, Lock::Ours);
    Ok(())
}

#[tokio::test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
async fn a_failed_fetch_holds_everybody_off_for_as_long_as_it_says() -> Outcome {
    let stage = Stage::new(&[], "").await?;
    assert_eq!(stage.one().await?, Lock::Ours);
    stage.one.hold_off(&stage.key, "one", MINUTE).await?;
    assert!((50_000..=60_000).contains(&stage.left()?));
    assert!(is_held_off(&stage.one().await, MINUTE) && is_held_off(&stage.other().await, MINUTE));
    stage.one.unlock(&stage.key, "one").await?;
    assert!(is_held_off(&stage.other().await, MINUTE), "it is no lock any more");
    stage.redis.run::<i64>(redis::cmd("PEXPIRE").arg(stage.redis.key("lock")?).arg(1))?;
    until("it has ended", || Ok(stage.redis.key("lock").is_err()))?;
    assert_eq!(stage.other().await?, Lock::Ours);
    Ok(())
}

#[tokio::test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
async fn a_fetch_that_failed_late_leaves_the_next_holder_alone_but_an_open_place_marked() -> Outcome {
    let stage = Stage::new(&[], "").await?;
    assert_eq!(stage.other().await?, Lock::Ours);
    stage.one.hold_off(&stage.key, "one", MINUTE).await?;
    assert_eq!(stage.one().await?, Lock::Theirs);
    stage.other.unlock(&stage.key, "other").await?;
    stage.one.hold_off(&stage.key, "one", MINUTE).await?;
    assert!(is_held_off(&stage.other().await, MINUTE));
    Ok(())
}

#[tokio::test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
async fn nobody_without_the_credential_can_hold_others_off() -> Outcome {
    let stage = Stage::new(&[], "").await?;
    let another = key("another").await?;
    stage.other.hold_off(&another, "other", MINUTE * 60 * 24).await?;
    let theirs = stage.redis.key("lock")?;
    let their_mark = stage.redis.value(&theirs)?;
    stage.redis.run::<i64>(redis::cmd("DEL").arg(theirs))?;
    stage.one.store(&stage.key, CachedToken::new("token", MINUTE, MINUTE), MINUTE).await?;
    let token = stage.redis.value(&stage.redis.key("token")?)?;
    assert_eq!(stage.one().await?, Lock::Ours);
    let lock = stage.redis.key("lock")?;
    for planted in [b"held off".to_vec(), their_mark, token, vec![2; 10_000_000]] {
        stage.redis.run::<()>(redis::cmd("SET").arg(&lock).arg(planted).arg("PX").arg(86_400_000))?;
        assert_eq!(stage.other().await?, Lock::Theirs);
    }
    stage.redis.put(&lock, b"for ever")?;
    assert!(stage.other().await.is_err_and(|error| error.to_string().contains("has no end")));
    // A mark of their own that is kept, and put back when it has ended.
    stage.redis.run::<i64>(redis::cmd("DEL").arg(&lock))?;
    stage.one.hold_off(&stage.key, "one", Duration::from_secs(1)).await?;
    let mark = stage.redis.value(&lock)?;
    stage.redis.run::<()>(redis::cmd("SET").arg(&lock).arg(mark).arg("PX").arg(86_400_000))?;
    assert!(is_held_off(&stage.other().await, MINUTE + Duration::from_secs(1)), "hardly longer than it said");
    Ok(())
}

#[tokio::test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
async fn without_eval_the_lock_is_given_back_and_marked_all_the_same() -> Outcome {
    let user = "--user app on >word ~vipps-partner-auth:* +getrange +pttl +set +del".split(' ').collect();
    for (options, login) in [(vec!["--rename-command", "EVAL", ""], ""), (user, "app:word@")] {
        let stage = Stage::new(&options, login).await?;
        assert_eq!((stage.one().await?, stage.other().await?), (Lock::Ours, Lock::Theirs));
        let told = |outcome: Result<(), CacheError>| outcome.is_err_and(|error| error.to_string().contains("EVAL"));
        assert!(told(stage.other.unlock(&stage.key, "other").await));
        assert_eq!(stage.other().await?, Lock::Theirs, "not its to give");
        assert!(told(stage.other.hold_off(&stage.key, "other", MINUTE).await));
        assert_eq!(stage.other().await?, Lock::Theirs, "not its to mark");
        assert!(told(stage.one.unlock(&stage.key, "one").await));
        assert_eq!(stage.other().await?, Lock::Ours);
        assert!(told(stage.other.hold_off(&stage.key, "other", MINUTE).await));
        assert!(is_held_off(&stage.one().await, MINUTE));

        let token = CachedToken::new("token", MINUTE, MINUTE);
        stage.one.store(&stage.key, token, MINUTE).await?;
        stage.one.remove(&stage.key, &"newer".into()).await?;
        assert!(stage.other.load(&stage.key).await?.is_some());
        assert!(told(stage.one.remove(&stage.key, &"token".into()).await));
        assert_eq!(stage.other.load(&stage.key).await?, None);
    }
    Ok(())
}

/// A runtime that ended took the task behind a connection along.
#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_connection_outlives_no_runtime_and_is_made_anew_on_the_next() -> Outcome {
    let new_runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let stage = new_runtime()?.block_on(Stage::new(&[], ""))?;
    for _ in 0..3 {
        assert_eq!(new_runtime()?.block_on(stage.one())?, Lock::Ours);
    }
    // One that is alive but left alone, with the connection in its hands.
    let idle = new_runtime()?;
    assert_eq!(idle.block_on(stage.one())?, Lock::Ours);
    assert_eq!(new_runtime()?.block_on(stage.one())?, Lock::Ours);
    Ok(())
}

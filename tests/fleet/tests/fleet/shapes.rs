//! The shapes Redis comes in: TLS, passwords and users, a socket, Sentinel, Cluster, databases.

use std::net::TcpListener;

use fleet::{Authority, Cluster, Crew, Outcome, Redis, Scratch, Sentinel, Settings, count_tokens, until};
use serde_json::json;
use vipps_emulator::Emulator;

use crate::{lock_name, vipps, worker};

/// A cold fleet, a refused token, and a late comer: each costs what it should.
fn shared(vipps: &Emulator, settings: &Settings) -> Outcome<Crew> {
    let before = count_tokens(vipps);
    let mut crew = Crew::start(&worker(), 6, settings)?;
    let first = crew.token()?;
    assert_eq!(count_tokens(vipps), before + 1);
    crew.ask(&json!({"do": "invalidate"}))?;
    let second = crew.token()?;
    assert_ne!(first, second);
    assert_eq!(count_tokens(vipps), before + 2);
    assert_eq!(Crew::start(&worker(), 1, settings)?.token()?, second);
    assert_eq!(crew.cache_failures()?, [""; 0]);
    Ok(crew)
}

/// A new process finds a token there, sooner or later: until then each fetches its own, and no call fails.
fn found_by_others(vipps: &Emulator, settings: &Settings) -> Outcome {
    until("a token is found", || {
        let before = count_tokens(vipps);
        Crew::start(&worker(), 1, settings)?.token()?;
        Ok(count_tokens(vipps) == before)
    })
}

/// Nobody is served by this Redis, nobody fails, and both are told why.
fn unshared(vipps: &Emulator, settings: &Settings, told: &str) -> Outcome {
    let before = count_tokens(vipps);
    let mut crew = Crew::start(&worker(), 2, settings)?;
    assert_eq!(crew.tokens()?.len(), 2);
    assert_eq!(count_tokens(vipps), before + 2);
    until("both were told", || Ok(crew.stat("cache_failures")? >= 2))?;
    let failures = crew.cache_failures()?;
    assert!(failures.iter().all(|failure| failure.contains(told)), "{failures:?}");
    Ok(())
}

/// A server that speaks TLS on a port of its own.
struct Secure {
    redis: Redis,
    port: u16,
}

impl Secure {
    fn start(authority: &Authority, names: &[&str]) -> Outcome<Self> {
        let (scratch, certificate) = (Scratch::new()?, authority.sign(names)?);
        let files = [
            scratch.write("server.crt", &certificate.pem)?,
            scratch.write("server.key", &certificate.key)?,
            scratch.write("ca.crt", authority.pem())?,
        ];
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let options = ["--tls-port", &port.to_string(), "--tls-auth-clients", "no", "--tls-cert-file", &files[0]];
        let options = [&options[..], &["--tls-key-file", &files[1], "--tls-ca-cert-file", &files[2]]].concat();
        Ok(Self { redis: Redis::in_folder(scratch, &options, "")?, port })
    }

    fn url(&self, host: &str) -> String {
        format!("rediss://{host}:{}", self.port)
    }
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn tls_with_an_authority_of_ones_own() -> Outcome {
    let (vipps, authority) = (vipps()?, Authority::new("company")?);
    let server = Secure::start(&authority, &["localhost", "127.0.0.1"])?;
    for host in ["localhost", "127.0.0.1"] {
        let settings = Settings::new(&vipps).redis(server.url(host)).and("redis_ca_pem", authority.pem());
        shared(&vipps, &settings)?;
        server.redis.ask::<String>("FLUSHALL")?;
    }
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn tls_with_an_authority_of_the_machine() -> Outcome {
    let (vipps, authority, scratch) = (vipps()?, Authority::new("machine")?, Scratch::new()?);
    let server = Secure::start(&authority, &["localhost"])?;
    let file = scratch.write("machine.pem", authority.pem())?;
    let settings = Settings::new(&vipps).redis(server.url("localhost"));
    let trusting = worker().variable("SSL_CERT_FILE", file);
    let mut crew = Crew::start(&trusting, 3, &settings)?;
    crew.token()?;
    assert_eq!((count_tokens(&vipps), crew.cache_failures()?), (1, Vec::new()));
    unshared(&vipps, &settings, "the issuer of redis' certificate is not trusted")
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn tls_that_is_not_to_be_trusted_is_gone_without() -> Outcome {
    let (vipps, authority, other) = (vipps()?, Authority::new("company")?, Authority::new("other")?);
    let server = Secure::start(&authority, &["localhost"])?;
    let elsewhere = Secure::start(&authority, &["cache.example"])?;
    for (server, trusted, told) in [
        (&server, other.pem(), "the issuer of redis' certificate is not trusted"),
        (&elsewhere, authority.pem(), "redis' certificate is for another host name"),
    ] {
        let settings = Settings::new(&vipps).redis(server.url("localhost")).and("redis_ca_pem", trusted);
        unshared(&vipps, &settings, told)?;
        assert_eq!(server.redis.keys()?, [""; 0]);
    }
    // TLS to a plain port, and the other way round.
    let plain = server.url("localhost").replace(&server.port.to_string(), &server.redis.port().to_string());
    let settings = Settings::new(&vipps).redis(plain).and("redis_ca_pem", authority.pem());
    unshared(&vipps, &settings, "wants redis:// in the URL")?;
    let settings = Settings::new(&vipps).redis(server.url("localhost").replace("rediss", "redis"));
    unshared(&vipps, &settings, "rediss:// in the URL")
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn tls_that_wants_a_certificate_of_its_clients_is_told_so() -> Outcome {
    let (vipps, authority) = (vipps()?, Authority::new("company")?);
    let server = Secure::start(&authority, &["localhost"])?;
    server.redis.set("tls-auth-clients", "yes")?;
    let settings = Settings::new(&vipps).redis(server.url("localhost")).and("redis_ca_pem", authority.pem());
    unshared(&vipps, &settings, "a certificate of its clients")
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_password() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::secured(&["--requirepass", "p@ss/wörd"], ":p%40ss%2Fw%C3%B6rd@")?);
    shared(&vipps, &Settings::new(&vipps).redis(redis.url_for(":p%40ss%2Fw%C3%B6rd@")))?;
    Ok(())
}

/// What the documents say that a user needs.
fn user(also: &str) -> Vec<&str> {
    let needs = "--user vipps on >word ~vipps-partner-auth:* +getrange +pttl +set +del +eval";
    needs.split(' ').chain(also.split(' ').filter(|right| !right.is_empty())).collect()
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_user_who_may_do_no_more_than_the_documents_say() -> Outcome {
    let (vipps, login) = (vipps()?, "vipps:word@");
    let redis = Redis::with(&user(""))?;
    shared(&vipps, &Settings::new(&vipps).redis(redis.url_for(login)))?;
    let redis = Redis::with(&user("+select"))?;
    shared(&vipps, &Settings::new(&vipps).redis(format!("{}/3", redis.url_for(login))))?;
    let sentinel = Sentinel::start(&user("+role"))?;
    shared(&vipps, &Settings::new(&vipps).redis(sentinel.url_beside(login, &[])))?;
    let cluster = Cluster::start(&user("+ping +asking"))?;
    shared(&vipps, &Settings::new(&vipps).redis(cluster.url_for(login)))?;
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_socket() -> Outcome {
    let scratch = Scratch::new()?;
    let socket = scratch.path().join("redis of tests.sock").display().to_string();
    let (vipps, redis) = (vipps()?, Redis::in_folder(scratch, &["--unixsocket", &socket], "")?);
    shared(&vipps, &Settings::new(&vipps).redis(format!("redis+unix://{}", socket.replace(' ', "%20"))))?;
    redis.ask::<String>("FLUSHALL")?;
    redis.set("requirepass", "word")?;
    shared(&vipps, &Settings::new(&vipps).redis(format!("redis+unix://:word@{}", socket.replace(' ', "%20"))))?;
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_database_of_its_own() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let (mut first, mut third) = (
        shared(&vipps, &Settings::new(&vipps).redis(redis.url()))?,
        shared(&vipps, &Settings::new(&vipps).redis(format!("{}/3", redis.url())))?,
    );
    assert_ne!(first.token()?, third.token()?);
    unshared(
        &vipps,
        &Settings::new(&vipps).redis(format!("{}/99", redis.url())),
        "redis has no database of this number",
    )
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_cluster_also_with_a_node_gone() -> Outcome {
    let (vipps, mut cluster) = (vipps()?, Cluster::start(&[])?);
    let settings = Settings::new(&vipps).redis(cluster.url());
    let mut crew = shared(&vipps, &settings)?;
    // Found through any one node.
    let through_one = Settings::new(&vipps).redis(cluster.url().split(',').next().ok_or("no node")?);
    assert_eq!(Crew::start(&worker(), 1, &through_one)?.token()?, crew.token()?);

    cluster.holder("token")?.kill()?;
    crew.ask(&json!({"do": "invalidate"}))?;
    assert_eq!(crew.tokens()?.len(), 6);
    until("somebody was told", || Ok(crew.stat("cache_failures")? > 0))?;
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_node_of_a_cluster_that_is_spoken_to_as_a_server_says_so() -> Outcome {
    let (vipps, cluster) = (vipps()?, Cluster::start(&[])?);
    shared(&vipps, &Settings::new(&vipps).redis(cluster.url()))?;
    let strangers = cluster.nodes.iter().filter(|node| node.key("token").is_err());
    for node in strangers {
        unshared(&vipps, &Settings::new(&vipps).redis(node.url()), "the URL must begin with redis+cluster://")?;
    }
    let settings = Settings::new(&vipps).redis(format!("{}/1", cluster.nodes[0].url()));
    unshared(&vipps, &settings, "the URL must begin with redis+cluster://")
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_cluster_that_is_just_moving_the_keys() -> Outcome {
    let (vipps, mut cluster) = (vipps()?, Cluster::start(&[])?);
    let settings = Settings::new(&vipps).redis(cluster.url());
    let lock = lock_name(&vipps, &settings, &cluster.nodes)?;
    let token = cluster.holder("token")?.key("token")?;
    let ids = cluster.nodes.iter().map(|node| node.ask::<String>("CLUSTER MYID")).collect::<Outcome<Vec<_>>>()?;
    cluster.holder("token")?.run::<i64>(redis::cmd("DEL").arg(&token))?;
    for key in [token, lock] {
        let slot: i64 = cluster.nodes[0].run(redis::cmd("CLUSTER").arg("KEYSLOT").arg(&key))?;
        let moved = |node: &Redis| node.run::<i64>(redis::cmd("EXISTS").arg(&key)).is_err();
        let from = cluster.nodes.iter().position(|node| !moved(node)).ok_or("nobody has the slot")?;
        let to = (from + 1) % ids.len();
        cluster.nodes[to].ask::<String>(&format!("CLUSTER SETSLOT {slot} IMPORTING {}", ids[from]))?;
        cluster.nodes[from].ask::<String>(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", ids[to]))?;
    }
    shared(&vipps, &settings)?;
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_cluster_whose_other_nodes_are_gone_or_stuck() -> Outcome {
    let (vipps, mut cluster) = (vipps()?, Cluster::start(&["--cluster-require-full-coverage", "no"])?);
    let settings = Settings::new(&vipps).redis(cluster.url());
    let mut crew = shared(&vipps, &settings)?;
    crew.token()?;
    let holder = cluster.holder("token")?.port();
    let bystander = cluster.nodes.iter_mut().find(|node| node.port() != holder).ok_or("no other node")?;
    bystander.freeze()?;
    assert_eq!(Crew::start(&worker(), 3, &settings)?.tokens()?.len(), 3);
    bystander.thaw()?;
    bystander.kill()?;
    found_by_others(&vipps, &settings)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_sentinel_through_a_failover() -> Outcome {
    let (vipps, mut sentinel) = (vipps()?, Sentinel::start(&[])?);
    let settings = Settings::new(&vipps).redis(sentinel.url());
    let mut crew = shared(&vipps, &settings)?;
    crew.token()?;
    until("the replica has the token", || Ok(sentinel.replica.key("token").is_ok()))?;
    crew.start_load()?;
    sentinel.fail_over()?;
    assert_eq!(crew.stop_load()?.failed, 0);
    // The Sentinel may still name the dead one for a moment.
    found_by_others(&vipps, &settings)?;
    // Somebody may have fetched one in between, and it is not yet theirs.
    until("theirs is withdrawn there", || {
        crew.tokens()?;
        crew.ask(&json!({"do": "invalidate"}))?;
        Ok(sentinel.replica.key("token").is_err())
    })?;
    crew.events()?;
    let before = count_tokens(&vipps);
    crew.token()?;
    assert_eq!((count_tokens(&vipps) - before, crew.cache_failures()?), (1, Vec::new()));
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_sentinel_after_dead_and_stuck_ones() -> Outcome {
    let (vipps, sentinel) = (vipps()?, Sentinel::start(&[])?);
    let stuck = TcpListener::bind("127.0.0.1:0")?;
    let dead = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let others = [stuck.local_addr()?.to_string(), dead, "192.0.2.1:26379".to_owned()];
    shared(&vipps, &Settings::new(&vipps).redis(sentinel.url_beside("", &others)))?;
    let unknown = sentinel.url().replace("/tokens", "/unknown");
    unshared(&vipps, &Settings::new(&vipps).redis(unknown), "no Sentinel knows the master")?;
    // One taken for the other.
    let server = sentinel.url().replace("redis+sentinel", "redis").replace("/tokens", "");
    let mut crew = Crew::start(&worker(), 1, &Settings::new(&vipps).redis(server))?;
    crew.token()?;
    let told = |crew: &mut Crew| Ok(crew.cache_failures()?.concat().contains("a Sentinel wants redis+sentinel://"));
    until("it is told", || told(&mut crew))?;
    let master = format!("{}/tokens", sentinel.master.url().replace("redis://", "redis+sentinel://"));
    unshared(&vipps, &Settings::new(&vipps).redis(master), "what answers there is no Sentinel")
}

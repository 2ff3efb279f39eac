//! `--serve`: an offline Vipps and a sample shop, until Ctrl-C.

use std::{net::Ipv4Addr, sync::Arc};

use tokio::{net::TcpListener, signal};
use vipps_emulator::Emulator;
use vipps_partner_auth::Config;

use crate::{
    shop::Shop,
    stage::{self, KARI, Outcome},
};

pub(crate) async fn run(port: u16) -> Outcome {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| format!("port {port}: {error}"))?;
    let origin = format!("http://{}", listener.local_addr()?);
    let vipps = stage::start(&Shop::redirect_uri_at(&origin))?;
    let shop = stage::shop(
        &vipps,
        &stage::partner(&vipps, Config::default().clock(Arc::new(vipps.clock())))?,
        origin.clone(),
    )?;

    // Asked for by name, since a shell starts background jobs with Ctrl-C ignored; heard from its first poll on.
    let interrupted = tokio::spawn(signal::ctrl_c());
    let terminated = tokio::spawn(terminated());
    tokio::task::yield_now().await;
    introduce(&vipps, &origin)?;
    tokio::select! {
        ended = axum::serve(listener, Arc::new(shop).routes()) => ended?,
        heard = interrupted => heard??,
        heard = terminated => heard??,
    }
    Ok(())
}

/// As whoever started this one ends it, who has no terminal.
#[cfg(unix)]
async fn terminated() -> std::io::Result<()> {
    signal::unix::signal(signal::unix::SignalKind::terminate())?.recv().await;
    Ok(())
}

#[cfg(not(unix))]
async fn terminated() -> std::io::Result<()> {
    std::future::pending().await
}

fn introduce(vipps: &Emulator, origin: &str) -> Outcome {
    let [(_, msn), _] = stage::merchants()?;
    println!("A sample shop for two merchants, and an offline Vipps. Testing only, on this machine only.\n");
    println!("   shop          {origin}/");
    println!("   Vipps         {}   (the phone, and every request)", vipps.page_url());
    println!("   test person   {KARI}   (Kari Fixture)\n");
    println!("Open the shop in a browser. Or log in without one, with curl 7.84 or newer:\n");
    println!("   login=$(curl -sL -b jar -c jar -o /dev/null -w '%header{{vipps-emulator-login}}' \\");
    println!("     {origin}/login -d msn={msn})");
    println!("   curl -sL -b jar -c jar {}emulator/logins/$login/approve -d user={KARI}\n", vipps.page_url());
    println!("Ctrl-C ends both.");
    Ok(())
}

//! What is held: a thousand partners in one environment, ten thousand merchants of one partner.

use std::{fs, time::Duration};

use vipps_partner_auth::{Config, Environment, Partner, PartnerKeys, SystemInfo};

use crate::rounds::Table;

const PARTNERS: usize = 1_000;
const MERCHANTS: usize = 10_000;

/// By the resident size of this process before and after, with real clients and an emulator's address that is never asked. `None` where the
/// system does not tell it.
pub(crate) fn table() -> Table {
    let table = crate::new_table("memory (rows are notes)");
    let Some(before) = resident() else { return table.note("this system does not tell the resident size") };
    let partners: Vec<_> = (0..PARTNERS).map(real_partner).collect();
    let with_partners = resident().unwrap_or(before);
    let table =
        table.note(each("partners that share one environment, without a token", before, with_partners, PARTNERS));
    drop(partners);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (partner, _) = crate::headers::partner(Duration::ZERO);
    runtime.block_on(partner.headers()).unwrap();
    let before = resident().unwrap_or_default();
    let shops: Vec<_> =
        (0..MERCHANTS).map(|n| partner.merchant(format!("{:06}", 100_000 + n).parse().unwrap())).collect();
    let handles = resident().unwrap_or(before);
    for shop in &shops {
        runtime.block_on(shop.headers()).unwrap();
    }
    let finished = resident().unwrap_or(handles);
    table.note(each("merchant handles of one partner", before, handles, MERCHANTS)).note(each(
        "the same, each with its finished headers",
        before,
        finished,
        MERCHANTS,
    ))
}

fn real_partner(number: usize) -> Partner {
    let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", format!("secret-{number}"), "key").unwrap();
    let config = Config::from(Environment::Production);
    Partner::new(keys, SystemInfo::new("acme", "3.1.2").unwrap(), config).unwrap()
}

fn each(what: &str, before: u64, after: u64, count: usize) -> String {
    let grown = after.saturating_sub(before);
    let kib = grown as f64 / 1024.0;
    format!("{count} {what}: {:.1} MiB, {:.2} KiB each", kib / 1024.0, kib / count as f64)
}

/// In bytes.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

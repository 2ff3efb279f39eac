//! What the program prints at the start. The keys are invented, and handing them out is the purpose.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use serde_json::{Value, json};
use vipps_emulator::{Emulator, Keys};
use vipps_partner_auth::Msn;

/// What goes before everything else when others can reach the emulator.
pub(crate) fn warn(address: SocketAddr, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "vipps-emulator: WARNING: listening at {address}: everybody who can reach this machine can read all keys and \
         tokens, decide every login and steer the emulator. Only for containers and networks of your own. The page and \
         the controls answer to the host of --public-url and to this machine's own names."
    )
}

/// One line of JSON.
pub(crate) fn in_json(vipps: &Emulator, out: &mut impl Write) -> io::Result<()> {
    let line = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "base_url": vipps.base_url(),
        "page_url": vipps.page_url(),
        "local_url": vipps.local_url(),
        "listening": vipps.address(),
        "partner_keys": asked(vipps, "partner_keys", json!({}))?,
        "specialized_keys": asked(vipps, "specialized_keys", json!({}))?,
        "merchants": merchants(vipps)?,
        "environment": environment(vipps),
    });
    writeln!(out, "{line}")?;
    out.flush()
}

/// What a program that reads its settings from the environment needs, with the partner's keys.
fn environment(vipps: &Emulator) -> Value {
    let keys = vipps.partner_keys();
    let mut variables = vec![("VIPPS_ENVIRONMENT", vipps.base_url().to_owned())];
    variables.extend(key_variables(keys));
    variables.extend(SYSTEM.map(|(name, value)| (name, value.to_owned())));
    variables.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

fn merchants(vipps: &Emulator) -> io::Result<Vec<Value>> {
    let listed = asked(vipps, "merchants", json!({}))?;
    let with_keys = |merchant: &Value| {
        let mut merchant = merchant.clone();
        merchant["keys"] = asked(vipps, "sales_unit_keys", json!({ "msn": merchant["msn"] }))?;
        Ok(merchant)
    };
    listed["merchants"].as_array().into_iter().flatten().map(with_keys).collect()
}

fn asked(vipps: &Emulator, operation: &str, input: Value) -> io::Result<Value> {
    Ok(vipps.control(operation, input)?)
}

/// The system that calls, as an example.
const SYSTEM: [(&str, &str); 4] = [
    ("VIPPS_SYSTEM_NAME", "acme"),
    ("VIPPS_SYSTEM_VERSION", "3.1.2"),
    ("VIPPS_PLUGIN_NAME", "acme-webshop"),
    ("VIPPS_PLUGIN_VERSION", "4.5.6"),
];

/// Lines to paste into a shell.
pub(crate) fn for_a_shell(vipps: &Emulator, merchants: &[Msn], out: &mut impl Write) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let whose = if vipps.address().ip().is_loopback() { "this machine only" } else { "for a network of your own" };
    writeln!(out, "# vipps-emulator {version}: testing only, {whose}, not an official Vipps product.")?;
    writeln!(out, "# the page for your browser, to decide logins and look at requests: {}", vipps.page_url())?;
    writeln!(out, "export VIPPS_ENVIRONMENT='{}'", vipps.base_url())?;
    for (name, value) in SYSTEM {
        writeln!(out, "export {name}='{value}'")?;
    }
    writeln!(out, "\n# partner keys")?;
    print_keys(vipps.partner_keys(), "", out)?;
    for msn in merchants {
        let Some(keys) = vipps.sales_unit_keys(msn) else { continue };
        writeln!(out, "\n# or the keys of sales unit {msn}\n# export VIPPS_MSN='{msn}'")?;
        print_keys(keys, "# ", out)?;
    }
    let special = vipps.specialized_keys();
    writeln!(out, "\n# or specialised keys (scopes: {})", special.scopes.join(" "))?;
    writeln!(out, "# export VIPPS_CLIENT_ID='{}'", special.client_id)?;
    writeln!(out, "# export VIPPS_CLIENT_SECRET='{}'", special.client_secret)?;
    out.flush()
}

fn print_keys(keys: Keys, prefix: &str, out: &mut impl Write) -> io::Result<()> {
    key_variables(keys).into_iter().try_for_each(|(name, value)| writeln!(out, "{prefix}export {name}='{value}'"))
}

fn key_variables(keys: Keys) -> [(&'static str, String); 4] {
    [
        ("VIPPS_CLIENT_ID", keys.client_id),
        ("VIPPS_CLIENT_SECRET", keys.client_secret),
        ("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key),
        ("VIPPS_SECOND_SUBSCRIPTION_KEY", keys.second_subscription_key),
    ]
}

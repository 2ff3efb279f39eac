//! What the program prints at the start. The keys are invented, and handing them out is the purpose.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use serde_json::{Value, json};
use vipps_emulator::Emulator;
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
        "environment": asked(vipps, "environment", json!({}))?["variables"],
    });
    writeln!(out, "{line}")?;
    out.flush()
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

const ADDRESS_AND_SYSTEM: [&str; 5] =
    ["VIPPS_ENVIRONMENT", "VIPPS_SYSTEM_NAME", "VIPPS_SYSTEM_VERSION", "VIPPS_PLUGIN_NAME", "VIPPS_PLUGIN_VERSION"];
const KEYS: [&str; 4] =
    ["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY", "VIPPS_SECOND_SUBSCRIPTION_KEY"];

/// Lines to paste into a shell.
pub(crate) fn for_a_shell(vipps: &Emulator, merchants: &[Msn], out: &mut impl Write) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let whose = if vipps.address().ip().is_loopback() { "this machine only" } else { "for a network of your own" };
    writeln!(out, "# vipps-emulator {version}: testing only, {whose}, not an official Vipps product.")?;
    writeln!(out, "# the page for your browser, to decide logins and look at requests: {}", vipps.page_url())?;
    let variables = asked(vipps, "environment", json!({}))?;
    print(&variables, &ADDRESS_AND_SYSTEM, "", out)?;
    writeln!(out, "\n# partner keys")?;
    print(&variables, &KEYS, "", out)?;
    for msn in merchants {
        let variables = asked(vipps, "environment", json!({ "msn": msn.as_str() }))?;
        writeln!(out, "\n# or the keys of sales unit {msn}")?;
        print(&variables, &["VIPPS_MSN"], "# ", out)?;
        print(&variables, &KEYS, "# ", out)?;
    }
    let special = vipps.specialized_keys();
    writeln!(out, "\n# or specialised keys (scopes: {})", special.scopes.join(" "))?;
    writeln!(out, "# export VIPPS_CLIENT_ID='{}'", special.client_id)?;
    writeln!(out, "# export VIPPS_CLIENT_SECRET='{}'", special.client_secret)?;
    out.flush()
}

fn print(environment: &Value, names: &[&str], prefix: &str, out: &mut impl Write) -> io::Result<()> {
    names.iter().try_for_each(|name| {
        let value = environment["variables"][name].as_str().unwrap_or_default();
        writeln!(out, "{prefix}export {name}='{value}'")
    })
}

//! SOCKS version 5 (RFC 1928) with a user and password (RFC 1929). The proxy resolves the name.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Host;
use zeroize::Zeroizing;

use super::{
    connector::Stream,
    fault::{Fault, closed_by_proxy},
    proxy::{Login, wants_login},
    target::Target,
};

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_WILL_DO: u8 = 0xff;

/// Asks the proxy for a connection to `target`, after which the stream leads there.
pub(super) async fn connect(stream: &mut Stream, target: &Target, login: Option<&Login>) -> Result<(), Fault> {
    match agreed_method(stream, login).await? {
        NO_LOGIN => {}
        USER_AND_PASSWORD => log_in(stream, login).await?,
        NONE_WILL_DO => return Err(wants_login(login)),
        _ => return Err(not_socks()),
    }
    ask(stream, target).await
}

async fn agreed_method(stream: &mut Stream, login: Option<&Login>) -> Result<u8, Fault> {
    let greeting: &[u8] = match login {
        Some(_) => &[VERSION, 2, NO_LOGIN, USER_AND_PASSWORD],
        None => &[VERSION, 1, NO_LOGIN],
    };
    write(stream, greeting).await?;
    let [version, method] = read(stream).await?;
    if version != VERSION {
        return Err(not_socks());
    }
    Ok(method)
}

async fn log_in(stream: &mut Stream, login: Option<&Login>) -> Result<(), Fault> {
    // A proxy that asks for what was not offered.
    let Some(login) = login else { return Err(wants_login(None)) };
    let mut message = Zeroizing::new(vec![1]);
    for part in login.parts() {
        message.push(length(part)?);
        message.extend_from_slice(part.as_bytes());
    }
    write(stream, &message).await?;
    let [_, status] = read(stream).await?;
    if status != 0 {
        return Err(wants_login(Some(login)));
    }
    Ok(())
}

async fn ask(stream: &mut Stream, target: &Target) -> Result<(), Fault> {
    const CONNECT: u8 = 1;
    let mut message = vec![VERSION, CONNECT, 0];
    match &target.host {
        Host::Ipv4(ip) => {
            message.push(1);
            message.extend_from_slice(&ip.octets());
        }
        Host::Domain(name) => {
            message.extend_from_slice(&[3, length(name)?]);
            message.extend_from_slice(name.as_bytes());
        }
        Host::Ipv6(ip) => {
            message.push(4);
            message.extend_from_slice(&ip.octets());
        }
    }
    message.extend_from_slice(&target.port.to_be_bytes());
    write(stream, &message).await?;
    let [version, reply, _, address_type] = read(stream).await?;
    if version != VERSION {
        return Err(not_socks());
    }
    if reply != 0 {
        return Err(Fault::new(format!("the proxy says: {}", reply_words(reply))));
    }
    skip_address(stream, address_type).await
}

/// The address that the proxy connects from, which nobody needs.
async fn skip_address(stream: &mut Stream, address_type: u8) -> Result<(), Fault> {
    let length = match address_type {
        1 => 4,
        3 => usize::from(read::<1>(stream).await?[0]),
        4 => 16,
        _ => return Err(not_socks()),
    };
    let mut rest = vec![0; length + size_of::<u16>()];
    stream.read_exact(&mut rest).await.map(drop).map_err(closed_by_proxy)
}

/// RFC 1928 section 6.
fn reply_words(reply: u8) -> &'static str {
    match reply {
        2 => "connection not allowed",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "no answer in time",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "general failure",
    }
}

fn not_socks() -> Fault {
    Fault::new("the proxy does not speak socks 5")
}

fn length(text: &str) -> Result<u8, Fault> {
    u8::try_from(text.len()).map_err(|_| Fault::new("socks takes at most 255 bytes of host, user and password"))
}

async fn write(stream: &mut Stream, message: &[u8]) -> Result<(), Fault> {
    stream.write_all(message).await.map_err(closed_by_proxy)
}

async fn read<const N: usize>(stream: &mut Stream) -> Result<[u8; N], Fault> {
    let mut message = [0; N];
    let outcome: io::Result<usize> = stream.read_exact(&mut message).await;
    outcome.map_err(closed_by_proxy)?;
    Ok(message)
}

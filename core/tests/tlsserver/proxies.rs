//! Proxies that do their work, and write down every byte that the client sends through them.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
};

use super::{Reply, Seen, Server, read_request};

/// `CONNECT`, whatever host is asked for.
pub(crate) fn tunnel(to: SocketAddr) -> Server {
    Server::raw(move |mut client, seen| {
        let Some(request) = read_request(&mut client)? else { return Ok(()) };
        seen.request(&request);
        seen.wire(request.head.as_bytes());
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        pass_on(client, to, seen)
    })
}

/// Answers every `CONNECT` like this.
pub(crate) fn refusing(status_line: &str) -> Server {
    let answer = Reply::bytes(format!("HTTP/1.1 {status_line}\r\ncontent-length: 0\r\n\r\n"));
    Server::plain(move |_| answer.clone())
}

/// SOCKS 5 (RFC 1928, RFC 1929), whatever host is asked for. What it was asked goes to the wire's notes.
pub(crate) fn socks5(to: SocketAddr, login: Option<(&'static str, &'static str)>) -> Server {
    Server::raw(move |mut client, seen| {
        let method = if login.is_some() { 2 } else { 0 };
        let [_, count] = read(&mut client)?;
        let mut methods = vec![0; usize::from(count)];
        client.read_exact(&mut methods)?;
        if !methods.contains(&method) {
            return client.write_all(&[5, 0xff]);
        }
        client.write_all(&[5, method])?;
        if let Some((user, password)) = login {
            let [_] = read(&mut client)?;
            let told = [read_text(&mut client)?, read_text(&mut client)?];
            let is_good = told == [user, password];
            client.write_all(&[1, u8::from(!is_good)])?;
            if !is_good {
                return Ok(());
            }
        }
        let [_, _, _, _] = read(&mut client)?;
        let host = read_text(&mut client)?;
        let port = u16::from_be_bytes(read(&mut client)?);
        seen.wire(format!("{host}:{port}").as_bytes());
        client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80])?;
        pass_on(client, to, seen)
    })
}

/// Answers the greeting, and then the request, like this.
pub(crate) fn socks5_saying(answers: [&'static [u8]; 2]) -> Server {
    Server::raw(move |mut client, _| {
        for answer in answers {
            client.read_exact(&mut [0; 3])?;
            client.write_all(answer)?;
        }
        super::until_closed(&mut client)
    })
}

fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_text(stream: &mut TcpStream) -> io::Result<String> {
    let [length] = read(stream)?;
    let mut text = vec![0; usize::from(length)];
    stream.read_exact(&mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

fn pass_on(mut client: TcpStream, to: SocketAddr, seen: &Seen) -> io::Result<()> {
    let mut server = TcpStream::connect(to)?;
    let mut back = server.try_clone()?;
    let mut home = client.try_clone()?;
    thread::spawn(move || io::copy(&mut back, &mut home).and_then(|_| home.shutdown(Shutdown::Both)));
    let mut bytes = [0; 4096];
    loop {
        let length = client.read(&mut bytes)?;
        if length == 0 {
            return server.shutdown(Shutdown::Both);
        }
        seen.wire(&bytes[..length]);
        server.write_all(&bytes[..length])?;
    }
}

//! A server that speaks as Redis does and answers by a script.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::tlsserver::Server;

/// A command with its arguments, as text.
pub(crate) type Command = Vec<String>;

/// What comes back for one command.
pub(crate) enum Answer {
    /// As it goes over the wire, without the line end.
    Line(String),
    /// A text, of any length.
    Text(String),
    /// Nothing, and the connection ends.
    HangUp,
    /// Nothing at all.
    Silence,
}

/// Answers by a script, and remembers what it was asked.
pub(crate) struct RedisServer {
    server: Server,
    asked: Arc<Mutex<Vec<Command>>>,
}

impl RedisServer {
    pub(crate) fn new(answer: impl Fn(&Command) -> Answer + Send + Sync + 'static) -> Self {
        Self::over(answer, Ok::<TcpStream, io::Error>)
    }

    pub(crate) fn tls(config: Arc<ServerConfig>, answer: impl Fn(&Command) -> Answer + Send + Sync + 'static) -> Self {
        Self::over(answer, move |stream| {
            let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            Ok(StreamOwned::new(connection, stream))
        })
    }

    fn over<S: Read + Write>(
        answer: impl Fn(&Command) -> Answer + Send + Sync + 'static,
        dress: impl Fn(TcpStream) -> io::Result<S> + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::<Mutex<Vec<Command>>>::default();
        let log = asked.clone();
        let server = Server::raw(move |stream, _| {
            let mut stream = BufReader::new(dress(stream)?);
            while let Some(command) = command(&mut stream)? {
                log.lock().unwrap_or_else(PoisonError::into_inner).push(command.clone());
                let reply = match answer(&command) {
                    Answer::Line(line) => format!("{line}\r\n"),
                    Answer::Text(text) => format!("${}\r\n{text}\r\n", text.len()),
                    Answer::HangUp => return Ok(()),
                    Answer::Silence => continue,
                };
                stream.get_mut().write_all(reply.as_bytes())?;
                stream.get_mut().flush()?;
            }
            Ok(())
        });
        Self { server, asked }
    }

    /// What it was asked since this was last called.
    pub(crate) fn asked(&self) -> Vec<Command> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn connections(&self) -> usize {
        self.server.connections()
    }

    /// `127.0.0.1:port`.
    pub(crate) fn address(&self) -> String {
        self.server.address().to_string()
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.address().port()
    }
}

/// An array of texts, each with its length; none at the end of the stream.
fn command(stream: &mut impl BufRead) -> io::Result<Option<Command>> {
    let Some(count) = number(stream, '*')? else { return Ok(None) };
    let mut words = Vec::new();
    for _ in 0..count {
        let length = number(stream, '$')?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut word = vec![0; length + 2];
        stream.read_exact(&mut word)?;
        words.push(String::from_utf8_lossy(&word[..length]).into_owned());
    }
    Ok(Some(words))
}

fn number(stream: &mut impl BufRead, sign: char) -> io::Result<Option<usize>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let number = line.trim_end().strip_prefix(sign).and_then(|number| number.parse().ok());
    number.map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

//! The handle: starting and stopping.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    control::Controls,
    options::Options,
    server::{self, Bound, Server},
    shared::Shared,
    signing::keep,
    state::State,
};

/// A running emulator, with all its [`Controls`]. Dropping the handle stops it.
#[derive(derive_more::Debug)]
#[debug("Emulator {{ base_url: {:?}, .. }}", self.base_url())]
pub struct Emulator {
    controls: Controls,
    address: SocketAddr,
    server: Mutex<Option<Server>>,
}

impl Emulator {
    /// Starts an emulator, ready when this returns. An error says why the port can't be opened or no thread can be started, or, as
    /// [`InvalidInput`](io::ErrorKind::InvalidInput), which of the options can't be.
    pub fn start(options: Options) -> io::Result<Self> {
        options.check()?;
        let kept = options.keys_file.as_deref().map(|path| keep::load_or_make(path, options.rsa_bits)).transpose()?;
        let bound = Bound::at(options.listen.unwrap_or(Ipv4Addr::LOCALHOST.into()), options.port)?;
        let address = bound.address();
        let base_url = options.base_url(server::local_url(address));
        let shared = Arc::new(Shared::new(State::new(base_url, options, kept)));
        let server = bound.serve(Arc::clone(&shared))?;
        Ok(Self { controls: Controls::of(shared), address, server: Mutex::new(Some(server)) })
    }

    /// Where it listens, whatever it is told that it is reached by.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How this machine reaches it without a proxy in between, such as `http://127.0.0.1:40001`. The controls always
    /// answer there; [`base_url`](Controls::base_url) is another one where `public_url` says so.
    pub fn local_url(&self) -> String {
        server::local_url(self.address)
    }

    /// Closes every socket and ends the thread. The log can still be read; stopping again does nothing.
    pub fn stop(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            server.stop();
        }
    }
}

impl Deref for Emulator {
    type Target = Controls;

    fn deref(&self) -> &Controls {
        &self.controls
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop();
    }
}

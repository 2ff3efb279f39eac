//! The handle: starting and stopping.

use std::{
    fmt, io,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    control::Controls,
    options::Options,
    server::{Bound, Server},
    shared::Shared,
    state::State,
};

/// A running emulator, with all its [`Controls`]. Dropping the handle stops it.
pub struct Emulator {
    controls: Controls,
    server: Mutex<Option<Server>>,
}

impl Emulator {
    /// Starts an emulator, ready when this returns. An error says why the port can't be had or no thread be started.
    pub fn start(options: Options) -> io::Result<Self> {
        let bound = Bound::at(options.port)?;
        let base_url = bound.base_url();
        let shared = Arc::new(Shared::new(State::new(base_url, options)));
        let server = bound.serve(Arc::clone(&shared))?;
        Ok(Self { controls: Controls::of(shared), server: Mutex::new(Some(server)) })
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

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

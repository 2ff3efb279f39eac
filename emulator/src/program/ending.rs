//! When the program ends: at a signal, and on wish with its standard input.

use std::{
    io::{self, Read as _},
    thread,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
};

/// Listens from the moment it is made, so that no signal is missed once the program has said that it is ready.
pub(crate) struct Ending {
    runtime: Runtime,
    ended: mpsc::UnboundedReceiver<io::Result<()>>,
}

impl Ending {
    /// `with_stdin`: also when standard input ends, as it does when the process that started this one is gone.
    pub(crate) fn expected(with_stdin: bool) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (end, ended) = mpsc::unbounded_channel();
        runtime.block_on(async {
            listen(&end)?;
            // Each listener is heard from its first poll on.
            tokio::task::yield_now().await;
            io::Result::Ok(())
        })?;
        if with_stdin {
            thread::Builder::new().name("stdin".to_owned()).spawn(move || {
                read_to_the_end();
                // Nobody listens any more: it is ending already.
                let _ = end.send(Ok(()));
            })?;
        }
        Ok(Self { runtime, ended })
    }

    /// Returns when it is time to end.
    pub(crate) fn wait(mut self) -> io::Result<()> {
        self.runtime.block_on(self.ended.recv()).unwrap_or(Ok(()))
    }
}

#[cfg(unix)]
fn listen(end: &mpsc::UnboundedSender<io::Result<()>>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    // Asked for by name, since a shell starts background jobs with Ctrl-C ignored.
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let mut heard = signal(kind)?;
        let end = end.clone();
        tokio::spawn(async move {
            heard.recv().await;
            let _ = end.send(Ok(()));
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn listen(end: &mpsc::UnboundedSender<io::Result<()>>) -> io::Result<()> {
    let end = end.clone();
    tokio::spawn(async move {
        let _ = end.send(tokio::signal::ctrl_c().await);
    });
    Ok(())
}

/// What comes is not for the emulator.
fn read_to_the_end() {
    let mut waste = [0; 1_024];
    while io::stdin().lock().read(&mut waste).is_ok_and(|length| length > 0) {}
}

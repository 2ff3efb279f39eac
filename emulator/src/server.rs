//! Sockets: one thread, one listener on the loopback interface, HTTP/1.1.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request as HyperRequest, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
    sync::{futures::Notified, oneshot},
};

use crate::{
    page::{guard, serve as page},
    routes,
    shared::Shared,
    staging::{Failure, Plan, Step},
    webhook::post,
    wire::{reply::Reply, request::Request},
};

/// The most of a body that is read; more is answered with 413.
const BODY_LIMIT: usize = 1024 * 1024;

/// The listener, bound but not yet served.
pub(crate) struct Bound {
    listener: StdListener,
    address: SocketAddr,
}

impl Bound {
    pub(crate) fn at(address: IpAddr, port: u16) -> io::Result<Self> {
        let listener = StdListener::bind((address, port)).map_err(|error| {
            let whole = SocketAddr::new(address, port);
            io::Error::new(error.kind(), format!("the emulator can't listen at {whole}: {error}"))
        })?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves on a thread of its own until told to stop. The runtime lives and dies on that thread, so that the caller
    /// may well be inside another one.
    pub(crate) fn serve(self, shared: Arc<Shared>) -> io::Result<Server> {
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = mpsc::channel();
        let serve = move || run(self.listener, shared, &ready, stopped);
        let thread = thread::Builder::new().name("vipps-emulator".to_owned()).spawn(serve)?;
        if is_ready.recv().is_err() {
            let ended = io::Error::other("the server's thread ended at once");
            return Err(thread.join().ok().and_then(Result::err).unwrap_or(ended));
        }
        Ok(Server { stop, thread })
    }
}

/// How a listener is reached on this machine. Every address of it includes the usual one.
pub(crate) fn local_url(address: SocketAddr) -> String {
    let ip = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// The running thread.
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Closes all sockets and waits for the thread's end.
    pub(crate) fn stop(self) {
        drop(self.stop);
        drop(self.thread.join());
    }
}

fn run(
    listener: StdListener,
    shared: Arc<Shared>,
    ready: &mpsc::Sender<()>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    Builder::new_current_thread().enable_io().enable_time().build()?.block_on(async {
        tokio::spawn(post::post_all(Arc::clone(&shared)));
        tokio::spawn(accept(TcpListener::from_std(listener)?, shared));
        ready.send(()).map_err(io::Error::other)?;
        // Either word means the end: a message, or the sender gone. Open connections end with the runtime.
        drop(stopped.await);
        Ok(())
    })
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(converse(stream, Arc::clone(&shared)))),
            // Out of file descriptors, most likely: give others the time to close theirs.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    // Without it small replies may wait for an acknowledgement; a socket that refuses only loses time.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(&shared, request));
    // An error is a caller that hung up, or a connection dropped on purpose: nobody is left to be told.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(shared: &Arc<Shared>, request: HyperRequest<Incoming>) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    if page::is_own(&head.method, head.uri.path()) {
        let request = Request::new(head, read(body).await?.unwrap_or_default());
        return Ok(into_response(answer_own(shared, &request).await));
    }
    let mut plan = shared.state().staging.plan(head.uri.path());
    if matches!(plan.step, Step::Fail(Failure::DropBeforeReading)) {
        shared.dropped_unread(&Request::new(head, Bytes::new()));
        return Err(Dropped);
    }
    let body = read(body).await?.unwrap_or_else(|| {
        plan.step = Step::RefuseTooLarge;
        Bytes::new()
    });
    let request = Request::new(head, body);
    let (arrival, released) = shared.arrived(&request);
    wait(&plan, released).await;
    let reply = routes::conclude(&mut shared.state(), arrival, &request, plan.step);
    reply.map(into_response).ok_or(Dropped)
}

/// The emulator's own paths: nothing is staged for them, and they are not in the log.
async fn answer_own(shared: &Arc<Shared>, request: &Request) -> Reply {
    if let Err(refusal) = guard::admit(request, shared.base_url()) {
        return refusal;
    }
    if let Some(known) = page::known_revision(request) {
        shared.news_since(&known).await;
    }
    page::serve(shared, request)
}

/// The whole body; `None` when it is over the limit.
async fn read(body: Incoming) -> Result<Option<Bytes>, Dropped> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(Some(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(_) => Err(Dropped),
    }
}

async fn wait(plan: &Plan, released: Notified<'_>) {
    let delay = match plan.step {
        Step::Fail(Failure::Delay(delay)) => delay,
        _ => Duration::ZERO,
    };
    let pause = plan.latency.saturating_add(delay);
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    if matches!(plan.step, Step::Fail(Failure::Hang)) {
        released.await;
    }
}

fn into_response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    for (name, value) in reply.headers {
        response.headers_mut().append(name, value);
    }
    response
}

/// The connection was dropped instead of a reply.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection dropped")
    }
}

impl std::error::Error for Dropped {}

//! From the core's requests to the function of the face, on the JavaScript thread.

use std::sync::{Arc, Mutex, PoisonError};

use napi::{
    Status,
    bindgen_prelude::{Buffer, Function, Uint8Array},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use tokio::sync::oneshot;
use vipps_partner_auth as core;
use vipps_partner_auth::{PlainReply, PlainRequest, PlainSender, SendError};

use crate::words::milliseconds;

type Outcome = Result<PlainReply, SendError>;

/// The core sends a request. To be told once what came of it.
#[napi]
pub struct TransportCall {
    request: PlainRequest,
    reply: Mutex<Option<oneshot::Sender<Outcome>>>,
}

#[napi]
impl TransportCall {
    #[napi(getter)]
    pub fn method(&self) -> String {
        self.request.method.clone()
    }

    #[napi(getter)]
    pub fn url(&self) -> String {
        self.request.url.clone()
    }

    #[napi(getter)]
    pub fn headers(&self) -> Vec<Vec<String>> {
        self.request.headers.iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect()
    }

    #[napi(getter)]
    pub fn body(&self) -> Option<Buffer> {
        self.request.body.as_deref().map(Buffer::from)
    }

    #[napi(getter)]
    pub fn timeout(&self) -> f64 {
        milliseconds(self.request.limit)
    }

    #[napi(catch_unwind)]
    pub fn came(&self, status: u32, headers: Vec<Vec<String>>, body: Uint8Array) {
        let pair = |pair: Vec<String>| <[String; 2]>::try_from(pair).ok().map(<(String, String)>::from);
        let headers = headers.into_iter().filter_map(pair).collect();
        // No status is out of this range.
        let status = u16::try_from(status).unwrap_or_default();
        self.tell(Ok(PlainReply { status, headers, body: body.to_vec() }));
    }

    #[napi(catch_unwind)]
    pub fn failed(&self, error: String, may_have_been_sent: bool) {
        self.tell(Err(SendError::of_transport(&error, may_have_been_sent)));
    }

    fn tell(&self, outcome: Outcome) {
        if let Some(asked) = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Whoever asked may have given up.
            drop(asked.send(outcome));
        }
    }
}

/// Weak: a transport keeps no process alive; a call that waits does.
type Caller = ThreadsafeFunction<TransportCall, (), TransportCall, Status, false, true>;

/// The function of the face that sends, as the core takes it.
pub(crate) fn sender(caller: &Function<'_, TransportCall, ()>) -> napi::Result<Arc<dyn core::HttpSend>> {
    let caller: Caller = caller.build_threadsafe_function().weak::<true>().build()?;
    let send = move |request| -> core::BoxFuture<'static, Outcome> {
        let (reply, replied) = oneshot::channel();
        let call = TransportCall { request, reply: Mutex::new(Some(reply)) };
        let status = caller.call(call, ThreadsafeFunctionCallMode::NonBlocking);
        Box::pin(async move {
            if status != Status::Ok {
                return Err(SendError::not_sent("the JavaScript thread is gone"));
            }
            replied.await.unwrap_or_else(|_| Err(SendError::maybe_sent("the JavaScript thread is gone")))
        })
    };
    Ok(Arc::new(PlainSender::new(send)))
}

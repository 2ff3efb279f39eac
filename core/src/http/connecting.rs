//! Whether a request that ran out of time can have gone out.
//!
//! `reqwest` does not tell. But it polls the making of a connection from within the request, and hands one that is no longer
//! needed, because another became free, to a task of its own. So whenever the last poll of a request ended with a
//! connection still being made, nothing of it was sent; in any other state something may have been.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{task_local, time::timeout};
use tower_layer::Layer;
use tower_service::Service;

task_local! {
    /// Whether the last poll of this request ended with a step still to be done before it can be sent.
    static IS_CONNECTING: Cell<bool>;
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum OutOfTime {
    /// There was no connection yet on which it could have been sent.
    Connecting,
    MaybeSent,
}

/// Runs `exchange` for at most `limit`; it must send over a client with the [`ConnectingLayer`].
pub(super) async fn within<T>(limit: Duration, exchange: impl Future<Output = T>) -> Result<T, OutOfTime> {
    let watched = async {
        let mut exchange = Box::pin(exchange);
        let anew = poll_fn(|cx| {
            IS_CONNECTING.with(|is_connecting| is_connecting.set(false));
            exchange.as_mut().poll(cx)
        });
        timeout(limit, anew)
            .await
            .map_err(|_| if IS_CONNECTING.with(Cell::get) { OutOfTime::Connecting } else { OutOfTime::MaybeSent })
    };
    IS_CONNECTING.scope(Cell::new(false), watched).await
}

/// Runs a step without which nothing can be sent.
pub(super) async fn first<T>(step: impl Future<Output = T>) -> T {
    let mut step = Box::pin(step);
    poll_fn(|cx| {
        let outcome = step.as_mut().poll(cx);
        if outcome.is_pending() {
            // No request's task where the step was handed to one of its own.
            let _ = IS_CONNECTING.try_with(|is_connecting| is_connecting.set(true));
        }
        outcome
    })
    .await
}

/// Notes, for the request that polls it, that its connection is still being made.
#[derive(Clone)]
pub(super) struct ConnectingLayer;

impl<S> Layer<S> for ConnectingLayer {
    type Service = Connecting<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Connecting(inner)
    }
}

#[derive(Clone)]
pub(super) struct Connecting<S>(S);

impl<S, R> Service<R> for Connecting<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        Box::pin(first(self.0.call(target)))
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::pending};

    use super::*;

    /// A connector that never gets anywhere.
    #[derive(Clone)]
    struct Stuck;

    impl Service<()> for Stuck {
        type Response = ();
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<(), Infallible>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            Box::pin(pending())
        }
    }

    fn connection() -> impl Future<Output = Result<(), Infallible>> + Send + Unpin {
        ConnectingLayer.layer(Stuck).call(())
    }

    const LIMIT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_request_that_waits_for_its_connection_was_not_sent() {
        assert_eq!(within(LIMIT, connection()).await, Err(OutOfTime::Connecting));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_waits_for_anything_else_may_have_been() {
        assert_eq!(within(LIMIT, pending::<()>()).await, Err(OutOfTime::MaybeSent));
    }

    /// As where another connection becomes free meanwhile.
    #[tokio::test(start_paused = true)]
    async fn a_connection_that_was_handed_to_another_task_says_nothing() {
        let handed_over = async {
            let mut connection = connection();
            let polled_once = poll_fn(|cx| Poll::Ready(Pin::new(&mut connection).poll(cx).is_pending()));
            assert!(polled_once.await);
            tokio::spawn(connection);
            pending::<()>().await;
        };
        assert_eq!(within(LIMIT, handed_over).await, Err(OutOfTime::MaybeSent));
    }

    #[tokio::test(start_paused = true)]
    async fn another_requests_connection_says_nothing_either() {
        let other = tokio::spawn(within(LIMIT, connection()));
        assert_eq!(within(LIMIT, pending::<()>()).await, Err(OutOfTime::MaybeSent));
        assert_eq!(other.await.expect("no panic"), Err(OutOfTime::Connecting));
    }
}

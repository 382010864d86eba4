//! Makes awc's connections.

use std::{
    io,
    rc::Rc,
    task::{Context, Poll},
};

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection};
use awc::http::Uri;
use futures_util::future::LocalBoxFuture;

use super::{connection::AwcConnection, exchange};
use crate::transport::{
    connect::dialer::Dialer,
    http1::framing::Framing,
    pool::{IdlePool, PooledStream},
};

/// Connects by a [`Dialer`], and has an [`IdlePool`] close what awc would keep for ever.
#[derive(Clone)]
pub(crate) struct Connector {
    dialer: Rc<Dialer>,
    idle_pool: Rc<IdlePool>,
}

impl Connector {
    /// A connector for one transport.
    pub(crate) fn new(dialer: Rc<Dialer>, idle_pool: Rc<IdlePool>) -> Self {
        Self { dialer, idle_pool }
    }
}

impl Service<ConnectInfo<Uri>> for Connector {
    type Response = Connection<Uri, AwcConnection>;
    type Error = ConnectError;
    type Future = LocalBoxFuture<'static, Result<Self::Response, ConnectError>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, target: ConnectInfo<Uri>) -> Self::Future {
        let Self { dialer, idle_pool } = self.clone();
        Box::pin(async move {
            let uri = target.request().clone();
            match dialer.connect(&uri).await {
                Ok(socket) => Ok(Connection::new(uri, Framing::new(PooledStream::new(socket, idle_pool)))),
                Err(error) => {
                    let io = io::Error::other(error.clone());
                    exchange::with_current(|exchange| exchange.failed(error));
                    Err(ConnectError::Io(io))
                }
            }
        })
    }
}

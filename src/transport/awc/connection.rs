//! The connection as awc sees it.

use std::{
    io,
    task::{Context, Poll},
};

use actix_rt::net::{ActixStream, Ready};

use crate::transport::{http1::framing::Framing, pool::PooledStream};

/// What awc reads from and writes to.
pub(crate) type AwcConnection = Framing<PooledStream>;

/// Required of a stream by awc, which calls neither function.
impl ActixStream for AwcConnection {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        let ready = self.endpoint().with(|socket| socket.tcp().poll_read_ready(cx));
        ready.unwrap_or(Poll::Ready(Ok(()))).map_ok(|()| Ready::READABLE)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        let ready = self.endpoint().with(|socket| socket.tcp().poll_write_ready(cx));
        ready.unwrap_or(Poll::Ready(Ok(()))).map_ok(|()| Ready::WRITABLE)
    }
}

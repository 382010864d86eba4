//! The server of a site: accepts connections, reads requests, sends responses.

use std::io;

use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use super::{
    Options,
    access_log::AccessLog,
    answer::{Answer, Reply},
    auth::Auth,
    request::Request,
    routes,
};

/// State shared by all connections.
#[derive(Clone, Debug)]
pub(super) struct Server {
    options: Options,
    access_log: AccessLog,
    auth: Auth,
}

impl Server {
    pub(super) fn new(options: Options, access_log: AccessLog) -> Self {
        Self { options, access_log, auth: Auth::default() }
    }

    /// Serves until `stopped` resolves. The connections end with the runtime.
    pub(super) async fn run(self, listener: TcpListener, stopped: oneshot::Receiver<()>) {
        tokio::select! {
            _ = stopped => {}
            () = self.accept(listener) => {}
        }
    }

    async fn accept(self, listener: TcpListener) {
        for connection in 0.. {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(self.clone().connection(stream, connection))),
                // There are no free file descriptors. A connection may be closed soon.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    /// Serves one connection. The client may close it at any time, which is not an error of the site.
    async fn connection(self, mut stream: TcpStream, connection: usize) {
        self.requests(&mut stream, connection).await.ok();
    }

    async fn requests(&self, stream: &mut TcpStream, connection: usize) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::new();
        while let Some(request) = Request::read(stream, &mut buffer).await? {
            let answering = self.access_log.enter(connection, &request);
            let answer = self.answer(&request, answering.nth);
            if !answer.send(stream, &request.method).await? {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request, nth: u32) -> Answer {
        if let Some(credentials) = self.options.proxy {
            let expected = format!("Basic {}", routes::base64(credentials));
            if request.header("proxy-authorization") != Some(&expected) {
                let reply = Reply::new(407, "text/plain", "proxy authentication required");
                return Answer::Reply(Default::default(), reply.header("proxy-authenticate", "Basic realm=\"site\""));
            }
        }
        if request.target.ends_with("/robots.txt") {
            let robots = &self.options.robots;
            let reply = Reply::new(robots.status, "text/plain", robots.rules);
            let reply = if robots.status / 100 == 3 { reply.header("location", robots.rules) } else { reply };
            return Answer::Reply(robots.pause, reply);
        }
        self.auth.answer(request).unwrap_or_else(|| routes::answer(request, nth))
    }
}

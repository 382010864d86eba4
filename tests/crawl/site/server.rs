//! The site's loop: accepts, reads requests, answers from the menu.

use std::io;

use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use super::{
    Options,
    answer::{Answer, Reply},
    diary::Diary,
    door::Door,
    menu,
    request::Request,
};

/// What every connection needs.
#[derive(Clone, Debug)]
pub(super) struct Server {
    options: Options,
    diary: Diary,
    door: Door,
}

impl Server {
    pub(super) fn new(options: Options, diary: Diary) -> Self {
        Self { options, diary, door: Door::default() }
    }

    /// Serves until `stopped` resolves; the connections end with the runtime.
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
                // Out of descriptors: the next connection may close one.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    /// One connection. That the client breaks it off is its good right, and not the site's error.
    async fn connection(self, mut stream: TcpStream, connection: usize) {
        self.requests(&mut stream, connection).await.ok();
    }

    async fn requests(&self, stream: &mut TcpStream, connection: usize) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::new();
        while let Some(request) = Request::read(stream, &mut buffer).await? {
            let answering = self.diary.enter(connection, &request);
            let answer = self.answer(&request, answering.nth);
            if !answer.send(stream, &request.method).await? {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request, nth: u32) -> Answer {
        if let Some(credentials) = self.options.proxy {
            let wanted = format!("Basic {}", menu::base64(credentials));
            if request.header("proxy-authorization") != Some(&wanted) {
                let reply = Reply::new(407, "text/plain", "who are you?");
                return Answer::Reply(Default::default(), reply.header("proxy-authenticate", "Basic realm=\"site\""));
            }
        }
        if request.target.ends_with("/robots.txt") {
            let robots = &self.options.robots;
            return Answer::Reply(robots.pause, Reply::new(robots.status, "text/plain", robots.rules));
        }
        self.door.answer(request).unwrap_or_else(|| menu::answer(request, nth))
    }
}

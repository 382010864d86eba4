//! Server that plays the rows. Every other path is a page of its own, on a kept connection.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, thread::JoinHandle, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use url::Url;

use super::row::{Row, Step, answer, page};

/// A running server. Dropping it stops it.
pub(super) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Scripts = Arc<BTreeMap<&'static str, Vec<Step>>>;

impl Server {
    pub(super) fn start(rows: &[Row]) -> Self {
        let scripts: Scripts = Arc::new(rows.iter().map(|row| (row.path, row.steps.clone())).collect());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(TcpListener::from_std(listener).unwrap(), scripts) => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("hostile".to_owned()).spawn(serve).unwrap();
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn accept(listener: TcpListener, scripts: Scripts) {
    while let Ok((stream, _)) = listener.accept().await {
        let scripts = scripts.clone();
        // In many rows the client breaks off, which is not an error here.
        tokio::spawn(async move { connection(stream, &scripts).await.ok() });
    }
}

async fn connection(mut stream: TcpStream, scripts: &Scripts) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(target) = request(&mut stream, &mut buffer).await? {
        let is_kept = match scripts.get(target.as_str()) {
            Some(steps) => play(&mut stream, steps).await?,
            None => play(&mut stream, &[otherwise(&target), Step::Keep]).await?,
        };
        if !is_kept {
            break;
        }
    }
    Ok(())
}

/// Returns the target of the next request, which has no body. `None` at the end.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<String>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end);
    Ok(head.split(' ').nth(1).map(str::to_owned))
}

fn otherwise(target: &str) -> Step {
    if let Some(hop) = target.strip_prefix("/again/").and_then(|hop| hop.parse::<u32>().ok()) {
        return Step::Send(
            format!("HTTP/1.1 302 Found\r\nlocation: /again/{}\r\ncontent-length: 0\r\n\r\n", hop + 1).into(),
        );
    }
    Step::Send(answer(b"", page(target).as_bytes()))
}

/// Plays the steps of a row. Returns true if the connection is kept.
async fn play(stream: &mut TcpStream, steps: &[Step]) -> io::Result<bool> {
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(bytes).await?,
            Step::Pause(pause) => tokio::time::sleep(*pause).await,
            Step::Forever(bytes, pause) => loop {
                stream.write_all(bytes).await?;
                sleep(*pause).await;
            },
            Step::Hang => drop(stream.read_u8().await?),
            Step::Reset => {
                socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?;
                return Ok(false);
            }
            Step::Keep => return Ok(true),
        }
    }
    Ok(false)
}

async fn sleep(pause: Duration) {
    if pause.is_zero() { tokio::task::yield_now().await } else { tokio::time::sleep(pause).await }
}

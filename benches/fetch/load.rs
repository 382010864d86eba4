//! Many requests, some of them at the same time.

use std::{cell::Cell, fs, rc::Rc};

use crate::Result;

/// Requests at the same time.
const CONCURRENCY: usize = 64;

/// Requests that are not measured: they open connections, and buffers grow.
const WARM_UP: u64 = 256;

/// A client that is measured.
pub(crate) trait Requester {
    /// Sends one request and reads its response. Returns the length of the body.
    async fn request(&self) -> Result<usize>;

    /// Expected length of the body.
    fn expected(&self) -> usize;
}

/// Sends `requests` requests. Returns the CPU time of this thread per request, in nanoseconds.
pub(crate) async fn run<R: Requester + 'static>(requests: u64, requester: R) -> Result<u64> {
    let requester = Rc::new(requester);
    send_all(WARM_UP, &requester).await?;
    let before = cpu_time()?;
    send_all(requests, &requester).await?;
    Ok((cpu_time()? - before) / requests.max(1))
}

async fn send_all<R: Requester + 'static>(requests: u64, requester: &Rc<R>) -> Result<()> {
    let left = Rc::new(Cell::new(requests));
    let tasks: Vec<_> = (0..CONCURRENCY).map(|_| actix_rt::spawn(send_some(left.clone(), requester.clone()))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Sends requests, one after the other, until none is left.
async fn send_some<R: Requester>(left: Rc<Cell<u64>>, requester: Rc<R>) -> std::result::Result<(), String> {
    while let Some(rest) = left.get().checked_sub(1) {
        left.set(rest);
        let length = requester.request().await.map_err(|error| error.to_string())?;
        let expected = requester.expected();
        if length != expected {
            return Err(format!("a body of {length} bytes, expected {expected}"));
        }
    }
    Ok(())
}

/// Returns the CPU time of the first thread so far, in nanoseconds. No other thread works here.
fn cpu_time() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("/proc/self/schedstat is empty")?.parse()?)
}

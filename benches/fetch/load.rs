//! Many requests, some of them at the same time.

use std::{cell::Cell, fs, rc::Rc};

use crate::Result;

/// Requests at the same time.
const AT_ONCE: usize = 64;

/// Requests before the clock starts: connections are made, and buffers have grown.
const WARM_UP: u64 = 256;

/// Whoever asks.
pub(crate) trait Asker {
    /// Sends one request and reads its answer; says how many bytes the body has.
    async fn ask(&self) -> Result<usize>;

    /// How many bytes it should have.
    fn wanted(&self) -> usize;
}

/// Sends so many requests; says what one costs this thread, in nanoseconds of CPU time.
pub(crate) async fn run<A: Asker + 'static>(requests: u64, asker: A) -> Result<u64> {
    let asker = Rc::new(asker);
    all(WARM_UP, &asker).await?;
    let before = cpu()?;
    all(requests, &asker).await?;
    Ok((cpu()? - before) / requests.max(1))
}

async fn all<A: Asker + 'static>(requests: u64, asker: &Rc<A>) -> Result<()> {
    let left = Rc::new(Cell::new(requests));
    let tasks: Vec<_> = (0..AT_ONCE).map(|_| actix_rt::spawn(some(left.clone(), asker.clone()))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn some<A: Asker>(left: Rc<Cell<u64>>, asker: Rc<A>) -> std::result::Result<(), String> {
    while let Some(rest) = left.get().checked_sub(1) {
        left.set(rest);
        let length = asker.ask().await.map_err(|error| error.to_string())?;
        if length != asker.wanted() {
            return Err(format!("a body of {length} bytes"));
        }
    }
    Ok(())
}

/// CPU time of the first thread so far, in nanoseconds: nothing here runs on another one.
fn cpu() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("no figures")?.parse()?)
}

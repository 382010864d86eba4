//! What is this machine's fault and no server's: too few files or buffers, and the loss of its own network. It costs no
//! attempt; the request waits until it has passed.

use std::{cell::Cell, io, net::UdpSocket, time::Duration};

use tokio::time::sleep;

/// The first pause when something is short; doubled each time, up to 6.4 s.
const PAUSE: Duration = Duration::from_millis(100);

/// How often a lost network is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// A way from each family's own address to a public one (two root servers of the DNS). Nothing is sent there.
const WAYS: [(&str, &str); 2] = [("0.0.0.0:0", "198.41.0.4:53"), ("[::]:0", "[2001:503:ba3e::2:30]:53")];

/// What keeps a request from being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalFailure {
    /// The system gives no more files or buffers.
    Shortage,
    /// There is no way out of this machine, and there was one before.
    Offline,
}

impl LocalFailure {
    /// Whether an error is a shortage.
    pub(crate) fn from_io(error: &io::Error) -> Option<Self> {
        match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => Some(Self::Shortage),
            Some(_) | None => None,
        }
    }
}

/// Whether this machine can reach anything.
#[derive(Debug)]
pub(crate) struct NetworkMonitor {
    /// A machine that never had a network waits for none.
    was_online: Cell<bool>,
    /// Whether the network was lost when it was last looked for.
    is_lost: Cell<bool>,
    /// How often it was lost.
    outages: Cell<u32>,
    is_online: fn() -> bool,
}

impl NetworkMonitor {
    /// As it is now; `is_online` says whether this machine can reach anything.
    pub(crate) fn new(is_online: fn() -> bool) -> Self {
        Self { was_online: Cell::new(is_online()), is_lost: Cell::new(false), outages: Cell::new(0), is_online }
    }

    /// Whether the network is lost: to be asked when something failed.
    pub(crate) fn is_lost(&self) -> bool {
        let is_online = (self.is_online)();
        let is_lost = !is_online && self.was_online.get();
        match (self.is_lost.replace(is_lost), is_lost) {
            (false, true) => {
                self.outages.set(self.outages.get().wrapping_add(1));
                log::warn!("this machine has lost its network; requests wait for it");
            }
            (true, false) => log::info!("the network is back"),
            (false, false) | (true, true) => {}
        }
        self.was_online.set(self.was_online.get() || is_online);
        is_lost
    }

    /// How often it was lost, as far as anybody has noticed.
    pub(crate) fn outages(&self) -> u32 {
        self.outages.get()
    }

    /// Waits until it has passed, or may have; `times` is how often it came in a row before.
    pub(crate) async fn wait_for_recovery(&self, setback: LocalFailure, times: u32) {
        match setback {
            LocalFailure::Shortage => {
                if times == 0 {
                    log::warn!("no more files or buffers from the system; requests wait for them (raise `ulimit -n`)");
                }
                // Not all of them at the same time.
                sleep(PAUSE.saturating_mul(1 << times.min(6)).mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            }
            LocalFailure::Offline => {
                while self.is_lost() {
                    sleep(LOOK).await;
                }
            }
        }
    }
}

/// Whether this machine's routing table knows a way out. What else may go wrong here says nothing about the network.
pub(crate) fn is_online() -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkDown, NetworkUnreachable, Unsupported};
    WAYS.iter().any(|(own, public)| {
        let found = UdpSocket::bind(own).and_then(|socket| socket.connect(public));
        let error = found.err().map(|error| error.kind());
        !matches!(error, Some(AddrNotAvailable | HostUnreachable | NetworkDown | NetworkUnreachable | Unsupported))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    static ONLINE: AtomicBool = AtomicBool::new(false);

    #[actix_rt::test]
    async fn a_lost_network_is_waited_for_and_one_that_never_was_is_not() {
        let weather = NetworkMonitor::new(|| ONLINE.load(Ordering::Relaxed));
        assert!(!weather.is_lost());
        ONLINE.store(true, Ordering::Relaxed);
        assert!(!weather.is_lost());
        ONLINE.store(false, Ordering::Relaxed);
        assert!(weather.is_lost() && weather.is_lost());
        let waiting = weather.wait_for_recovery(LocalFailure::Offline, 0);
        let returning = async {
            sleep(Duration::from_millis(20)).await;
            ONLINE.store(true, Ordering::Relaxed);
        };
        tokio::join!(waiting, returning);
        assert!(!weather.is_lost());
        assert_eq!(weather.outages(), 1);
    }

    #[test]
    fn shortages() {
        for (error, wanted) in [
            (libc::EMFILE, Some(LocalFailure::Shortage)),
            (libc::ENFILE, Some(LocalFailure::Shortage)),
            (libc::ENOBUFS, Some(LocalFailure::Shortage)),
            (libc::ECONNREFUSED, None),
            (libc::ENETUNREACH, None),
        ] {
            assert_eq!(LocalFailure::from_io(&io::Error::from_raw_os_error(error)), wanted);
        }
    }
}

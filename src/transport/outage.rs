//! Failures of this machine: no open files or buffers left, or its network lost. Requests wait until these have passed, and
//! no attempt is counted.

use std::{cell::Cell, io, net::UdpSocket, time::Duration};

use tokio::time::sleep;

/// First pause at a shortage; doubled each time, up to 6.4 s.
const PAUSE: Duration = Duration::from_millis(100);

/// Interval at which a lost network is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// For each address family: an address to bind, and a public one (DNS root servers) to find a route to. Nothing is sent.
const ROUTES: [(&str, &str); 2] = [("0.0.0.0:0", "198.41.0.4:53"), ("[::]:0", "[2001:503:ba3e::2:30]:53")];

/// A failure of this machine that keeps a request from being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalFailure {
    /// The system has no more open files or buffers.
    Shortage,
    /// The network is gone; it was there before.
    Offline,
}

impl LocalFailure {
    /// Returns the failure that an error of the system means. `None` if it is not local.
    pub(crate) fn from_io(error: &io::Error) -> Option<Self> {
        match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => Some(Self::Shortage),
            Some(_) | None => None,
        }
    }
}

/// Watches whether this machine has a network.
#[derive(Debug)]
pub(crate) struct NetworkMonitor {
    /// False until a network was seen: a machine that never had one does not wait for it.
    was_online: Cell<bool>,
    /// Result of the last check.
    is_lost: Cell<bool>,
    /// Number of times the network was lost.
    outages: Cell<u32>,
    is_online: fn() -> bool,
}

impl NetworkMonitor {
    /// A monitor of the network that `is_online` checks.
    pub(crate) fn new(is_online: fn() -> bool) -> Self {
        Self { was_online: Cell::new(is_online()), is_lost: Cell::new(false), outages: Cell::new(0), is_online }
    }

    /// Checks whether the network is lost. Called when a request failed.
    pub(crate) fn is_lost(&self) -> bool {
        let is_online = (self.is_online)();
        let is_lost = !is_online && self.was_online.get();
        match (self.is_lost.replace(is_lost), is_lost) {
            (false, true) => {
                self.outages.set(self.outages.get().wrapping_add(1));
                log::warn!("network lost; requests wait until it is back");
            }
            (true, false) => log::info!("network is back"),
            (false, false) | (true, true) => {}
        }
        self.was_online.set(self.was_online.get() || is_online);
        is_lost
    }

    /// Number of times the network was found lost.
    pub(crate) fn outages(&self) -> u32 {
        self.outages.get()
    }

    /// Waits until a failure has passed, or may have. `times` is the number of consecutive ones before.
    pub(crate) async fn wait_for_recovery(&self, failure: LocalFailure, times: u32) {
        match failure {
            LocalFailure::Shortage => {
                if times == 0 {
                    log::warn!("out of open files or network buffers; requests wait (raise `ulimit -n`)");
                }
                // Jitter: not all waiting requests try again at once.
                sleep(PAUSE.saturating_mul(1 << times.min(6)).mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            }
            LocalFailure::Offline => {
                while self.is_lost() {
                    sleep(CHECK_INTERVAL).await;
                }
            }
        }
    }
}

/// Returns true if this machine's routing table has a route to the internet. Other errors say nothing about the network.
pub(crate) fn is_online() -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkDown, NetworkUnreachable, Unsupported};
    ROUTES.iter().any(|(own, public)| {
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
    async fn requests_wait_for_a_lost_network_but_not_for_one_never_seen() {
        let monitor = NetworkMonitor::new(|| ONLINE.load(Ordering::Relaxed));
        assert!(!monitor.is_lost());
        ONLINE.store(true, Ordering::Relaxed);
        assert!(!monitor.is_lost());
        ONLINE.store(false, Ordering::Relaxed);
        assert!(monitor.is_lost() && monitor.is_lost());
        let waiting = monitor.wait_for_recovery(LocalFailure::Offline, 0);
        let returning = async {
            sleep(Duration::from_millis(20)).await;
            ONLINE.store(true, Ordering::Relaxed);
        };
        tokio::join!(waiting, returning);
        assert!(!monitor.is_lost());
        assert_eq!(monitor.outages(), 1);
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

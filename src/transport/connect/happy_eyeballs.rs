//! Connects to the first address of a host that answers: happy eyeballs (RFC 8305 sections 4 and 5).

use std::{
    future::pending,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::sleep,
};

/// Time an attempt has before the next address is tried as well.
const STAGGER: Duration = Duration::from_millis(250);

/// Maximum number of addresses tried per host.
const MAX_ADDRESSES: usize = 8;

/// Connects, from one of the `local` addresses if there are any.
///
/// # Errors
/// The most informative error of all attempts.
pub(crate) async fn connect(addresses: Vec<SocketAddr>, local: &[IpAddr]) -> io::Result<TcpStream> {
    let mut waiting = interleaved(addresses).into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failure = None;
    loop {
        attempts.extend(waiting.next().map(|address| attempt(address, local)));
        if attempts.is_empty() {
            return Err(failure.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()));
        }
        let stagger = async {
            match waiting.len() {
                0 => pending().await,
                _ => sleep(STAGGER).await,
            }
        };
        tokio::select! {
            biased;
            Some(result) = attempts.next() => match result {
                Ok(tcp) => return Ok(tcp),
                Err(error) => failure = Some(more_informative(failure, error)),
            },
            () = stagger => {}
        }
    }
}

/// Alternates between the address families, starting with that of the first address. Returns at most [`MAX_ADDRESSES`].
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::with_capacity(MAX_ADDRESSES);
    while all.len() < MAX_ADDRESSES && first.len() + second.len() > 0 {
        all.extend(first.next());
        all.extend(second.next());
    }
    all.truncate(MAX_ADDRESSES);
    all
}

async fn attempt(address: SocketAddr, local: &[IpAddr]) -> io::Result<TcpStream> {
    let tcp = match local {
        [] => TcpStream::connect(address).await?,
        _ => {
            let own = local.iter().find(|own| own.is_ipv4() == address.is_ipv4());
            let own = own.ok_or_else(|| io::Error::other("fetcher.local_address has no address of this family"))?;
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.bind(SocketAddr::new(*own, 0))?;
            socket.connect(address).await?
        }
    };
    // Without TCP_NODELAY a request in two writes waits for the peer. A socket that refuses it still works.
    tcp.set_nodelay(true).ok();
    Ok(tcp)
}

/// Returns the more informative of two errors: "network unreachable", as on a machine without IPv6, says least.
fn more_informative(before: Option<io::Error>, error: io::Error) -> io::Error {
    match before {
        Some(before) if before.kind() != io::ErrorKind::NetworkUnreachable => before,
        Some(_) | None => error,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::TcpListener as Blocking;

    use tokio::{net::TcpListener, time::timeout};

    use super::*;

    /// A listener that answers no connection: its queue is full.
    pub(crate) struct Swallowing {
        listener: Blocking,
        _taken: Vec<TcpStream>,
    }

    impl Swallowing {
        pub(crate) async fn at(address: &str) -> Self {
            let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            full.bind(&address.parse::<SocketAddr>().unwrap().into()).unwrap();
            full.listen(0).unwrap();
            let listener = Blocking::from(full);
            let address = listener.local_addr().unwrap();
            let mut taken = Vec::new();
            while let Ok(Ok(tcp)) = timeout(Duration::from_millis(50), TcpStream::connect(address)).await {
                taken.push(tcp);
            }
            Self { listener, _taken: taken }
        }
    }

    #[actix_rt::test]
    async fn the_next_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let tcp = connect(vec![closed, open], &[]).await.unwrap();
        assert_eq!(tcp.peer_addr().unwrap(), open);
        assert_eq!(connect(vec![closed], &[]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect(Vec::new(), &[]).await.is_err());
    }

    #[actix_rt::test]
    async fn an_address_that_never_answers_does_not_delay_the_next() {
        let full = Swallowing::at("127.0.0.1:0").await;
        let swallowing = full.listener.local_addr().unwrap();
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = open.local_addr().unwrap();
        let tcp = timeout(Duration::from_secs(5), connect(vec![swallowing, open], &[])).await.unwrap().unwrap();
        assert_eq!(tcp.peer_addr().unwrap(), open);
    }

    #[actix_rt::test]
    async fn connections_use_the_configured_local_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let own = "127.0.0.2".parse().unwrap();
        let tcp = connect(vec![open], &["::1".parse().unwrap(), own]).await.unwrap();
        assert_eq!(tcp.local_addr().unwrap().ip(), own);
        assert!(connect(vec![open], &["::1".parse().unwrap()]).await.is_err());
    }

    #[test]
    fn address_families_alternate() {
        let all = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let found = interleaved(all(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"]));
        assert_eq!(found, all(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]));
        assert_eq!(interleaved(vec!["1.1.1.1:1".parse().unwrap(); 20]).len(), MAX_ADDRESSES);
    }
}

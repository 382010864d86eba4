//! Connecting to whichever address of a host answers first: happy eyeballs (RFC 8305 sections 4 and 5).

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

/// How long an attempt is alone before the next address is tried beside it.
const STAGGER: Duration = Duration::from_millis(250);

/// Addresses of one host that are tried, at most.
const MAX_ADDRESSES: usize = 8;

/// Connects from one of the `local` addresses, if there are any.
///
/// # Errors
/// The most telling one of all attempts.
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
                Err(error) => failure = Some(more_telling(failure, error)),
            },
            () = stagger => {}
        }
    }
}

/// The families take turns, the first one's first; at most [`MAX_ADDRESSES`].
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
            let own = own.ok_or_else(|| io::Error::other("no fetcher.local_address of its family"))?;
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.bind(SocketAddr::new(*own, 0))?;
            socket.connect(address).await?
        }
    };
    // Without it a request in two writes waits for the peer; a socket that refuses still works.
    tcp.set_nodelay(true).ok();
    Ok(tcp)
}

/// A machine without IPv6 says so of every v6 address; that tells less than what the other addresses say.
fn more_telling(before: Option<io::Error>, error: io::Error) -> io::Error {
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

    /// A listener that answers no connection.
    pub(crate) struct Swallowing {
        listener: Blocking,
        _taken: Vec<TcpStream>,
    }

    impl Swallowing {
        pub(crate) async fn at(address: &str) -> Self {
            // Its queue is full.
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
    async fn one_that_swallows_packets_holds_nobody_up() {
        let full = Swallowing::at("127.0.0.1:0").await;
        let swallowing = full.listener.local_addr().unwrap();
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = open.local_addr().unwrap();
        let tcp = timeout(Duration::from_secs(5), connect(vec![swallowing, open], &[])).await.unwrap().unwrap();
        assert_eq!(tcp.peer_addr().unwrap(), open);
    }

    #[actix_rt::test]
    async fn from_the_address_that_is_configured() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let own = "127.0.0.2".parse().unwrap();
        let tcp = connect(vec![open], &["::1".parse().unwrap(), own]).await.unwrap();
        assert_eq!(tcp.local_addr().unwrap().ip(), own);
        assert!(connect(vec![open], &["::1".parse().unwrap()]).await.is_err());
    }

    #[test]
    fn families_take_turns() {
        let all = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let found = interleaved(all(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"]));
        assert_eq!(found, all(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]));
        assert_eq!(interleaved(vec!["1.1.1.1:1".parse().unwrap(); 20]).len(), MAX_ADDRESSES);
    }
}

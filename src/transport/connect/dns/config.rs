//! `[dns]`

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// The port of DNS.
const PORT: u16 = 53;

/// `[dns]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Servers to query; empty: those of the system.
    pub servers: Vec<Server>,
    /// Maximum time an address is cached, even if its own time to live is longer.
    #[serde(with = "crate::base::units::duration")]
    pub max_ttl: Duration,
    /// Maximum time a negative answer is cached.
    #[serde(with = "crate::base::units::duration")]
    pub max_negative_ttl: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { servers: Vec::new(), max_ttl: Duration::from_secs(3600), max_negative_ttl: Duration::from_secs(60) }
    }
}

/// Address of a DNS server, with a port unless it is 53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Server(pub SocketAddr);

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, PORT));
        bare.or_else(|_| text.parse()).map(Self).map_err(|_| {
            format!("`{text}` is not the address of a DNS server: write 9.9.9.9, 127.0.0.1:5353 or [2620:fe::fe]:53")
        })
    }
}

impl TryFrom<String> for Server {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.port() == PORT { self.0.ip().fmt(formatter) } else { self.0.fmt(formatter) }
    }
}

impl From<Server> for String {
    fn from(server: Server) -> Self {
        server.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, address) in [
            ("9.9.9.9", "9.9.9.9:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("2620:fe::fe", "[2620:fe::fe]:53"),
            ("[::1]:54", "[::1]:54"),
        ] {
            let server: Server = text.parse().unwrap();
            assert_eq!((server.0.to_string(), server.to_string()), (address.to_owned(), text.to_owned()));
        }
        assert!("dns.example".parse::<Server>().is_err());
    }
}

//! All modes, one after the other, with a server for them.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use crate::{Result, cost};

/// Plain requests of each mode.
const PLAIN: u64 = 20_000;

/// TLS handshakes of each mode.
const HANDSHAKES: u64 = 2000;

/// Prints the CPU time per request of every mode.
pub(crate) async fn run() -> Result<()> {
    let mut server = Server::spawn()?;
    let [plain, full, resumed] = server.ports()?;
    println!("CPU time of a request, in nanoseconds:");
    for (mode, kind, port, requests) in [
        ("awc-default", "10 KB page", plain, PLAIN),
        ("awc-tuned", "10 KB page", plain, PLAIN),
        ("transport", "10 KB page", plain, PLAIN),
        ("lycosa", "10 KB page", plain, PLAIN),
        ("rustls", "full handshake", full, HANDSHAKES),
        ("lycosa-tls", "full handshake", full, HANDSHAKES),
        ("rustls", "resumed handshake", resumed, HANDSHAKES),
        ("lycosa-tls", "resumed handshake", resumed, HANDSHAKES),
    ] {
        println!("{mode:12} {kind:18} {:>9}", cost(mode, port, requests).await?);
    }
    Ok(())
}

/// The server, as a process that ends with this value.
struct Server {
    process: Child,
}

impl Server {
    fn spawn() -> Result<Self> {
        let process = Command::new(env::current_exe()?).arg("serve").stdout(Stdio::piped()).spawn()?;
        Ok(Self { process })
    }

    /// Reads the ports: HTTP, TLS with full handshakes, TLS with resumed ones.
    fn ports(&mut self) -> Result<[u16; 3]> {
        let mut line = String::new();
        BufReader::new(self.process.stdout.take().ok_or("the ports have been read")?).read_line(&mut line)?;
        let ports: Vec<_> = line.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        ports.try_into().map_err(|_| format!("the server printed `{}`, not three ports", line.trim()).into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

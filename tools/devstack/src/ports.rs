//! Loopback ports.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

/// The ports for servers. Outgoing connections have others by default: on Linux from 32768 on, on
/// macOS from 49152 on. One of those may be taken between its choice and the server's start, or while
/// a server restarts.
const SERVER_PORTS: Range<u16> = 20_000..30_000;

/// A free port. This process chooses it again only after all others.
pub fn free_port() -> Result<u16> {
    // Processes that run at the same time start at different ports.
    static CHOSEN: LazyLock<AtomicUsize> =
        LazyLock::new(|| AtomicUsize::new(fastrand::usize(..SERVER_PORTS.len())));
    let next = || CHOSEN.fetch_add(1, Ordering::Relaxed) % SERVER_PORTS.len();
    SERVER_PORTS
        .filter_map(|_| SERVER_PORTS.clone().nth(next()))
        .find(|port| bind(*port).is_ok())
        .with_context(|| format!("no port of {SERVER_PORTS:?} is free on loopback"))
}

/// Fails when the port is in use. The error names `option`, which sets another one.
pub fn require_free(port: u16, option: &str) -> Result<()> {
    bind(port).with_context(|| {
        format!("port {port} is taken; free it or choose another one with {option}")
    })
}

/// Binds the port on each loopback address in use here, for a moment.
fn bind(port: u16) -> io::Result<()> {
    for address in [IpAddr::from(Ipv4Addr::LOCALHOST), invoke_address(port).ip()] {
        TcpListener::bind((address, port))?;
    }
    Ok(())
}

/// The default host of `cargo lambda invoke`: IPv6's loopback, where available.
#[must_use]
pub(crate) fn invoke_address(port: u16) -> SocketAddr {
    let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    let address = if has_ipv6 {
        IpAddr::from(Ipv6Addr::LOCALHOST)
    } else {
        IpAddr::from(Ipv4Addr::LOCALHOST)
    };
    SocketAddr::new(address, port)
}

/// The URL at which `cargo lambda watch` accepts a function's events.
pub(crate) fn invoke_url(port: u16, function: &str) -> String {
    format!("http://{}/2015-03-31/functions/{function}/invocations", invoke_address(port))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn free_port_is_chosen_once_and_a_used_one_never() {
        let used = TcpListener::bind((Ipv4Addr::LOCALHOST, free_port().unwrap())).unwrap();
        let used = used.local_addr().unwrap().port();
        let chosen: HashSet<_> = (0..500).map(|_| free_port().unwrap()).collect();
        assert_eq!(chosen.len(), 500);
        assert!(chosen.iter().all(|port| SERVER_PORTS.contains(port)));
        assert!(SERVER_PORTS.map(|_| free_port().unwrap()).all(|port| port != used));
    }
}

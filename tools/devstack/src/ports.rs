//! Loopback ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context, Result};

/// The ports for servers. Linux gives outgoing connections ports from 32768 on, macOS from 49152 on.
/// Any of those may be taken between its choice and the server's start, or while a server restarts.
const SERVER_PORTS: Range<u16> = 20_000..32_000;

/// A free port. This process chooses it again only after all others.
pub fn free_port() -> Result<u16> {
    // Processes that run at the same time start at different ports.
    static CHOSEN: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(fastrand::u16(..)));
    let count = SERVER_PORTS.end - SERVER_PORTS.start;
    SERVER_PORTS
        .map(|_| SERVER_PORTS.start + CHOSEN.fetch_add(1, Ordering::Relaxed) % count)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .with_context(|| format!("no port of {SERVER_PORTS:?} is free on 127.0.0.1"))
}

/// Fails when the port is in use. The error names `option`, which sets another one.
pub fn require_free(port: u16, option: &str) -> Result<()> {
    for address in [IpAddr::from(Ipv4Addr::LOCALHOST), invoke_address(port).ip()] {
        let listener = TcpListener::bind((address, port));
        let listener = listener.map(drop);
        listener.with_context(|| {
            format!("port {port} is taken; free it or choose another one with {option}")
        })?;
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
    fn free_port_is_chosen_once() {
        let chosen: HashSet<_> = (0..500).map(|_| free_port().unwrap()).collect();
        assert_eq!(chosen.len(), 500);
        assert!(chosen.iter().all(|port| SERVER_PORTS.contains(port)));
    }

    #[test]
    fn used_port_is_not_chosen() {
        let used = TcpListener::bind((Ipv4Addr::LOCALHOST, free_port().unwrap())).unwrap();
        let port = used.local_addr().unwrap().port();
        assert!(SERVER_PORTS.map(|_| free_port().unwrap()).all(|chosen| chosen != port));
    }
}

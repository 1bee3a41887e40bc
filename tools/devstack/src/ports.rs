//! Loopback ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use anyhow::{Context, Result};

/// A free port.
pub fn free_port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
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

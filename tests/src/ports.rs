//! Free loopback ports for processes that name theirs in a configuration.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range that Linux gives to outgoing connections (32768 and up): while a gateway is down,
/// none of the many connections of a test may sit on its port.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// Returns an address that nobody listens at.
///
/// # Panics
/// There is none.
pub(crate) fn free() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..COUNT {
        // Two test processes begin at different places.
        let place = std::process::id().wrapping_mul(131).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + place % COUNT).expect("the range ends below 65536");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no loopback port is free");
}

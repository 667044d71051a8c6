//! Which addresses a delivery may go to: everything public, and what the operator allows by name or network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What the operator allows beyond the public internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    networks: Vec<IpNet>,
    names: Vec<String>,
}

impl Allowed {
    /// Reads one entry: a network (`10.1.0.0/16`), an address, or a host name (`crm.internal`).
    ///
    /// # Errors
    /// It is none of these.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        if let Ok(network) = text.parse::<IpNet>() {
            self.networks.push(network);
        } else if let Ok(address) = text.parse::<IpAddr>() {
            self.networks.push(IpNet::from(address));
        } else if is_host_name(text) {
            self.names.push(text.to_ascii_lowercase());
        } else {
            return Err("expected a network such as 10.1.0.0/16, an address, or a host name".into());
        }
        Ok(())
    }

    /// Tells whether any address of this host name may be used.
    pub fn allows_name(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.names.contains(&host)
    }

    /// Tells whether this address may be used: it is public, or in an allowed network. An IPv4 address
    /// in an IPv6 one is judged as the IPv4 address that it reaches.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        let reached = reached(address);
        is_public(reached)
            || self.networks.iter().any(|network| network.contains(&reached) || network.contains(&address))
    }
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let numeric_end = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 253 && text.split('.').all(label) && !numeric_end
}

/// Returns the IPv4 address that an IPv6 address stands for: mapped, compatible, 6to4 and NAT64 forms.
fn reached(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let s = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

/// Tells whether an address is globally reachable by the special-purpose registries of IANA
/// (RFC 6890 and its successors, as of 2025-10).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|(network, bits)| in_v4(v4, *network, *bits)),
        IpAddr::V6(v6) => {
            in_v6(v6, [0x2000, 0, 0, 0], 3)
                && !SPECIAL_V6.iter().any(|(network, bits)| in_v6(v6, *network, *bits))
        }
    }
}

/// Special-purpose IPv4 blocks that are not globally reachable, multicast and broadcast included.
const SPECIAL_V4: [(u32, u32); 15] = [
    (0x0000_0000, 8),  // "this network"
    (0x0a00_0000, 8),  // private
    (0x6440_0000, 10), // shared, carrier-grade NAT
    (0x7f00_0000, 8),  // loopback
    (0xa9fe_0000, 16), // link-local, cloud metadata
    (0xac10_0000, 12), // private
    (0xc000_0000, 24), // IETF protocol assignments
    (0xc000_0200, 24), // TEST-NET-1
    (0xc058_6300, 24), // 6to4 relay anycast, deprecated
    (0xc0a8_0000, 16), // private
    (0xc612_0000, 15), // benchmarking
    (0xc633_6400, 24), // TEST-NET-2
    (0xcb00_7100, 24), // TEST-NET-3
    (0xe000_0000, 4),  // multicast
    (0xf000_0000, 4),  // reserved, broadcast
];

/// Special-purpose blocks inside 2000::/3; everything outside it is not global unicast.
const SPECIAL_V6: [([u16; 4], u32); 4] = [
    ([0x2001, 0, 0, 0], 23),     // IETF protocol assignments, Teredo, ORCHID
    ([0x2001, 0xdb8, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0], 16),     // 6to4, judged by its IPv4 address before
    ([0x3fff, 0, 0, 0], 20),     // documentation
];

fn in_v4(address: Ipv4Addr, network: u32, bits: u32) -> bool {
    (address.to_bits() ^ network) >> (32 - bits) == 0
}

fn in_v6(address: Ipv6Addr, network: [u16; 4], bits: u32) -> bool {
    let network = network.iter().fold(0u64, |all, part| all << 16 | u64::from(*part));
    ((address.to_bits() >> 64) as u64 ^ network) >> (64 - bits) == 0
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;

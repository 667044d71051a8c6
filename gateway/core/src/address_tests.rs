//! The guard's table, at its edges and in every spelling of an address.

use super::*;

fn allowed(entries: &[&str]) -> Allowed {
    let mut allowed = Allowed::default();
    for entry in entries {
        allowed.add(entry).expect("a good entry");
    }
    allowed
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn special_addresses_are_refused_and_their_public_neighbours_are_not() {
    let none = Allowed::default();
    let special = [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "3fff::1",
        "4000::1",
        "100::1",
    ];
    for text in special {
        assert!(!none.allows_address(address(text)), "{text}");
    }
    for text in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.0.0.1",
        "128.0.0.1",
        "169.253.1.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.1.1",
        "192.169.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00::1",
    ] {
        assert!(none.allows_address(address(text)), "{text}");
    }
}

#[test]
fn an_ipv4_address_in_an_ipv6_one_is_judged_as_what_it_reaches() {
    let none = Allowed::default();

    for text in [
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::7f00:1",
        "64:ff9b::169.254.169.254",
        "2002:7f00:1::",
        "2002:a00:1::1",
    ] {
        assert!(!none.allows_address(address(text)), "{text}");
    }
    assert!(none.allows_address(address("::ffff:1.1.1.1")));
    assert!(allowed(&["10.0.0.0/8"]).allows_address(address("::ffff:10.1.2.3")));
}

#[test]
fn what_the_operator_names_is_allowed_and_nothing_beside_it() {
    let allowed = allowed(&["10.1.0.0/16", "192.168.7.7", "fd00::/8", "CRM.internal"]);

    assert!(allowed.allows_address(address("10.1.255.255")));
    assert!(!allowed.allows_address(address("10.2.0.0")));
    assert!(allowed.allows_address(address("192.168.7.7")));
    assert!(!allowed.allows_address(address("192.168.7.8")));
    assert!(allowed.allows_address(address("fd00::5")));
    assert!(allowed.allows_name("crm.internal") && allowed.allows_name("CRM.INTERNAL."));
    assert!(!allowed.allows_name("x.crm.internal") && !allowed.allows_name("internal"));
}

#[test]
fn what_is_no_network_address_or_name_is_refused() {
    for text in ["", "10.1.0.0/33", "10.1.0", "http://crm", "a b", "*.internal", "crm.internal:80", "0x7f.1"]
    {
        assert!(Allowed::default().add(text).is_err(), "{text}");
    }
}

//! The guard in every spelling of an address.

use super::*;

fn guard(allow: &[&str]) -> Guard {
    let mut allowed = Allowed::default();
    for entry in allow {
        allowed.add(entry).unwrap();
    }
    Guard::new(allowed, Arc::new(Names::of_this_machine().unwrap()))
}

fn blocked(host: &str) -> Result<(), Failure> {
    Err(Failure::Blocked { host: host.into(), address: None })
}

/// Every spelling of an address is the address, so that none of them passes.
#[test]
fn a_private_address_is_blocked_however_it_is_spelt() {
    let guard = guard(&[]);
    let spellings = [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0x7F000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.0.0x0.01", "127.0.0.1"),
        ("%31%32%37.0.0.1", "127.0.0.1"),
        ("１２７.０.０.１", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("user:pass@127.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("0.0.0.0", "0.0.0.0"),
        ("10.0.0.1", "10.0.0.1"),
        ("169.254.169.254", "169.254.169.254"),
        ("0xa9fea9fe", "169.254.169.254"),
        ("192.168.1.1:8080", "192.168.1.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("[::]", "::"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("[::ffff:7f00:1]", "::ffff:127.0.0.1"),
        ("[::ffff:0a00:1]", "::ffff:10.0.0.1"),
        ("[::127.0.0.1]", "::7f00:1"),
        ("[64:ff9b::7f00:1]", "64:ff9b::7f00:1"),
        ("[2002:7f00:1::]", "2002:7f00:1::"),
        ("[fe80::1]", "fe80::1"),
        ("[fc00::1]", "fc00::1"),
    ];

    for (spelling, address) in spellings {
        let url = Url::parse(&format!("http://{spelling}/hook")).unwrap();
        assert_eq!(guard.check(&url), blocked(address), "{spelling}");
    }
}

#[test]
fn an_address_with_a_zone_is_no_url() {
    for spelling in ["[fe80::1%eth0]", "[fe80::1%25eth0]", "[::1%251]"] {
        assert!(Url::parse(&format!("http://{spelling}/")).is_err(), "{spelling}");
    }
}

#[test]
fn a_public_address_and_an_allowed_network_pass() {
    let guard = guard(&["10.1.0.0/16", "::1"]);

    for host in
        ["93.184.216.34", "[2606:2800:220:1::1]", "10.1.2.3", "[::ffff:10.1.2.3]", "[::1]", "crm.test"]
    {
        assert_eq!(guard.check(&Url::parse(&format!("https://{host}/")).unwrap()), Ok(()), "{host}");
    }
    assert_eq!(guard.check(&Url::parse("https://10.2.0.1/").unwrap()), blocked("10.2.0.1"));
}

#[test]
fn a_url_without_a_host_is_misconfigured() {
    let url = Url::parse("mailto:someone@crm.test").unwrap();

    assert!(matches!(guard(&[]).check(&url), Err(Failure::Misconfigured(_))));
}

#[tokio::test]
async fn a_name_is_blocked_by_the_address_it_resolves_to() {
    let loopback = guard(&[]).addresses("localhost").await;

    let Err(Failure::Blocked { host, address: Some(address) }) = loopback else { panic!("{loopback:?}") };
    assert_eq!(host, "localhost");
    assert!(address.is_loopback());
}

#[tokio::test]
async fn a_name_passes_by_its_own_or_its_addresss_entry() {
    for entry in ["localhost", "127.0.0.0/8"] {
        let addresses = guard(&[entry]).addresses("localhost").await.unwrap();

        assert!(addresses.iter().all(IpAddr::is_loopback), "{entry}: {addresses:?}");
    }
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_ones_are_used() {
    let addresses = guard(&["127.0.0.1"]).addresses("localhost").await.unwrap();

    assert_eq!(addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
}

#[tokio::test]
async fn a_literal_that_reaches_the_connector_is_checked_there_too() {
    let guard = guard(&["::1"]);

    assert_eq!(guard.addresses("[::1]").await, Ok(vec!["::1".parse().unwrap()]));
    assert!(matches!(guard.addresses("127.0.0.1").await, Err(Failure::Blocked { .. })));
    assert!(matches!(guard.addresses("[::ffff:127.0.0.1]").await, Err(Failure::Blocked { .. })));
}

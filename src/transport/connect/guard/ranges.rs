//! Addresses that are not public (IANA's special-purpose registries, RFC 6890), and others that no link may reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Start of a range, length of its prefix in bits, and why it is refused.
type Range<A> = (A, u8, &'static str);

const V4: [Range<Ipv4Addr>; 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "unspecified"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by a carrier's customers"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    // Includes the metadata services of most clouds.
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    // Includes Oracle's metadata service.
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved for protocols"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a 6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    // Azure's metadata service: the same on every machine, in a public range.
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's metadata"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "broadcast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

const V6: [Range<Ipv6Addr>; 14] = [
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "a private NAT64"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "discarded"),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, "for benchmarks"),
    (Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28, "reserved"),
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28, "reserved"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "for documentation"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "for documentation"),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, "reserved"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "site-local"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
];

/// Returns why an address is not public. `None` if it is.
pub(crate) fn reason(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => reason_v4(v4),
        IpAddr::V6(v6) => {
            let own = V6.iter().find(|(start, length, _)| {
                let shift = 128 - u32::from(*length);
                v6.to_bits() >> shift == start.to_bits() >> shift
            });
            own.map(|(.., reason)| *reason).or_else(|| embedded(address).and_then(reason))
        }
    }
}

fn reason_v4(v4: Ipv4Addr) -> Option<&'static str> {
    let found = V4.iter().find(|(start, length, _)| {
        let shift = 32 - u32::from(*length);
        v4.to_bits() >> shift == start.to_bits() >> shift
    });
    found.map(|(.., reason)| *reason)
}

/// Returns the IPv4 address inside an IPv6 address: mapped, compatible, translated (RFC 2765), NAT64 (RFC 6052), 6to4
/// (RFC 3056), Teredo (RFC 4380) or ISATAP (RFC 5214).
pub(crate) fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = address else { return None };
    let bits = match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low]
        | [0x2002, high, low, ..] => (high, low),
        // Teredo inverts the bits, so that no NAT on the way rewrites the address.
        [0x2001, 0, .., high, low] => (!high, !low),
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(bits.0) << 16 | u32::from(bits.1)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_start_and_end_where_they_should() {
        for (address, is_refused) in [
            ("0.0.0.0", true),
            ("9.255.255.255", false),
            ("10.255.255.255", true),
            ("100.63.255.255", false),
            ("100.100.100.200", true),
            ("100.128.0.0", false),
            ("127.255.0.1", true),
            ("168.63.129.16", true),
            ("168.63.129.17", false),
            ("169.254.169.254", true),
            ("172.15.255.255", false),
            ("172.31.255.255", true),
            ("172.32.0.0", false),
            ("192.0.0.192", true),
            ("192.0.1.1", false),
            ("192.0.2.1", true),
            ("192.168.1.1", true),
            ("198.19.255.255", true),
            ("198.20.0.0", false),
            ("198.51.100.7", true),
            ("203.0.113.7", true),
            ("223.255.255.255", false),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("::", true),
            ("::1", true),
            ("100::1", true),
            ("2001:db8::1", true),
            ("2001:2::1", true),
            ("2001:4860:4860::8888", false),
            ("2606:4700::1", false),
            ("3fff:fff::1", true),
            ("64:ff9b:1::808:808", true),
            ("fc00::1", true),
            ("fd00:ec2::254", true),
            ("fe80::1", true),
            ("fec0::1", true),
            ("ff02::1", true),
        ] {
            assert_eq!(reason(address.parse().unwrap()).is_some(), is_refused, "{address}");
        }
    }

    #[test]
    fn an_ipv4_address_is_found_inside_every_ipv6_form() {
        for (address, inside, is_refused) in [
            ("::ffff:127.0.0.1", "127.0.0.1", true),
            ("::ffff:8.8.8.8", "8.8.8.8", false),
            ("::7f00:1", "127.0.0.1", true),
            ("::ffff:0:a9fe:a9fe", "169.254.169.254", true),
            ("64:ff9b::a9fe:a9fe", "169.254.169.254", true),
            ("64:ff9b::808:808", "8.8.8.8", false),
            ("2002:7f00:1::", "127.0.0.1", true),
            ("2002:808:808::1", "8.8.8.8", false),
            ("2001:0:808:808::f5ff:fffe", "10.0.0.1", true),
            ("2606:4700::5efe:10.0.0.1", "10.0.0.1", true),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(embedded(address), Some(inside.parse().unwrap()), "{address}");
            assert_eq!(reason(address).is_some(), is_refused, "{address}");
        }
        assert_eq!(embedded("2606:4700::1".parse().unwrap()), None);
    }
}

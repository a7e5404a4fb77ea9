//! Client addresses, as limits see them.

use std::net::IpAddr;

/// The unit that limits count by: an IPv4 address, or an IPv6 /64, which one customer commonly holds whole.
pub fn bucket(address: &str) -> String {
    match address.trim().parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => v4.to_string(),
        Ok(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        Err(_) => "unknown".into(),
    }
}

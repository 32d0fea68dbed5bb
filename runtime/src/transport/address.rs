//! Where a request comes from, as far as limits per address go.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str;
use std::sync::Once;

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;

const FORWARDED: &str = "x-forwarded-for";

/// How the addresses of one mount's clients are found.
pub(crate) struct Addresses {
    /// Proxies that stand between; none where nobody said.
    hops: Option<usize>,
    said: Once,
}

impl Addresses {
    pub(crate) fn new(hops: Option<usize>) -> Self {
        Self { hops, said: Once::new() }
    }

    /// What counts as the address of this request; none where it cannot be known.
    pub(crate) fn of(&self, parts: &Parts) -> Option<IpAddr> {
        let hops = self.hops.unwrap_or(0);
        let forwarded = (hops > 0).then(|| forwarded(&parts.headers, hops));
        if let Some(Some(address)) = forwarded {
            return Some(network(address));
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
        if forwarded.is_some() {
            // It came round the proxies, or they do not say what they should: it may not get more by that than others.
            self.say("a request has fewer addresses in `X-Forwarded-For` than `trust_forwarded` names proxies: it counts as its peer's");
        } else if peer.is_none() {
            self.say("the server does not say where requests come from (`ConnectInfo<SocketAddr>`): no limit holds per address");
        } else if self.hops.is_none() && peer.is_some_and(is_private) {
            // Behind a proxy on the same machine or network all clients have this one.
            self.say(
                "requests come from a private address: no limit holds per address until `trust_forwarded` says how many proxies there are",
            );
            return None;
        }
        peer.map(network)
    }

    /// Says it once: it would be so for each request.
    fn say(&self, what: &str) {
        self.said.call_once(|| tracing::warn!("{what}"));
    }
}

/// The address that the outermost of so many proxies saw: each adds its own peer's at the right, and what stands further left anybody may
/// have written.
fn forwarded(headers: &HeaderMap, hops: usize) -> Option<IpAddr> {
    let lists = headers.get_all(FORWARDED).iter();
    let mut addresses = lists.flat_map(|list| list.as_bytes().split(|byte| *byte == b',')).rev();
    let text = str::from_utf8(addresses.nth(hops - 1)?).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok()
}

/// What one client has: an address of IPv4, or the /64 that is the least a network gets of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// Whether it is of this machine, or of a network of one's own: a proxy's, most likely.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            // 100.64.0.0/10 (RFC 6598) is what clouds and providers number their own networks with.
            let is_shared = matches!(address.octets(), [100, 64..=127, ..]);
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(peer: Option<&str>) -> Parts {
        let mut parts = axum::http::Request::new(()).into_parts().0;
        if let Some(peer) = peer {
            parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().expect("an address"), 1)));
        }
        parts
    }

    /// Whether it was said that limits are not what they may be thought to be.
    fn is_said(hops: Option<usize>, peer: Option<&str>) -> bool {
        let addresses = Addresses::new(hops);
        addresses.of(&parts(peer));
        addresses.said.is_completed()
    }

    #[test]
    fn it_is_said_where_no_address_counts_and_where_a_proxy_s_counts_for_all() {
        assert!(is_said(None, None), "nobody says where it comes from");
        assert!(is_said(None, Some("10.0.0.1")), "a proxy's");
        assert!(is_said(Some(1), Some("10.0.0.1")), "the header is not there");
        assert!(!is_said(None, Some("203.0.113.1")));
        assert!(!is_said(Some(0), Some("10.0.0.1")));
    }
}

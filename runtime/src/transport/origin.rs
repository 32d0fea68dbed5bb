//! Which pages may open a WebSocket here, and read the other endpoints from elsewhere.
//! A browser sends its cookies with an upgrade from any page, and CORS does not hold it back: only this check does.

use std::fmt;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::tickets::Whence;

/// The origins that an application allows beside its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    /// Adds one, `https://app.example`, or all that are below one, `.app.example`; says so in the log where it is neither, for it would
    /// never match.
    pub(crate) fn allow(&mut self, origin: &str) {
        let origin = origin.trim_end_matches('/');
        let is_below = origin.strip_prefix('.').is_some_and(|host| split(host).is_some_and(|(_, port)| port.is_none()));
        if origin == "null" || is_below || Origin::read(origin).is_some() {
            self.0.push(origin.to_ascii_lowercase());
        } else {
            tracing::error!(origin, "`allow_origins` takes origins like `https://app.example` or `.app.example`: this one is left out");
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a page of this origin is allowed by name.
    fn names(&self, origin: &str) -> bool {
        let read = Origin::read(origin);
        let is = |named: &String| {
            named.eq_ignore_ascii_case(origin)
                || read.as_ref().is_some_and(|read| read.is_below(named) || Origin::read(named).as_ref() == Some(read))
        };
        self.0.iter().any(is)
    }

    /// Whether this request may become a WebSocket: from the same host, from an allowed origin, or from no browser.
    pub(crate) fn pass(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else {
            // Who says neither is no browser; but what comes with a cookie could be one, of before these were thought of.
            let site = headers.get("sec-fetch-site");
            return site.map_or(!headers.contains_key(header::COOKIE), |site| site == "same-origin" || site == "none");
        };
        let Some(origin) = origin.to_str().ok().filter(|_| origins.next().is_none()) else { return false };
        self.names(origin) || host(uri, headers).is_some_and(|host| Origin::read(origin).is_some_and(|origin| origin.is_host(host)))
    }

    /// Where a request comes from. One of another site that names no origin can be nobody's page, for a browser that lets a page read what
    /// it asked for names it.
    pub(crate) fn whence(uri: &Uri, headers: &HeaderMap) -> Whence {
        if let Some(origin) = headers.get(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            let origin = Origin::read(origin).map_or_else(|| origin.to_owned(), |origin| origin.to_string());
            return Whence { origin: Some(origin), own: Vec::new() };
        }
        if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
            return Whence { origin: Some(String::new()), own: Vec::new() };
        }
        let host = host(uri, headers);
        // Behind a proxy that ends TLS the scheme is not known here.
        let own = ["http", "https"].iter().filter_map(|scheme| Origin::read(&format!("{scheme}://{}", host?)));
        Whence { origin: None, own: own.map(|own| own.to_string()).collect() }
    }

    /// CORS for the allowed origins: with cookies, and the headers that a client made of `fetch` needs to resume and to send commands.
    pub(crate) fn cors(&self) -> CorsLayer {
        let origins = self.clone();
        let is_named = move |origin: &HeaderValue, _: &Parts| origin.to_str().is_ok_and(|origin| origins.names(origin));
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(is_named))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(["last-event-id", "content-type", "idempotency-key"].map(HeaderName::from_static))
    }
}

/// The host that a request is for.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority().map(Authority::as_str).or_else(|| headers.get(header::HOST)?.to_str().ok())
}

/// `scheme://host[:port]`, read.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    fn read(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = split(authority)?;
        let port = port.or(match &*scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        });
        Some(Self { scheme, host, port })
    }

    /// Whether it is an origin with TLS whose host is below `.app.example`: who can read the line could be any page without.
    fn is_below(&self, suffix: &str) -> bool {
        let below = self.host.strip_suffix(suffix).filter(|_| suffix.starts_with('.'));
        self.scheme == "https" && below.is_some_and(|below| !below.is_empty())
    }

    /// Whether it is the page's own host. A `Host` without a port means the default port of the scheme, and behind a proxy that ends TLS
    /// the scheme is not known here: the origin's own is believed.
    fn is_host(&self, host: &str) -> bool {
        let default = match &*self.scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        split(host).is_some_and(|(host, port)| host == self.host && port.or(default) == self.port)
    }
}

/// As one text for all ways to write it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// `host[:port]`, nothing else, in lower case.
fn split(authority: &str) -> Option<(String, Option<u16>)> {
    let read: Authority = authority.parse().ok().filter(|_| !authority.contains('@'))?;
    let port = match read.port() {
        Some(_) => Some(read.port_u16()?),
        None => None,
    };
    let bare = read.host().len() == authority.len();
    (!read.host().is_empty() && (port.is_some() || bare)).then(|| (read.host().to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(origins: &[&str], host: &str, headers: &[(&'static str, &str)]) -> bool {
        let mut allowed = Origins::default();
        origins.iter().for_each(|origin| allowed.allow(origin));
        let mut map = HeaderMap::new();
        map.insert(header::HOST, host.parse().expect("a host"));
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a value"));
        }
        allowed.pass(&"/ws".parse().expect("a path"), &map)
    }

    #[test]
    fn a_page_of_the_same_host_and_port_passes_and_no_other() {
        for (host, origin, pass) in [
            ("app.example", "https://app.example", true),
            ("app.example", "http://app.example", true),
            ("App.Example", "https://app.eXample", true),
            ("app.example:443", "https://app.example", true),
            ("app.example", "https://app.example:443", true),
            ("app.example:3000", "http://app.example:3000", true),
            ("[::1]:3000", "http://[::1]:3000", true),
            ("app.example", "https://app.example:8443", false),
            ("app.example:80", "https://app.example", false),
            ("app.example", "https://app.example.evil.example", false),
            ("app.example", "https://evil.example", false),
            ("app.example", "https://app.example@evil.example", false),
            ("app.example", "https://evil.example@app.example:443", false),
            ("app.example", "https://app.example/path", false),
            ("app.example", "null", false),
            ("app.example", "", false),
            ("app.example", "app.example", false),
            ("app.example", "file://", false),
        ] {
            assert_eq!(passes(&[], host, &[("origin", origin)]), pass, "{origin} at {host}");
        }
    }

    #[test]
    fn an_allowed_origin_passes_by_its_name_and_null_only_when_named() {
        assert!(passes(&["https://other.example/"], "app.example", &[("origin", "https://other.example")]));
        assert!(passes(&["https://Other.example:443"], "app.example", &[("origin", "https://other.example")]));
        assert!(!passes(&["https://other.example"], "app.example", &[("origin", "http://other.example")]));
        assert!(!passes(&["*"], "app.example", &[("origin", "https://other.example")]));
        assert!(passes(&["null"], "app.example", &[("origin", "null")]));
    }

    #[test]
    fn all_origins_below_one_pass_by_its_name_with_a_dot() {
        for (origin, pass) in [
            ("https://eu.app.example", true),
            ("https://a.b.app.example:8443", true),
            ("https://App.App.Example", true),
            ("https://app.example", false),
            ("http://eu.app.example", false),
            ("https://evilapp.example", false),
            ("https://eu.app.example.evil.example", false),
            ("https://.app.example", false),
            ("null", false),
        ] {
            assert_eq!(passes(&[".app.example"], "other.example", &[("origin", origin)]), pass, "{origin}");
        }
        for nothing in [".", "..", ".app.example:443", ".app.example/path", ".a@b"] {
            assert!(!passes(&[nothing], "other.example", &[("origin", "https://eu.app.example")]), "{nothing}");
        }
    }

    #[test]
    fn a_cookie_without_a_word_on_where_it_comes_from_does_not_pass() {
        assert!(!passes(&[], "app.example", &[("cookie", "user=ann")]));
        assert!(passes(&[], "app.example", &[("cookie", "user=ann"), ("origin", "https://app.example")]));
        assert!(passes(&[], "app.example", &[("cookie", "user=ann"), ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn an_origin_is_one_however_it_is_written_and_a_browser_on_the_pages_own_host_names_none() {
        let whence = |headers: &[(&'static str, &str)]| {
            let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")));
            Origins::whence(&"/ticket".parse().expect("a path"), &headers.collect())
        };
        let named = |origin: &str| Whence { origin: Some(origin.to_owned()), own: Vec::new() };
        let host = ("host", "App.Example");
        assert_eq!(whence(&[host, ("origin", "https://App.example")]), named("https://app.example:443"));
        assert_eq!(whence(&[host, ("origin", "https://app.example:443")]), named("https://app.example:443"));
        assert_eq!(whence(&[host, ("origin", "null")]), named("null"));
        let own = vec!["http://app.example:80".to_owned(), "https://app.example:443".to_owned()];
        for site in ["same-origin", "none"] {
            assert_eq!(whence(&[host, ("sec-fetch-site", site)]), Whence { origin: None, own: own.clone() });
        }
        assert_eq!(whence(&[host]), Whence { origin: None, own });
        assert_eq!(whence(&[host, ("sec-fetch-site", "cross-site")]), named(""));
        assert_eq!(whence(&[]), Whence { origin: None, own: Vec::new() });
    }

    #[test]
    fn without_an_origin_the_fetch_metadata_decide_and_without_both_it_is_no_browser() {
        for (site, pass) in [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)] {
            assert_eq!(passes(&[], "app.example", &[("sec-fetch-site", site)]), pass, "{site}");
        }
        assert!(passes(&[], "app.example", &[]));
        assert!(!passes(&[], "app.example", &[("origin", "https://app.example"), ("origin", "https://app.example")]), "two origins");
    }
}

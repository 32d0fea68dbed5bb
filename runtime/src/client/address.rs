//! Where a hub is: its URL, and those of its endpoints.

use hyper::Uri;

use super::error::ConnectError;

/// A hub's URL in its parts.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) is_tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// As the `Host` header says it.
    pub(super) authority: String,
    /// Without a slash at its end.
    path: String,
    /// The application's own fields.
    query: Option<String>,
}

impl Address {
    pub(super) fn read(url: &str) -> Result<Self, ConnectError> {
        let wrong = || ConnectError::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self {
            is_tls,
            host,
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: authority.to_string(),
            path: uri.path().trim_end_matches('/').to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// Path and query of an endpoint, with these fields.
    pub(super) fn target<'a>(&self, endpoint: &str, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut query = form_urlencoded::Serializer::new(self.query.clone().unwrap_or_default());
        let query = query.extend_pairs(fields).finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/{endpoint}{mark}{query}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_its_endpoints_are_below_it() {
        for (url, host, port, target) in [
            ("http://127.0.0.1:3000/chat", "127.0.0.1", 3000, "/chat/sse?channel=room%3Atea"),
            ("http://example.org", "example.org", 80, "/sse?channel=room%3Atea"),
            ("https://example.org/a/b/?tenant=7", "example.org", 443, "/a/b/sse?tenant=7&channel=room%3Atea"),
            ("http://[::1]:8080/chat/", "::1", 8080, "/chat/sse?channel=room%3Atea"),
        ] {
            let address = Address::read(url).expect("a URL");
            assert_eq!((address.host.as_str(), address.port), (host, port), "{url}");
            assert_eq!(address.target("sse", [("channel", "room:tea")]), target);
        }
        assert_eq!(Address::read("http://a/b").expect("a URL").target("commands", []), "/b/commands");
    }

    #[test]
    fn what_is_no_url_of_a_hub_is_told() {
        for url in ["", "chat", "/chat", "ftp://example.org", "ws://example.org", "http://ada:secret@example.org", "http://"] {
            assert_eq!(Address::read(url).err(), Some(ConnectError::Url(url.to_owned())));
        }
    }
}

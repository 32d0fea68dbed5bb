//! TLS by rustls, with the certificates that the system trusts.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::error::ConnectError;
use super::socket::Socket;

/// See the module.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// Trusts the system's certificates and these, which are DER.
    pub(super) fn new(own: &[Vec<u8>]) -> Result<Self, ConnectError> {
        let mut roots = RootCertStore::empty();
        // What of the system's is no certificate is left out, as everywhere.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in own {
            let added = roots.add(CertificateDer::from(certificate.as_slice()));
            added.map_err(|error| ConnectError::Certificate(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(ConnectError::Certificate("the system has none".into()));
        }
        // The provider is named: a program may have several, and then rustls would not choose.
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("ring does TLS 1.2 and 1.3");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    pub(super) async fn wrap(&self, host: &str, socket: TcpStream) -> io::Result<Socket> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(self.0.connect(name, socket).await?))
    }
}

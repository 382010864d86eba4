//! TLS: rustls with ring and the roots of webpki-roots.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// The configuration of every connection that trusts what browsers trust.
///
/// # Errors
/// When rustls has no protocol version that the provider can speak.
pub(super) fn config() -> Result<Arc<ClientConfig>, rustls::Error> {
    trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
}

/// A configuration that trusts these roots. The crypto provider is named, so that no process-wide default is needed or
/// disturbed.
///
/// # Errors
/// When rustls has no protocol version that the provider can speak.
pub(super) fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

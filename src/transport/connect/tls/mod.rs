//! TLS by rustls with ring. Trusts the roots of webpki-roots and those of `tls.ca`. Offers HTTP/1.1 only (ALPN).
//!
//! | file | contents |
//! |---|---|
//! | `verifier` | which certificates are accepted |
//! | `sessions` | sessions to resume, one set per proxy |
//! | `config` | `[tls]` |

pub(crate) mod config;
pub(crate) mod sessions;
pub(crate) mod verifier;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsConnector;

pub(crate) use self::config::{Config, Version};
use self::{
    sessions::Connectors,
    verifier::{Trust, Verifier},
};
use crate::{transport::proxy::Proxy, urls::host_pattern::HostPattern};

/// TLS settings and sessions, shared by all Fetchers.
#[derive(Clone)]
pub(crate) struct Tls {
    checked: Connectors,
    unchecked: Connectors,
    insecure: Arc<[HostPattern]>,
}

impl Tls {
    /// TLS as configured.
    ///
    /// # Errors
    /// If a file cannot be read or used. The text names the file.
    pub(crate) fn new(config: &Config) -> Result<Self, String> {
        Self::trusting(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), config)
    }

    /// Like [`new`](Self::new), with these roots instead of webpki-roots. The crypto provider is given explicitly, so no
    /// process-wide default is needed or changed.
    pub(crate) fn trusting(mut roots: RootCertStore, config: &Config) -> Result<Self, String> {
        let mut given = BTreeSet::new();
        for file in &config.ca {
            for certificate in certificates(file)? {
                given.insert(certificate.to_vec());
                roots.add(certificate).map_err(|error| message(file, &error))?;
            }
        }
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let webpki = webpki.map_err(|error| error.to_string())?;
        let checked = client(config, Arc::new(Verifier { webpki: webpki.clone(), trust: Trust::Roots(given) }))?;
        let unchecked = client(config, Arc::new(Verifier { webpki, trust: Trust::Anyone }))?;
        Ok(Self { checked, unchecked, insecure: config.insecure.clone().into() })
    }

    /// Returns the connector for a host, reached through `proxy` if there is one.
    pub(crate) fn connector(&self, host: &str, proxy: Option<&Proxy>) -> TlsConnector {
        let via = proxy.map(Proxy::id);
        if self.insecure.iter().any(|pattern| pattern.matches(host)) {
            log::warn!(host; "certificate not checked (tls.insecure)");
            return self.unchecked.via(via);
        }
        self.checked.via(via)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn client(config: &Config, verifier: Arc<dyn ServerCertVerifier>) -> Result<Connectors, String> {
    let versions: &[_] = match config.min_version {
        Version::Tls12 => &[&TLS13, &TLS12],
        Version::Tls13 => &[&TLS13],
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?
        // Our verifier adds to webpki's, or accepts any certificate for hosts of `tls.insecure`.
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let (certificate, key) = (&config.client_certificate, &config.client_key);
    let mut client = if certificate.as_os_str().is_empty() {
        builder.with_no_client_auth()
    } else if key.as_os_str().is_empty() {
        return Err(message(certificate, "tls.client_certificate needs tls.client_key, the file of its key"));
    } else {
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| message(key, &error))?;
        builder
            .with_client_auth_cert(certificates(certificate)?, private)
            .map_err(|error| message(certificate, &error))?
    };
    client.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Connectors::new(client))
}

/// Reads the certificates of a PEM file, at least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(certificates) if certificates.is_empty() => Err(message(file, "no PEM certificate found")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(message(file, &error)),
    }
}

fn message(file: &Path, error: &(impl std::fmt::Display + ?Sized)) -> String {
    format!("{}: {error}", file.display())
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").field("insecure", &self.insecure).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing").unwrap();
        let missing = folder.path().join("missing.pem");
        for config in [
            Config { ca: vec![empty.clone()], ..Config::default() },
            Config { ca: vec![missing.clone()], ..Config::default() },
            Config { client_certificate: empty, client_key: missing, ..Config::default() },
        ] {
            let message = Tls::new(&config).unwrap_err();
            assert!(message.contains(".pem: "), "{message}");
        }
        assert!(Tls::new(&Config::default()).is_ok());
    }
}

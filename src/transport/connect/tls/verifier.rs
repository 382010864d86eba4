//! Which certificates are accepted. In any case the server must prove that it has the certificate's key.

use std::{collections::BTreeSet, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

/// Which certificates are accepted.
#[derive(Debug)]
pub(crate) enum Trust {
    /// Those signed by a root, and these certificates themselves. `openssl req -x509` marks its certificates as an
    /// authority's, so webpki refuses them for servers.
    Roots(BTreeSet<Vec<u8>>),
    /// Any: for hosts of `tls.insecure`.
    Anyone,
}

/// webpki's verifier, and what is accepted in addition.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) webpki: Arc<WebPkiServerVerifier>,
    pub(crate) trust: Trust,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Trust::Roots(given) = &self.trust else { return Ok(ServerCertVerified::assertion()) };
        match self.webpki.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // webpki checks validity dates first, so they are in order here.
            Err(Error::InvalidCertificate(error)) if is_authority(&error) && given.contains(certificate.as_ref()) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// Returns true if webpki's only objection is that the server shows an authority's certificate.
fn is_authority(error: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(cause)) = error else { return false };
    matches!(cause.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

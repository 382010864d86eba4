//! Whom a connection is trusted to reach. Whoever that is, the server must have the key of its certificate.

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

/// Which certificates are taken.
#[derive(Debug)]
pub(crate) enum Trust {
    /// What the roots have signed, and these certificates themselves: what `openssl req -x509` makes calls itself an
    /// authority, so that webpki takes it for no server's.
    Roots(BTreeSet<Vec<u8>>),
    /// Any: for the hosts of `tls.insecure`.
    Anyone,
}

/// webpki, and what is trusted beside it.
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
            // Told only of one that is neither too young nor too old.
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

/// Whether all that webpki minds is that an authority's certificate is shown.
fn is_authority(error: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(cause)) = error else { return false };
    matches!(cause.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

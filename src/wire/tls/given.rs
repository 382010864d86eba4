//! What webpki decides, and beside it the certificates of `tls.ca` themselves.

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

/// Takes what its roots have signed, and a server that shows one of the given certificates itself: what `openssl req -x509`
/// makes calls itself an authority, so that webpki takes it for no server's.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) checked: Arc<WebPkiServerVerifier>,
    pub(super) certificates: BTreeSet<Vec<u8>>,
}

impl ServerCertVerifier for Given {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.checked.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // Told only of one that is neither too young nor too old.
            Err(Error::InvalidCertificate(error)) if is_authority(&error) && self.is_given(certificate) => {
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
        self.checked.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.checked.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.checked.supported_verify_schemes()
    }
}

impl Given {
    fn is_given(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.contains(certificate.as_ref())
    }
}

/// Whether all that webpki minds is that an authority's certificate is shown.
fn is_authority(error: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(cause)) = error else { return false };
    matches!(cause.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

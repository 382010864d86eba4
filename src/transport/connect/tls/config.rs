//! `[tls]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::urls::host_pattern::HostPattern;

/// `[tls]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// PEM files with certificates that are trusted beside those that browsers trust.
    pub ca: Vec<PathBuf>,
    /// A PEM file with the certificate shown to servers that ask for one, and those between it and its root; empty: none.
    pub client_certificate: PathBuf,
    /// A PEM file with its key.
    pub client_key: PathBuf,
    /// The oldest version spoken.
    pub min_version: Version,
    /// Hosts whose certificate is not checked.
    pub insecure: Vec<HostPattern>,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// TLS 1.2.
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

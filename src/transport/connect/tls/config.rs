//! `[tls]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::urls::host_pattern::HostPattern;

/// `[tls]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// PEM files with certificates that are trusted in addition to those that browsers trust.
    pub ca: Vec<PathBuf>,
    /// PEM file with the client certificate and its intermediate certificates, sent to servers that request one; empty: none.
    pub client_certificate: PathBuf,
    /// PEM file with the key of `client_certificate`.
    pub client_key: PathBuf,
    /// Oldest version accepted.
    pub min_version: Version,
    /// Hosts whose certificates are not checked.
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

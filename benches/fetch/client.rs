//! The crawler's transport, and its client.

use std::{env, fs};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use lycosa::{Client, Config, Request, bare::Bare};
use url::Url;

use crate::{
    Result,
    load::Requester,
    server::{PAGE_LENGTH, SHORT_BODY},
    tls::ROOT,
};

/// The whole client, as in `lycosa fetch`: the transport, and the client over it.
pub(crate) struct Lycosa {
    client: Client,
    url: Url,
    expected: usize,
}

impl Lycosa {
    pub(crate) fn plain(port: u16) -> Result<Self> {
        Self::new(&Config::default(), &format!("http://127.0.0.1:{port}/page"), PAGE_LENGTH)
    }

    /// A client that trusts the root of the tests.
    pub(crate) fn tls(port: u16) -> Result<Self> {
        let file = env::temp_dir().join(format!("lycosa-root-{}.pem", std::process::id()));
        let text = BASE64_STANDARD.encode(ROOT);
        fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"))?;
        let mut config = Config::default();
        config.tls.ca = vec![file.clone()];
        let made = Self::new(&config, &format!("https://localhost:{port}/"), SHORT_BODY.len());
        fs::remove_file(file)?;
        made
    }

    fn new(config: &Config, url: &str, expected: usize) -> Result<Self> {
        Ok(Self { client: Client::new(config)?, url: url.parse()?, expected })
    }
}

/// The transport alone, with the headers of a request.
pub(crate) struct Transport {
    bare: Bare,
    url: Url,
}

impl Transport {
    pub(crate) fn new(port: u16) -> Result<Self> {
        Ok(Self { bare: Bare::new()?, url: format!("http://127.0.0.1:{port}/page").parse()? })
    }
}

impl Requester for Transport {
    async fn request(&self) -> Result<usize> {
        Ok(self.bare.get(&self.url).await?)
    }

    fn expected(&self) -> usize {
        PAGE_LENGTH
    }
}

impl Requester for Lycosa {
    async fn request(&self) -> Result<usize> {
        Ok(self.client.fetch(Request::get(self.url.clone())).await.result?.len())
    }

    fn expected(&self) -> usize {
        self.expected
    }
}

//! The crawler's transport, and its client.

use std::{env, fs};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use lycosa::{Client, Config, Request, bare::Bare};
use url::Url;

use crate::{
    Result,
    load::Asker,
    server::{PAGE, WORD},
    tls::ROOT,
};

/// What `lycosa fetch` uses: the transport, and the client over it.
pub(crate) struct Lycosa {
    client: Client,
    url: Url,
    wanted: usize,
}

impl Lycosa {
    pub(crate) fn plain(port: u16) -> Result<Self> {
        Self::new(&Config::default(), &format!("http://127.0.0.1:{port}/page"), PAGE)
    }

    /// Trusts the tests' root.
    pub(crate) fn tls(port: u16) -> Result<Self> {
        let file = env::temp_dir().join(format!("lycosa-root-{}.pem", std::process::id()));
        let text = BASE64_STANDARD.encode(ROOT);
        fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"))?;
        let mut config = Config::default();
        config.tls.ca = vec![file.clone()];
        let made = Self::new(&config, &format!("https://localhost:{port}/"), WORD.len());
        fs::remove_file(file)?;
        made
    }

    fn new(config: &Config, url: &str, wanted: usize) -> Result<Self> {
        Ok(Self { client: Client::new(config)?, url: url.parse()?, wanted })
    }
}

/// The transport, with nothing above it but what awc is asked.
pub(crate) struct Transport {
    bare: Bare,
    url: Url,
}

impl Transport {
    pub(crate) fn new(port: u16) -> Result<Self> {
        Ok(Self { bare: Bare::new()?, url: format!("http://127.0.0.1:{port}/page").parse()? })
    }
}

impl Asker for Transport {
    async fn ask(&self) -> Result<usize> {
        Ok(self.bare.get(&self.url).await?)
    }

    fn wanted(&self) -> usize {
        PAGE
    }
}

impl Asker for Lycosa {
    async fn ask(&self) -> Result<usize> {
        Ok(self.client.fetch(Request::get(self.url.clone())).await.result?.len())
    }

    fn wanted(&self) -> usize {
        self.wanted
    }
}

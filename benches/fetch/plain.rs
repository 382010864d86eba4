//! awc alone: as it comes, and tuned as the transport has it.

use actix_http::body;
use awc::{
    Client,
    http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT},
};
use futures_util::StreamExt as _;

use crate::{Result, load::Asker, server::PAGE};

/// awc with its own defaults: redirects, and the body in one piece.
pub(crate) struct Default {
    awc: Client,
    url: String,
}

impl Default {
    pub(crate) fn new(port: u16) -> Self {
        Self { awc: Client::default(), url: url(port) }
    }
}

impl Asker for Default {
    async fn ask(&self) -> Result<usize> {
        let mut answer = self.awc.get(&self.url).send().await.map_err(|error| error.to_string())?;
        Ok(answer.body().await?.len())
    }

    fn wanted(&self) -> usize {
        PAGE
    }
}

/// awc without what the transport does without: redirects, decompression, its limit of time; the same headers, no body out,
/// and the answer's in parts.
pub(crate) struct Tuned {
    awc: Client,
    url: String,
}

impl Tuned {
    pub(crate) fn new(port: u16) -> Self {
        let awc = Client::builder().disable_redirects().disable_timeout().no_default_headers().finish();
        Self { awc, url: url(port) }
    }
}

impl Asker for Tuned {
    async fn ask(&self) -> Result<usize> {
        let request = self.awc.get(&self.url).no_decompress();
        // The same request.
        let request =
            request.insert_header((USER_AGENT, "lycosa/0.1.0")).insert_header((ACCEPT, "text/html,*/*;q=0.8"));
        let request = request.insert_header((ACCEPT_ENCODING, "gzip, deflate, br, zstd"));
        let mut answer = request.send_body(body::None::new()).await.map_err(|error| error.to_string())?;
        let mut length = 0;
        while let Some(part) = answer.next().await {
            length += part?.len();
        }
        Ok(length)
    }

    fn wanted(&self) -> usize {
        PAGE
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/page")
}

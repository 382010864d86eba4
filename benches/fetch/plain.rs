//! awc alone: with its defaults, and tuned like the transport.

use actix_http::body;
use awc::{
    Client,
    http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT},
};
use futures_util::StreamExt as _;

use crate::{Result, load::Requester, server::PAGE_LENGTH};

/// awc with its own defaults: it follows redirects, and reads the body in one piece.
pub(crate) struct AwcDefault {
    awc: Client,
    url: String,
}

impl AwcDefault {
    pub(crate) fn new(port: u16) -> Self {
        Self { awc: Client::default(), url: url(port) }
    }
}

impl Requester for AwcDefault {
    async fn request(&self) -> Result<usize> {
        let mut response = self.awc.get(&self.url).send().await.map_err(|error| error.to_string())?;
        Ok(response.body().await?.len())
    }

    fn expected(&self) -> usize {
        PAGE_LENGTH
    }
}

/// awc used like the transport uses it: no redirects, decompression or time limit of its own; the same headers, no request
/// body, and the response body in parts.
pub(crate) struct AwcTuned {
    awc: Client,
    url: String,
}

impl AwcTuned {
    pub(crate) fn new(port: u16) -> Self {
        let awc = Client::builder().disable_redirects().disable_timeout().no_default_headers().finish();
        Self { awc, url: url(port) }
    }
}

impl Requester for AwcTuned {
    async fn request(&self) -> Result<usize> {
        let request = self
            .awc
            .get(&self.url)
            .no_decompress()
            .insert_header((USER_AGENT, "lycosa/0.1.0"))
            .insert_header((ACCEPT, "text/html,*/*;q=0.8"))
            .insert_header((ACCEPT_ENCODING, "gzip, deflate, br, zstd"));
        let mut response = request.send_body(body::None::new()).await.map_err(|error| error.to_string())?;
        let mut length = 0;
        while let Some(part) = response.next().await {
            length += part?.len();
        }
        Ok(length)
    }

    fn expected(&self) -> usize {
        PAGE_LENGTH
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/page")
}

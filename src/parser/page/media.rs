//! Media type and encoding of a page.

use super::{Page, charset::Charset};

impl Page {
    /// Returns true if the media type is HTML or missing.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let media_type = self.0.headers.media_type();
        media_type.is_none_or(|it| matches!(it.essence.as_str(), "text/html" | "application/xhtml+xml"))
    }

    /// Returns the encoding of the body.
    pub(super) fn charset(&self) -> Charset {
        *self.0.charset.get_or_init(|| {
            let host = self.url().host_str().unwrap_or_default();
            let label = self.0.headers.media_type().and_then(|media_type| media_type.charset);
            Charset::detect(&self.0.body, label.as_deref(), host)
        })
    }
}

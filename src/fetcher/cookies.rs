//! The cookie jars, as the Fetchers share them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use awc::http::header::{COOKIE, HeaderMap, HeaderValue};

use crate::{cookie::Jars, request::Request, response::Headers, time::Wall};

/// Jars that outlive any pipeline; none where cookies are switched off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies(Option<Arc<Mutex<Jars>>>);

impl Cookies {
    /// These jars, shared.
    pub(crate) fn new(jars: Jars) -> Self {
        Self(Some(Arc::new(Mutex::new(jars))))
    }

    /// Adds what the jar has for a request, unless it brings a `Cookie` of its own.
    pub(super) fn add(&self, headers: &mut HeaderMap, request: &Request, now: Wall) {
        let Some(mut jars) = self.lock() else { return };
        if headers.contains_key(COOKIE) {
            return;
        }
        let value = jars.header(request.jar_name(), request.url(), now);
        // A jar keeps no control characters, so every value can be sent.
        if let Some(Ok(mut value)) = value.map(|value| HeaderValue::from_bytes(&value)) {
            value.set_sensitive(true);
            headers.insert(COOKIE, value);
        }
    }

    /// Takes in what an answer sets. Says whether the jar is another one now.
    pub(super) fn take(&self, request: &Request, headers: &Headers, now: Wall) -> bool {
        let mut fields = headers.all("set-cookie").peekable();
        if fields.peek().is_none() {
            return false;
        }
        let Some(mut jars) = self.lock() else { return false };
        // Each field counts, whether or not one before it changed the jar.
        fields.fold(false, |changed, field| jars.set(request.jar_name(), request.url(), field, now) | changed)
    }

    /// A panic while the jars were locked may have cost a cookie, and nothing else.
    fn lock(&self) -> Option<MutexGuard<'_, Jars>> {
        self.0.as_ref().map(|jars| jars.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

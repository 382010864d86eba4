//! The cookie jars that all Fetchers share.

use std::sync::{Arc, Mutex, MutexGuard};

use awc::http::header::{COOKIE, HeaderValue};

use crate::{
    base::{locks::lock, time::Wall},
    error::StoreError,
    http::{
        cookie::{Jars, ROW},
        request::Request,
        response::Headers,
    },
    side_table::{ChangedRow, SideTable},
    transport::RequestHead,
};

/// Shared jars, which outlive every rebuild of the pipeline. Empty if cookies are disabled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies(Option<Arc<Mutex<Jars>>>);

impl Cookies {
    /// Shares these jars.
    pub(crate) fn new(jars: Jars) -> Self {
        Self(Some(Arc::new(Mutex::new(jars))))
    }

    /// Adds the cookies of a Netscape cookie file again, whose invalid lines have been logged.
    pub(crate) fn reload(&self, text: Vec<u8>, now: Wall) {
        if let Some(mut jars) = self.lock() {
            jars.load(text, now, |_, _| {});
        }
    }

    /// Adds the jar's `Cookie` field to a request, unless the request has its own.
    pub(crate) fn add(&self, head: &mut RequestHead, request: &Request, now: Wall) {
        let Some(mut jars) = self.lock() else { return };
        let value = jars.header(request.jar_name(), request.url(), now);
        // A jar accepts no control characters, so every value can be sent.
        if let Some(Ok(value)) = value.map(|value| HeaderValue::from_bytes(&value))
            && !head.has(&COOKIE)
        {
            head.push(&COOKIE, &value);
        }
    }

    /// Applies the `Set-Cookie` fields of a response. Returns true if the jar changed.
    pub(crate) fn take(&self, request: &Request, headers: &Headers, now: Wall) -> bool {
        let mut fields = headers.all("set-cookie").peekable();
        if fields.peek().is_none() {
            return false;
        }
        let Some(mut jars) = self.lock() else { return false };
        // Not `any`: every field must be applied.
        fields.fold(false, |changed, field| jars.set(request.jar_name(), request.url(), field, now) | changed)
    }

    /// Locks the jars. A panic under the lock can only lose a cookie.
    fn lock(&self) -> Option<MutexGuard<'_, Jars>> {
        self.0.as_deref().map(lock)
    }
}

impl SideTable for Cookies {
    fn prefix(&self) -> u8 {
        ROW
    }

    fn changes(&self, now: Wall) -> Vec<ChangedRow> {
        self.lock().map(|mut jars| jars.changes(now)).unwrap_or_default()
    }

    fn mark_all_changed(&self) {
        self.lock().into_iter().for_each(|mut jars| jars.change_all());
    }

    fn restore_row(&self, _: &[u8], row: &[u8], now: Wall) -> Result<(), StoreError> {
        self.lock().map_or(Ok(()), |mut jars| jars.restore(row, now))
    }
}

//! The cookie jars, as the Fetchers share them.

use std::sync::{Arc, Mutex, MutexGuard};

use awc::http::header::{COOKIE, HeaderValue};

use crate::{
    base::{locks::lock, time::Wall},
    http::{
        cookie::{Jars, ROW},
        request::Request,
        response::Headers,
    },
    side_table::{ChangedRow, SideTable},
    transport::RequestHead,
};

/// Jars that outlive any pipeline; none where cookies are switched off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies(Option<Arc<Mutex<Jars>>>);

impl Cookies {
    /// These jars, shared.
    pub(crate) fn new(jars: Jars) -> Self {
        Self(Some(Arc::new(Mutex::new(jars))))
    }

    /// Adds the cookies of a Netscape cookie file. Returns their number.
    pub(crate) fn load(&self, text: &str, now: Wall) -> usize {
        self.lock().map_or(0, |mut jars| jars.load(text, now))
    }

    /// Adds what the jar has for a request, unless it brings a `Cookie` of its own.
    pub(crate) fn add(&self, head: &mut RequestHead, request: &Request, now: Wall) {
        let Some(mut jars) = self.lock() else { return };
        let value = jars.header(request.jar_name(), request.url(), now);
        // A jar keeps no control characters, so every value can be sent.
        if let Some(Ok(value)) = value.map(|value| HeaderValue::from_bytes(&value))
            && !head.has(&COOKIE)
        {
            head.push(&COOKIE, &value);
        }
    }

    /// Takes in what an answer sets. Says whether the jar is another one now.
    pub(crate) fn take(&self, request: &Request, headers: &Headers, now: Wall) -> bool {
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

    fn restore_row(&self, _: &[u8], row: &[u8], now: Wall) {
        self.lock().into_iter().for_each(|mut jars| jars.restore(row, now));
    }
}

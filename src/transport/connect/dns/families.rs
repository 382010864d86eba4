//! Combines the lookups of both address families. Neither waits long for the other (RFC 8305 section 3).

use std::{
    io,
    net::IpAddr,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::future::LocalBoxFuture;
use hickory_resolver::{lookup_ip::LookupIp, net::NetError};
use tokio::time::{Sleep, sleep};

use crate::{
    base::text,
    failure::{FetchError, Stage},
    transport::{LocalFailure, awc::exchange},
};

/// Time to wait for IPv6 addresses after IPv4 ones have arrived.
const GRACE: Duration = Duration::from_millis(50);

/// Result for one family.
type FamilyLookup = Result<LookupIp, NetError>;

/// Lookup of one family.
pub(crate) type PendingLookup = LocalBoxFuture<'static, FamilyLookup>;

/// Results of both families; `None` where no answer came in time.
#[derive(Default)]
pub(crate) struct FamilyAddresses {
    v4: Option<FamilyLookup>,
    v6: Option<FamilyLookup>,
}

impl FamilyAddresses {
    /// Runs both lookups at the same time, for up to `limit`.
    pub(crate) async fn look_up(v4: &mut PendingLookup, v6: &mut PendingLookup, limit: Duration) -> Self {
        let mut found = Self::default();
        let mut end = pin!(sleep(limit));
        while found.v4.is_none() || found.v6.is_none() {
            tokio::select! {
                biased;
                answer = &mut *v4, if found.v4.is_none() => {
                    if has_addresses(&answer) {
                        shorten(end.as_mut(), GRACE);
                    }
                    found.v4 = Some(answer);
                }
                answer = &mut *v6, if found.v6.is_none() => {
                    // Many machines cannot use IPv6, so the IPv4 query gets the time for one repetition.
                    if has_addresses(&answer) {
                        shorten(end.as_mut(), limit / 2 + GRACE);
                    }
                    found.v6 = Some(answer);
                }
                () = &mut end => break,
            }
        }
        found
    }

    /// Returns true if there are IPv4 addresses and no answer about IPv6 yet.
    pub(crate) fn is_without_v6(&self) -> bool {
        self.v6.is_none() && self.v4.as_ref().is_some_and(has_addresses)
    }

    /// Returns the addresses, at least one, IPv6 first.
    ///
    /// # Errors
    /// If there is no address.
    pub(crate) fn addresses(self) -> Result<Vec<IpAddr>, FetchError> {
        let found = [&self.v6, &self.v4].into_iter().flatten().flatten();
        let addresses: Vec<_> = found.flat_map(LookupIp::iter).collect();
        if !addresses.is_empty() {
            return Ok(addresses);
        }
        let (Some(v4), Some(v6)) = (self.v4, self.v6) else { return Err(FetchError::Timeout(Stage::Dns)) };
        let errors = [v4.err(), v6.err()];
        // "No address" of one family says less than another error of the other.
        let is_informative = |error: &&NetError| !error.is_no_records_found();
        let error = errors.iter().flatten().find(is_informative).or_else(|| errors.iter().flatten().next());
        Err(error.map_or_else(|| FetchError::Dns("no address".into()), explain))
    }
}

fn has_addresses(answer: &FamilyLookup) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.iter().next().is_some())
}

/// Moves the end of a running timer to `rest` from now, unless it is earlier.
fn shorten(mut end: Pin<&mut Sleep>, rest: Duration) {
    let earlier = sleep(rest).deadline().min(end.deadline());
    end.as_mut().reset(earlier);
}

fn explain(error: &NetError) -> FetchError {
    match error {
        NetError::Io(io) => {
            note_shortage(io);
            FetchError::Dns(text::from_error(error))
        }
        NetError::Timeout => FetchError::Timeout(Stage::Dns),
        _ if error.is_nx_domain() => FetchError::Dns("no such name".into()),
        _ if error.is_no_records_found() => FetchError::Dns("no address".into()),
        _ => FetchError::Dns(text::from_error(error)),
    }
}

/// Notes a shortage: a lookup needs an open file, too.
fn note_shortage(error: &io::Error) {
    if let Some(failure) = LocalFailure::from_io(error) {
        exchange::with_current(|exchange| exchange.local_failure(failure));
    }
}

//! What the questions for the two families of addresses make together: neither waits long for the other (RFC 8305
//! section 3).

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

/// How long IPv6 addresses are waited for once there are IPv4 ones.
const GRACE: Duration = Duration::from_millis(50);

/// What is found of a family.
type FamilyLookup = Result<LookupIp, NetError>;

/// The question for a family.
pub(crate) type Part = LocalBoxFuture<'static, FamilyLookup>;

/// What is found; none where there was no answer in time.
#[derive(Default)]
pub(crate) struct FamilyAddresses {
    v4: Option<FamilyLookup>,
    v6: Option<FamilyLookup>,
}

impl FamilyAddresses {
    /// Asks for both families at the same time, for `limit` at most.
    pub(crate) async fn of(v4: &mut Part, v6: &mut Part, limit: Duration) -> Self {
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
                    // Many machines cannot use them, so IPv4 gets the time to be asked for once more.
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

    /// Whether there are IPv4 addresses, and no word of IPv6.
    pub(crate) fn is_without_v6(&self) -> bool {
        self.v6.is_none() && self.v4.as_ref().is_some_and(has_addresses)
    }

    /// The addresses, at least one, IPv6 first.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn addresses(self) -> Result<Vec<IpAddr>, FetchError> {
        let found = [&self.v6, &self.v4].into_iter().flatten().flatten();
        let addresses: Vec<_> = found.flat_map(LookupIp::iter).collect();
        if !addresses.is_empty() {
            return Ok(addresses);
        }
        let (Some(v4), Some(v6)) = (self.v4, self.v6) else { return Err(FetchError::Timeout(Stage::Dns)) };
        let errors = [v4.err(), v6.err()];
        // That one family has none says less than what is wrong with the other.
        let is_telling = |error: &&NetError| !error.is_no_records_found();
        let telling = errors.iter().flatten().find(is_telling).or_else(|| errors.iter().flatten().next());
        Err(telling.map_or_else(|| FetchError::Dns("no address".into()), explain))
    }
}

fn has_addresses(answer: &FamilyLookup) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.iter().next().is_some())
}

/// Lets a time that is running end after so long, at the latest.
fn shorten(mut end: Pin<&mut Sleep>, rest: Duration) {
    let earlier = sleep(rest).deadline().min(end.deadline());
    end.as_mut().reset(earlier);
}

fn explain(error: &NetError) -> FetchError {
    match error {
        NetError::Io(io) => {
            note_shortage(io);
            FetchError::Dns(text::of_error(error))
        }
        NetError::Timeout => FetchError::Timeout(Stage::Dns),
        _ if error.is_nx_domain() => FetchError::Dns("no such name".into()),
        _ if error.is_no_records_found() => FetchError::Dns("no address".into()),
        _ => FetchError::Dns(text::of_error(error)),
    }
}

/// A lookup needs a file, too.
fn note_shortage(error: &io::Error) {
    if let Some(failure) = LocalFailure::from_io(error) {
        exchange::with_current(|exchange| exchange.local_failure(failure));
    }
}

//! Links to known URLs: each is a duplicate, or a reason to visit the URL once more.
//!
//! There are two such reasons. If `scope.depth` limits the crawl, a page found on a shorter way has links that were too deep
//! before. With `--recheck`, a page of an earlier configuration may have links that were refused then. Both visits are for
//! links only, so no record is repeated. Without a depth limit and `--recheck`, every such link is a duplicate.

use bytes::Bytes;

use super::{
    Balance, Frontier,
    assignment::PageFindings,
    commit::{
        entry::VisitPurpose,
        seen_row::SeenRow,
        url_status::{FinalStatus, LinkSummary, UrlStatus},
    },
    leases::Leased,
    scope::Refusal,
    seen::known_urls::{LookupCause, PendingLookup},
};
use crate::{base::time::Now, error::StoreError, failure::Rejection, http::request::Request, keys::UrlKey};

impl Frontier {
    /// Decides about a link to a known URL, or asks the store about the URL.
    pub(super) fn offer_known(&mut self, key: UrlKey, request: Request, batch: u64, now: Now) {
        if self.revisit(&request, batch, now) {
            return;
        }
        if !self.may_matter(&key, &request) {
            return self.count_duplicates(batch, 1);
        }
        if let Some(pending) = self.known.pending_mut(&key) {
            // The first link decides what the request is, the shortest way how deep it is.
            let depth = pending.request.depth_value().min(request.depth_value());
            pending.request.set_depth(depth);
            return self.count_duplicates(batch, 1);
        }
        self.commits.batch(batch).undecided += 1;
        self.known.insert_pending(key, PendingLookup { cause: LookupCause::Link, request, batch });
    }

    /// Returns true if a link to a known URL may be more than a duplicate.
    fn may_matter(&self, key: &UrlKey, request: &Request) -> bool {
        if !self.compares_visits() || request.visit() != 0 {
            return false;
        }
        match self.depths.get(key) {
            Some(known) => self.limits_depth() && request.depth_value() < known,
            None => true,
        }
    }

    /// Returns true if a link to a known URL can be a reason for another visit.
    pub(super) fn compares_visits(&self) -> bool {
        self.config.scope.recheck || self.limits_depth()
    }

    /// Returns true if `scope.depth` limits the crawl.
    pub(super) fn limits_depth(&self) -> bool {
        self.config.scope.depth > 0
    }

    /// Notes the depth of a URL that is queued or visited again, for later links to it.
    pub(super) fn note_depth(&mut self, key: &UrlKey, depth: u16) {
        if self.compares_visits() {
            self.depths.put(key, depth);
        }
    }

    /// Returns the row of the seen-set for a URL that is queued at this depth.
    pub(super) fn queued_row(&self, depth: u16) -> Bytes {
        SeenRow::queued(self.limits_depth().then_some(depth))
    }

    /// Returns what is known about a URL, given its row in the store.
    ///
    /// # Errors
    /// If the row is corrupt.
    pub(super) fn seen_row(&self, key: &UrlKey, stored: Option<&[u8]>) -> Result<Option<SeenRow>, StoreError> {
        let row = self.commits.row(key).map(|row| &**row).or(stored);
        let row = row.map(|row| SeenRow::from_bytes(row).ok_or_else(|| StoreError::corrupt("the status of a URL")));
        row.transpose()
    }

    /// Decides about a link to a known URL, whose row in the seen-set is `row`.
    pub(super) fn reconsider(&mut self, key: UrlKey, request: &Request, row: SeenRow, batch: u64, now: Now) {
        let depth = request.depth_value();
        match row {
            SeenRow::Queued { depth: known } => {
                if self.limits_depth() && known.is_none_or(|known| depth < known) {
                    let is_leased = self.leases.note_way(&key, depth);
                    log::trace!(url:% = request.url(), depth, is_leased; "shorter way found to a queued URL");
                    self.commits.batch(batch).note(key, SeenRow::Queued { depth: Some(depth) }.to_bytes());
                    self.note_depth(&key, depth);
                } else {
                    self.note_depth(&key, known.unwrap_or_default());
                }
                self.count_duplicates(batch, 1);
            }
            SeenRow::SetAside(_) => {
                self.restore(key, request, batch, now);
                self.count_duplicates(batch, 1);
            }
            SeenRow::Ended(status) => match self.next_purpose(&status, depth) {
                Some(purpose) => self.visit_again(key, request, status, purpose, batch, now),
                None => {
                    self.note_depth(&key, status.depth);
                    self.count_duplicates(batch, 1);
                }
            },
        }
    }

    /// Returns true if the URL with this row will come into the queue of its host.
    pub(super) fn needs_host(&self, row: Option<&SeenRow>, request: &Request) -> bool {
        match row {
            None | Some(SeenRow::SetAside(_)) => true,
            Some(SeenRow::Queued { .. }) => false,
            Some(SeenRow::Ended(status)) => self.next_purpose(status, request.depth_value()).is_some(),
        }
    }

    /// Returns for what a URL that has ended is visited again after it was found at this depth; `None` if it is not.
    fn next_purpose(&self, status: &UrlStatus, depth: u16) -> Option<VisitPurpose> {
        let is_outdated = self.config.scope.recheck && status.generation < self.config.generation;
        let is_shorter = self.limits_depth() && depth < status.depth;
        match &status.final_status {
            FinalStatus::Done | FinalStatus::NotModified => {
                let has_links = status.links != LinkSummary::None;
                (is_outdated || (is_shorter && has_links)).then_some(VisitPurpose::Links)
            }
            FinalStatus::Redirected(_) => (is_outdated || is_shorter).then_some(VisitPurpose::Links),
            FinalStatus::Rejected(reason) => {
                (is_outdated && follows_from_configuration(reason)).then_some(VisitPurpose::PageAgain)
            }
            FinalStatus::Refused(_) => None,
        }
    }

    /// Admits another visit of a URL. The same commit changes the status of the URL, so the visit is admitted once.
    fn visit_again(
        &mut self,
        key: UrlKey,
        request: &Request,
        mut status: UrlStatus,
        purpose: VisitPurpose,
        batch: u64,
        now: Now,
    ) {
        (status.depth, status.generation) = (request.depth_value(), self.config.generation);
        self.note_depth(&key, status.depth);
        // A generation and a depth name a visit: each later one has a later generation or a lower depth.
        let again = request.clone().with_visit(visit_number(status.generation, status.depth));
        self.commits.batch(batch).note(key, SeenRow::Ended(status).to_bytes());
        self.count(counter(purpose), 1);
        self.admit(UrlKey::from_request(&again), &again, purpose, batch, now);
    }

    /// Visits a page again that has just ended, if a shorter way to it was found while it was queued or leased.
    pub(super) fn reconsider_ended(&mut self, key: UrlKey, request: Request, status: UrlStatus, batch: u64, now: Now) {
        if self.next_purpose(&status, request.depth_value()).is_some() {
            self.commits.count(batch, &Balance { offered: 1, ..Balance::default() });
            self.reconsider(key, &request, SeenRow::Ended(status), batch, now);
        }
    }

    /// Finds out whether a shorter way to a page was found while it was queued or leased: its links may be followed then.
    pub(super) fn look_for_shorter_way(
        &mut self,
        url: UrlKey,
        leased: &Leased,
        status: UrlStatus,
        shortest: u16,
        now: Now,
    ) {
        if status.links == LinkSummary::None || !self.limits_depth() {
            return;
        }
        let is_shorter = shortest < leased.depth;
        if !is_shorter && !leased.may_have_shorter_way {
            return;
        }
        let Some(mut request) = leased.entry.request().filter(|request| request.visit() == 0) else { return };
        request.set_depth(shortest.min(leased.depth));
        let batch = self.commits.open_number();
        if is_shorter {
            self.reconsider_ended(url, request, status, batch, now);
        } else if self.known.pending_mut(&url).is_none() {
            self.commits.batch(batch).undecided += 1;
            self.known.insert_pending(url, PendingLookup { cause: LookupCause::Settled, request, batch });
        }
    }
}

/// Returns what became of the links of a page.
pub(super) fn link_summary(findings: &PageFindings) -> LinkSummary {
    if findings.refused.iter().any(|(reason, _)| reason == Refusal::Depth) {
        LinkSummary::TooDeep
    } else if findings.outlinks.is_empty() {
        LinkSummary::None
    } else {
        LinkSummary::Followed
    }
}

/// Returns true if another configuration may not reject the URL.
fn follows_from_configuration(reason: &Rejection) -> bool {
    match reason {
        Rejection::Robots
        | Rejection::Scope
        | Rejection::Status(_)
        | Rejection::Redirects
        | Rejection::TooLarge
        | Rejection::MediaType
        | Rejection::NoHandler => true,
        Rejection::Encoding
        | Rejection::HandlerError(_)
        | Rejection::HandlerPanic(_)
        | Rejection::Poison
        | Rejection::GaveUp(_) => false,
    }
}

fn counter(purpose: VisitPurpose) -> &'static str {
    match purpose {
        VisitPurpose::Links => "recheck/links",
        VisitPurpose::Page | VisitPurpose::PageAgain => "recheck/pages",
    }
}

/// Returns the number of a visit, which distinguishes it from other visits of its URL. Those of `Request::revisit` are
/// hashes; the two meet once in about 2^31 visits, and then one of them is a duplicate.
fn visit_number(generation: u32, depth: u16) -> u32 {
    (generation << 16 | u32::from(depth)) ^ 0x8000_0000
}

//! Settlements on their way home.

use std::{cell::RefCell, rc::Rc};

use super::lease::{Lease, Settlement, SettlementSender};
use crate::outcome::Outcome;

/// Settlements sent together, at most.
const BATCH: usize = 32;

/// Collects what is settled in one turn of the thread and sends it home in one message.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettlementBatch(Rc<RefCell<Vec<Settlement>>>);

impl SettlementBatch {
    /// Settles a lease.
    pub(crate) fn settle(&self, lease: Lease, outcome: Outcome) {
        let settlement_sender = lease.settlement_sender().clone();
        let waiting = {
            let mut settlements = self.0.borrow_mut();
            settlements.push(lease.settled(outcome));
            settlements.len()
        };
        if waiting >= BATCH {
            self.send(&settlement_sender);
        } else if waiting == 1 {
            let this = self.clone();
            // A task that is spawned now runs after those that are ready now.
            actix_rt::spawn(async move { this.send(&settlement_sender) });
        }
    }

    fn send(&self, settlement_sender: &SettlementSender) {
        settlement_sender.send(self.0.take());
    }
}

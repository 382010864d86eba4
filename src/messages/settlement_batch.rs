//! Settlements that are sent to the Scheduler together.

use std::{cell::RefCell, mem, rc::Rc};

use super::{
    MAX_ITEMS,
    lease::{Lease, Settlement, SettlementSender},
};
use crate::outcome::Outcome;

/// Settled leases that the Scheduler has not been sent yet; a full batch sends itself.
///
/// Dropping it sends the rest, because a settlement, unlike a lease, does not report itself.
#[derive(Debug, Default)]
pub(crate) struct SettlementBatch {
    /// Fewer than [`MAX_ITEMS`].
    settlements: Vec<Settlement>,
    /// Sender of the leases; all leases of a pipeline have the same one.
    sender: Option<SettlementSender>,
}

impl SettlementBatch {
    /// Settles a lease.
    pub(crate) fn settle(&mut self, lease: Lease, outcome: Outcome) {
        if self.sender.is_none() {
            self.sender = Some(lease.settlement_sender().clone());
        }
        self.settlements.push(lease.settled(outcome));
        if self.settlements.len() >= MAX_ITEMS {
            self.send();
        }
    }

    /// Number of settlements that are not sent yet.
    pub(crate) fn len(&self) -> usize {
        self.settlements.len()
    }

    /// Sends the settlements in one message; without any, it sends nothing.
    pub(crate) fn send(&mut self) {
        if let Some(sender) = &self.sender {
            sender.send(mem::take(&mut self.settlements));
        }
    }
}

impl Drop for SettlementBatch {
    fn drop(&mut self) {
        self.send();
    }
}

/// [`SettlementBatch`] shared by the tasks of one thread.
///
/// It is sent after the tasks that are ready now have run, or before, if it is full.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedSettlementBatch(Rc<RefCell<SettlementBatch>>);

impl SharedSettlementBatch {
    /// Settles a lease.
    pub(crate) fn settle(&self, lease: Lease, outcome: Outcome) {
        let mut batch = self.0.borrow_mut();
        batch.settle(lease, outcome);
        if batch.len() == 1 {
            let batch = self.0.clone();
            // A new task runs after the tasks that are ready now.
            actix_rt::spawn(async move { batch.borrow_mut().send() });
        }
    }
}

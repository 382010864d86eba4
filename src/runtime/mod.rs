//! What runs beneath the actors.
//!
//! | file | contents |
//! |---|---|
//! | `clock` | the machine's clocks; nothing else reads them |
//! | `budget` | bytes that pages in flight may hold |
//! | `gauges` | number of leases at each stage |
//! | `liveness` | reports the end of an actor or thread |
//! | `memory` | memory of this process, and what it may have |
//! | `output_status` | what an output has accepted and written |
//! | `threads` | named threads |

pub(crate) mod budget;
pub(crate) mod clock;
pub(crate) mod gauges;
pub(crate) mod liveness;
pub(crate) mod memory;
pub(crate) mod output_status;
pub(crate) mod threads;

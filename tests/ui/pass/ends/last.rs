//! The last of a channel.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
pub enum JobEvent {
    #[realtime(channel = "job:{job}", latest)]
    Progress { job: u64, percent: u8 },
    #[realtime(channel = "job:{job}", ends)]
    Done { job: u64 },
    #[realtime(ends, channel = "job:{job}")]
    Failed { job: u64, why: String },
}

fn main() {
    assert!(!JobEvent::Progress { job: 1, percent: 5 }.route().ends);
    assert!(JobEvent::Done { job: 1 }.route().ends);
    assert!(JobEvent::Failed { job: 1, why: String::new() }.route().ends);
}

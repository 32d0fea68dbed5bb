use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[realtime(ends)]
enum JobEvent {
    #[realtime(channel = "job:{job}")]
    Done { job: u64 },
}

fn main() {}

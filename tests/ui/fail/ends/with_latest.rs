use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum JobEvent {
    #[realtime(channel = "job:{job}", latest, ends)]
    Done { job: u64 },
}

fn main() {}

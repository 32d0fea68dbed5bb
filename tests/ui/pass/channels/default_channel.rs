//! Without a template, a variant goes to the channel named after the enum.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::{Channels, Realtime};

#[derive(Realtime, Serialize, JsonSchema)]
enum ServerMetricsEvent {
    Cpu { percent: u8 },
    #[realtime(volatile)]
    Ping,
    #[realtime(channel = "server-metrics-event")]
    Memory(u64),
}

fn main() {
    let templates: Vec<String> = ServerMetricsChannel::TEMPLATES.iter().map(ToString::to_string).collect();
    assert_eq!(templates, ["server-metrics-event"]);
    for (event, volatile) in [
        (ServerMetricsEvent::Cpu { percent: 3 }, false),
        (ServerMetricsEvent::Ping, true),
        (ServerMetricsEvent::Memory(1), false),
    ] {
        let route = event.route();
        assert_eq!((route.channel, route.volatile), (Ok("server-metrics-event".to_owned()), volatile));
    }
    assert_eq!("server-metrics-event".parse(), Ok(ServerMetricsChannel::server_metrics_event()));
    assert_eq!((ServerMetricsEvent::CONTRACT.history, ServerMetricsEvent::CONTRACT.keep), (None, None));
}

//! Fields that are called like what the derive could call its own.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
#[allow(non_snake_case)]
pub enum HostileEvent {
    #[realtime(channel = "c0:{f}")]
    V0 { f: String },
    #[realtime(channel = "c1:{self_}")]
    V1 { self_: String },
    #[realtime(channel = "c2:{name}")]
    V2 { name: String },
    #[realtime(channel = "c3:{named}")]
    V3 { named: String },
    #[realtime(channel = "c4:{text}")]
    V4 { text: String },
    #[realtime(channel = "c5:{templates}")]
    V5 { templates: String },
    #[realtime(channel = "c6:{contract}")]
    V6 { contract: String },
    #[realtime(channel = "c7:{channel}")]
    V7 { channel: String },
    #[realtime(channel = "c8:{__channel}")]
    V8 { __channel: String },
    #[realtime(channel = "c9:{__triwire}")]
    V9 { __triwire: String },
    #[realtime(channel = "c10:{out}")]
    V10 { out: String },
    #[realtime(channel = "c11:{other}")]
    V11 { other: String },
    #[realtime(channel = "c12:{state}")]
    V12 { state: String },
    #[realtime(channel = "c13:{E}")]
    V13 { E: String },
    #[realtime(channel = "c14:{template}")]
    V14 { template: String },
    #[realtime(channel = "c15:{parameter}")]
    V15 { parameter: String },
    #[realtime(channel = "all:{f}:{self_}:{name}:{named}:{text}:{templates}:{contract}:{channel}:{__channel}:{__triwire}:{out}:{other}:{state}:{E}:{template}:{parameter}")]
    All { f: u8, self_: u8, name: u8, named: u8, text: u8, templates: u8, contract: u8, channel: u8, __channel: u8, __triwire: u8, out: u8, other: u8, state: u8, E: u8, template: u8, parameter: u8 },
}

fn main() {
    check(HostileEvent::V0 { f: "v".into() }, HostileChannel::c0("v"), "c0:v");
    check(HostileEvent::V1 { self_: "v".into() }, HostileChannel::c1("v"), "c1:v");
    check(HostileEvent::V2 { name: "v".into() }, HostileChannel::c2("v"), "c2:v");
    check(HostileEvent::V3 { named: "v".into() }, HostileChannel::c3("v"), "c3:v");
    check(HostileEvent::V4 { text: "v".into() }, HostileChannel::c4("v"), "c4:v");
    check(HostileEvent::V5 { templates: "v".into() }, HostileChannel::c5("v"), "c5:v");
    check(HostileEvent::V6 { contract: "v".into() }, HostileChannel::c6("v"), "c6:v");
    check(HostileEvent::V7 { channel: "v".into() }, HostileChannel::c7("v"), "c7:v");
    check(HostileEvent::V8 { __channel: "v".into() }, HostileChannel::c8("v"), "c8:v");
    check(HostileEvent::V9 { __triwire: "v".into() }, HostileChannel::c9("v"), "c9:v");
    check(HostileEvent::V10 { out: "v".into() }, HostileChannel::c10("v"), "c10:v");
    check(HostileEvent::V11 { other: "v".into() }, HostileChannel::c11("v"), "c11:v");
    check(HostileEvent::V12 { state: "v".into() }, HostileChannel::c12("v"), "c12:v");
    check(HostileEvent::V13 { E: "v".into() }, HostileChannel::c13("v"), "c13:v");
    check(HostileEvent::V14 { template: "v".into() }, HostileChannel::c14("v"), "c14:v");
    check(HostileEvent::V15 { parameter: "v".into() }, HostileChannel::c15("v"), "c15:v");
    let name = "all:0:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15";
    let channel = HostileChannel::all(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    check(HostileEvent::All { f: 0, self_: 1, name: 2, named: 3, text: 4, templates: 5, contract: 6, channel: 7, __channel: 8, __triwire: 9, out: 10, other: 11, state: 12, E: 13, template: 14, parameter: 15 }, channel, name);
}

fn check(event: HostileEvent, channel: HostileChannel, name: &str) {
    assert_eq!(event.route().channel, Ok(name.to_owned()));
    assert_eq!(channel.to_string(), name);
    assert_eq!(name.parse(), Ok(channel));
}

//! Enums of events, their channels, their commands.

use super::changes;

changes! {
    variant_added {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left }
    } => compatible("event variant added");
    variant_removed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } => breaking("event variant removed");
    variant_renamed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Spoken { text: String } }
    } => breaking("event variant renamed");
    variants_reordered {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Left, #[realtime(channel = "lobby")] Said { text: String } }
    } => no_change();
    unit_variant_added {
        #[derive(Realtime, Serialize, JsonSchema)]
        enum ChatEvent { #[realtime(channel = "lobby")] Opened, #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)]
        enum ChatEvent { #[realtime(channel = "lobby")] Opened, #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Shut }
    } => compatible("event variant added");
    field_of_a_variant {
        #[derive(Realtime, Serialize, JsonSchema)]
        enum ChatEvent { #[realtime(channel = "lobby")] Opened, #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)]
        enum ChatEvent { #[realtime(channel = "lobby")] Opened, #[realtime(channel = "lobby")] Said { text: Option<String> } }
    } => breaking("null allowed");
    tag_of_events_renamed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "kind")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left }
    } => breaking("tag renamed");
    content_of_events_renamed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type", content = "of")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left { who: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type", content = "with")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left { who: String } }
    } => breaking("content renamed");
    documentation_of_a_variant {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { /** Somebody spoke. */ #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { /** Somebody said something. */ #[realtime(channel = "lobby")] Said { text: String } }
    } => compatible("documentation changed");

    channel_added {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "attic")] Left }
    } => compatible("channel added");
    channel_removed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "room:{room}")] Left { room: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "lobby")] Left { room: String } }
    } => breaking("channel removed");
    channel_renamed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{room}")] Said { room: String }, #[realtime(channel = "room:{room}")] Left { room: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "rooms/{room}")] Said { room: String }, #[realtime(channel = "rooms/{room}")] Left { room: String } }
    } => breaking("channel renamed");
    channel_with_one_more_parameter {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{room}")] Said { room: String, house: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{house}/{room}")] Said { room: String, house: String } }
    } => breaking("channel renamed");
    channel_parameter_renamed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{room}")] Said { room: String, name: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{name}")] Said { room: String, name: String } }
    } => compatible("channel constructor changed");
    variant_moved {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String }, #[realtime(channel = "attic")] Left }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "attic")] Said { text: String }, #[realtime(channel = "lobby")] Left }
    } => Expected::Each("variant moved to another channel", Breaking, 2);

    made_volatile {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby", volatile)] Said { text: String } }
    } => breaking("made volatile");
    volatile_no_more {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby", volatile)] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } => compatible("volatile no more");
    made_latest {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Count { people: u32 } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby", latest)] Count { people: u32 } }
    } => breaking("made latest");
    latest_no_more {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby", latest)] Count { people: u32 } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Count { people: u32 } }
    } => compatible("latest no more");
    audience_added {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { to: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby", audience = "{to}")] Said { to: String } }
    } => breaking("audience added");
    audience_removed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby", audience = "{to}")] Said { to: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { to: String } }
    } => compatible("audience removed");
    made_the_end {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "job:{job}")] Done { job: u32 } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "job:{job}", ends)] Done { job: u32 } }
    } => breaking("made the end of its channel");
    the_end_no_more {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "job:{job}", ends)] Done { job: u32 } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "job:{job}")] Done { job: u32 } }
    } => breaking("the end of its channel no more");
    presence_added {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{room}")] Said { room: u32 } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{room}", presence)] Said { room: u32 } }
    } => compatible("presence added");
    presence_removed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{room}", presence)] Said { room: u32 } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "room:{room}")] Said { room: u32 } }
    } => breaking("presence removed");
}

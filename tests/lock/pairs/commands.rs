//! Commands, their reply, and the state of channels.

use super::changes;

changes! {
    command_added {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String }, Leave }
    } => compatible("command added");
    command_removed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String }, Leave }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } => breaking("command removed");
    command_renamed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Speak { text: String } }
    } => breaking("command renamed");
    required_field_of_a_command {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String, loud: bool } }
    } => breaking("required field added");
    commands_named {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } => compatible("command added");
    commands_gone {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } => breaking("command removed");
    reply_changed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask, reply = u64)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
    } => breaking("type changed");
    reply_reworked {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask, reply = Done)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
        #[derive(Serialize, JsonSchema)] struct Done { at: u64 }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(commands = Ask, reply = Done)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Deserialize, JsonSchema)] #[serde(tag = "type")] enum Ask { Say { text: String } }
        #[derive(Serialize, JsonSchema)] struct Done { at: u64, by: String }
    } => compatible("required field added");
    state_added {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(state = Room)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Serialize, JsonSchema)] struct Room { people: u32 }
    } => compatible("state added");
    state_removed {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")] #[realtime(state = Room)]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
        #[derive(Serialize, JsonSchema)] struct Room { people: u32 }
    } {
        #[derive(Realtime, Serialize, JsonSchema)] #[serde(tag = "type")]
        enum ChatEvent { #[realtime(channel = "lobby")] Said { text: String } }
    } => breaking("state removed");
}

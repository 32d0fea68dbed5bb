//! How the variants of the channel enum, and their constructors, are called.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum NewsEvent {
    #[realtime(channel = "user:{id}:inbox")]
    Inbox { id: String },
    #[realtime(channel = "{tenant}/{id}/x")]
    Deep { tenant: String, id: String },
    #[realtime(channel = "all.the_news-today/now:")]
    All,
    #[realtime(channel = "v2:{id}")]
    Version { id: String },
}

fn main() {
    use NewsChannel as C;
    let (a, b) = (String::from("a"), String::from("b"));
    assert_eq!(C::user_inbox("a"), C::UserInbox { id: a.clone() });
    assert_eq!(C::x("a", "b"), C::X { tenant: a.clone(), id: b.clone() });
    assert_eq!(C::v2("a"), C::V2 { id: a.clone() });
    for (channel, name) in [
        (C::UserInbox { id: a.clone() }, "user:a:inbox"),
        (C::X { tenant: a.clone(), id: b.clone() }, "a/b/x"),
        (C::AllTheNewsTodayNow, "all.the_news-today/now:"),
    ] {
        assert_eq!(channel.to_string(), name);
        assert_eq!(name.parse(), Ok(channel));
    }
}

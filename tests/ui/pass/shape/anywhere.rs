//! In a function, in a module with types from above, out of a macro, with any visibility.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

mod outer {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
    pub(crate) struct Id(pub(crate) u8);

    impl std::fmt::Display for Id {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }

    impl std::str::FromStr for Id {
        type Err = std::num::ParseIntError;
        fn from_str(text: &str) -> Result<Self, Self::Err> {
            text.parse().map(Self)
        }
    }

    pub(crate) mod inner {
        #[derive(triwire::Realtime, serde::Serialize, schemars::JsonSchema)]
        pub(in crate::outer) enum DeepEvent {
            #[realtime(channel = "id:{id}/{own}")]
            Seen { id: super::Id, own: self::Id },
        }

        pub(super) type Id = super::Id;
    }

    pub(crate) fn check() {
        assert_eq!("id:3/4".parse(), Ok(inner::DeepChannel::id(Id(3), Id(4))));
        drop(inner::DeepEvent::Seen { id: Id(1), own: Id(2) });
    }
}

macro_rules! event {
    ($name:ident, $field:ident: $ty:ty, $template:literal) => {
        #[derive(Realtime, Serialize, JsonSchema)]
        pub(crate) enum $name {
            #[realtime(channel = $template)]
            Made { $field: $ty },
        }
    };
}

event!(MadeEvent, id: u64, "made:{id}");

fn main() {
    #[derive(Realtime, Serialize, JsonSchema)]
    enum LocalEvent {
        #[realtime(channel = "room:{room}")]
        Message { room: String },
    }

    assert_eq!(LocalEvent::Message { room: "a".into() }.route().channel, Ok("room:a".to_owned()));
    assert_eq!(LocalChannel::room("a").to_string(), "room:a");
    assert_eq!(MadeEvent::Made { id: 3 }.route().channel, Ok(MadeChannel::made(3).to_string()));
    outer::check();
}

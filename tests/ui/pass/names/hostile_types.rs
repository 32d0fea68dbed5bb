//! Types of the user's own that are called like those of the prelude.

mod hostile {
    macro_rules! own {
        ($($name:ident),*) => {$(
            #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
            pub struct $name;
        )*};
    }
    own!(Option, Some, None, Result, Ok, Err, Vec, Box, Into, From, Clone, Debug, Display, FromStr, Hash, Formatter, Duration, Template, Part, Contract, Variant, Named, Route);

    #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
    pub struct String(pub u8);

    impl ::std::fmt::Display for String {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            ::std::fmt::Display::fmt(&self.0, f)
        }
    }

    impl ::std::str::FromStr for String {
        type Err = ::std::num::ParseIntError;
        fn from_str(text: &str) -> ::std::result::Result<Self, ::std::num::ParseIntError> {
            text.parse().map(Self)
        }
    }

    #[allow(unused)]
    pub mod core {}
    #[allow(unused)]
    pub mod std {}
    #[allow(unused)]
    pub mod triwire {}
    #[allow(unused)]
    pub mod __private {}

    mod inner {
        #![allow(unused_imports)]
        use super::{Clone, Contract, Debug, Display, Duration, Err, Formatter, From, FromStr, Hash, Into, Named, None, Ok, Option, Part, Result, Route, Some, String, Template, Variant, Vec, Box};
        use super::{__private, core, triwire};

        #[derive(::triwire::Realtime, serde::Serialize)]
        #[realtime(history = 3, keep = "1s")]
        pub enum HostileEvent {
            #[realtime(channel = "room:{room}/{other}")]
            Message { room: String, other: u8, option: Option, result: Result },
            Ok,
            Err,
            #[realtime(channel = "none")]
            None,
        }
    }
    pub use inner::*;
}

impl schemars::JsonSchema for hostile::HostileEvent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HostileEvent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::Schema::default()
    }
}

fn main() {
    use hostile::{HostileChannel, HostileEvent};
    use triwire::Realtime;
    assert_eq!(HostileChannel::room(hostile::String(3), 4).to_string(), "room:3/4");
    assert_eq!("room:3/4".parse(), Ok(HostileChannel::room(hostile::String(3), 4)));
    assert!("room:03/4".parse::<HostileChannel>().is_err());
    let event = HostileEvent::Message { room: hostile::String(3), other: 4, option: hostile::Option, result: hostile::Result };
    assert_eq!(event.route().channel, Ok("room:3/4".to_owned()));
    assert_eq!(HostileEvent::CONTRACT.history, Some(3));
}

/// The channels of [`ChatEvent`].
#[derive(
    ::core::clone::Clone,
    ::core::fmt::Debug,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash
)]
pub enum ChatChannel {
    /// `room:{room}`, where `Message`, `Typing`, `Left` and `Read` go.
    Room {
        /// What stands for `{room}`.
        room: String,
    },
    /// `lobby`, where `Notice` goes.
    Lobby,
}
const _: () = {
    use ::triwire::__private as __triwire;
    #[allow(dead_code)]
    impl ChatChannel {
        /// The channel `room:{room}`.
        pub fn room(room: impl ::core::convert::Into<String>) -> Self {
            Self::Room { room: room.into() }
        }
        /// The channel `lobby`.
        pub fn lobby() -> Self {
            Self::Lobby
        }
    }
    impl __triwire::Channels for ChatChannel {
        const TEMPLATES: &'static [__triwire::Template] = &[
            __triwire::Template {
                name: "room",
                parts: &[
                    __triwire::Part::Literal("room:"),
                    __triwire::Part::Parameter("room"),
                ],
            },
            __triwire::Template {
                name: "lobby",
                parts: &[__triwire::Part::Literal("lobby")],
            },
        ];
    }
    impl ::core::fmt::Display for ChatChannel {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let templates = <Self as __triwire::Channels>::TEMPLATES;
            match self {
                Self::Room { room } => __triwire::print(&templates[0], &[room], f),
                Self::Lobby => __triwire::print(&templates[1], &[], f),
            }
        }
    }
    impl ::core::str::FromStr for ChatChannel {
        type Err = __triwire::ChannelError;
        fn from_str(
            text: &str,
        ) -> ::core::result::Result<Self, __triwire::ChannelError> {
            let mut named = __triwire::Named::of::<Self>(text)?;
            let channel = match named.template {
                0 => Self::room(named.parameter::<String>()?),
                _ => Self::lobby(),
            };
            ::core::result::Result::Ok(channel)
        }
    }
    impl __triwire::Realtime for ChatEvent {
        type Channel = ChatChannel;
        type Command = ::core::convert::Infallible;
        type Reply = ();
        type State = ::core::convert::Infallible;
        const CONTRACT: __triwire::Contract<ChatEvent> = __triwire::Contract {
            name: "ChatEvent",
            history: ::core::option::Option::Some(256),
            keep: ::core::option::Option::Some(::core::time::Duration::from_secs(300)),
            variants: &[
                __triwire::Variant::new("message", 0),
                __triwire::Variant::new("typing", 0).volatile(),
                __triwire::Variant::new("left", 0),
                __triwire::Variant::new("read", 0).latest(),
                __triwire::Variant::new("notice", 1),
            ],
            commands: ::core::option::Option::None,
            states: ::core::option::Option::None,
            encode: <ChatEvent as __triwire::Encode>::encode,
            schema: <ChatEvent as __triwire::Describe>::describe,
        };
        fn route(&self) -> __triwire::Route {
            let contract = &<Self as __triwire::Realtime>::CONTRACT;
            match self {
                Self::Message { room, .. } => contract.route(0, &[room]),
                Self::Typing { room, .. } => contract.route(1, &[room]),
                Self::Left { room } => contract.route(2, &[room]),
                Self::Read { room, user, .. } => contract.route(3, &[room]).key(user),
                Self::Notice { .. } => contract.route(4, &[]),
            }
        }
    }
};

::core::compile_error! {
    "`histroy` is no word of `realtime`: did you mean `history`?"
}
::core::compile_error! {
    "a channel's name cannot have '!': its literals are of letters, digits and `._:/-`"
}
/// The channels of [`ChatEvent`].
#[derive(
    ::core::clone::Clone,
    ::core::fmt::Debug,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash
)]
pub enum ChatChannel {
    /// `room:{room}`, where `Message` goes.
    Room {
        /// What stands for `{room}`.
        room: String,
    },
}
const _: () = {
    use ::triwire::__private as __triwire;
    #[allow(dead_code)]
    impl ChatChannel {
        /// The channel `room:{room}`.
        pub fn room(room: impl ::core::convert::Into<String>) -> Self {
            Self::Room { room: room.into() }
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
        ];
    }
    impl ::core::fmt::Display for ChatChannel {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let templates = <Self as __triwire::Channels>::TEMPLATES;
            match self {
                Self::Room { room } => __triwire::print(&templates[0], &[room], f),
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
                _ => Self::room(named.parameter::<String>()?),
            };
            ::core::result::Result::Ok(channel)
        }
    }
    impl __triwire::Realtime for ChatEvent {
        type Channel = ChatChannel;
        type Command = ::core::convert::Infallible;
        type Reply = ();
        type State = ::core::convert::Infallible;
        const CONTRACT: __triwire::Contract<Self> = __triwire::Contract {
            name: "ChatEvent",
            history: ::core::option::Option::None,
            keep: ::core::option::Option::None,
            variants: &[],
            commands: ::core::option::Option::None,
            states: ::core::option::Option::None,
            encode: <ChatEvent as __triwire::Encode>::encode,
            schema: <ChatEvent as __triwire::Describe>::describe,
        };
        fn route(&self) -> __triwire::Route {
            loop {}
        }
    }
};

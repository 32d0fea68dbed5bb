/// The channels of [`Event`].
#[derive(
    ::core::clone::Clone,
    ::core::fmt::Debug,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash
)]
enum Channel {
    /// `event`, where `Tick` goes.
    Event,
}
const _: () = {
    use ::triwire::__private as __triwire;
    #[allow(dead_code)]
    impl Channel {
        /// The channel `event`.
        fn event() -> Self {
            Self::Event
        }
    }
    impl __triwire::Channels for Channel {
        const TEMPLATES: &'static [__triwire::Template] = &[
            __triwire::Template {
                name: "event",
                parts: &[__triwire::Part::Literal("event")],
            },
        ];
    }
    impl ::core::fmt::Display for Channel {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let templates = <Self as __triwire::Channels>::TEMPLATES;
            match self {
                Self::Event => __triwire::print(&templates[0], &[], f),
            }
        }
    }
    impl ::core::str::FromStr for Channel {
        type Err = __triwire::ChannelError;
        fn from_str(
            text: &str,
        ) -> ::core::result::Result<Self, __triwire::ChannelError> {
            let named = __triwire::Named::of::<Self>(text)?;
            let channel = match named.template {
                _ => Self::event(),
            };
            ::core::result::Result::Ok(channel)
        }
    }
    impl __triwire::Realtime for Event {
        type Channel = Channel;
        type Command = ::core::convert::Infallible;
        type Reply = ();
        type State = ::core::convert::Infallible;
        const CONTRACT: __triwire::Contract<Event> = __triwire::Contract {
            name: "Event",
            history: ::core::option::Option::None,
            keep: ::core::option::Option::None,
            variants: &[__triwire::Variant::new("Tick", 0)],
            commands: ::core::option::Option::None,
            states: ::core::option::Option::None,
            encode: <Event as __triwire::Encode>::encode,
            schema: <Event as __triwire::Describe>::describe,
        };
        fn route(&self) -> __triwire::Route {
            let contract = &<Self as __triwire::Realtime>::CONTRACT;
            match self {
                Self::Tick => contract.route(0, &[]),
            }
        }
    }
};

/// The channels of [`OrderEvent`].
pub(crate) enum Channels {
    /// `order:{order}/{type}`, where `Placed`, `Moved` and `Delivered` go.
    Order {
        /// What stands for `{order}`.
        order: OrderId,
        /// What stands for `{type}`.
        r#type: String,
    },
    /// `crate:{number}`, where `Counted` and `Weighed` go.
    Crate {
        /// What stands for `{number}`.
        number: u64,
    },
    /// `lobby`, where `Tuple` and `Newest` go.
    Lobby,
    /// `order-event`, where `Unit` goes.
    OrderEvent,
}
const _: () = {
    use crate::wires::__private as __triwire;
    #[allow(dead_code)]
    impl Channels {
        /// The channel `order:{order}/{type}`.
        pub(crate) fn order(
            order: OrderId,
            r#type: impl ::core::convert::Into<String>,
        ) -> Self {
            Self::Order {
                order,
                r#type: r#type.into(),
            }
        }
        /// The channel `crate:{number}`.
        pub(crate) fn crate_(number: u64) -> Self {
            Self::Crate { number }
        }
        /// The channel `lobby`.
        pub(crate) fn lobby() -> Self {
            Self::Lobby
        }
        /// The channel `order-event`.
        pub(crate) fn order_event() -> Self {
            Self::OrderEvent
        }
    }
    impl __triwire::Channels for Channels {
        const TEMPLATES: &'static [__triwire::Template] = &[
            __triwire::Template {
                name: "order",
                parts: &[
                    __triwire::Part::Literal("order:"),
                    __triwire::Part::Parameter("order"),
                    __triwire::Part::Literal("/"),
                    __triwire::Part::Parameter("type"),
                ],
            },
            __triwire::Template {
                name: "crate",
                parts: &[
                    __triwire::Part::Literal("crate:"),
                    __triwire::Part::Parameter("number"),
                ],
            },
            __triwire::Template {
                name: "lobby",
                parts: &[__triwire::Part::Literal("lobby")],
            },
            __triwire::Template {
                name: "order_event",
                parts: &[__triwire::Part::Literal("order-event")],
            },
        ];
    }
    impl ::core::clone::Clone for Channels {
        fn clone(&self) -> Self {
            match self {
                Self::Order { order, r#type } => {
                    Self::Order {
                        order: <OrderId as __triwire::Parameter>::copy(order),
                        r#type: <String as __triwire::Parameter>::copy(r#type),
                    }
                }
                Self::Crate { number } => {
                    Self::Crate {
                        number: <u64 as __triwire::Parameter>::copy(number),
                    }
                }
                Self::Lobby => Self::Lobby,
                Self::OrderEvent => Self::OrderEvent,
            }
        }
    }
    impl ::core::fmt::Debug for Channels {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self {
                Self::Order { order, r#type } => {
                    f.debug_struct("Order")
                        .field(
                            "order",
                            <OrderId as __triwire::Parameter>::debugged(order),
                        )
                        .field(
                            "type",
                            <String as __triwire::Parameter>::debugged(r#type),
                        )
                        .finish()
                }
                Self::Crate { number } => {
                    f.debug_struct("Crate")
                        .field("number", <u64 as __triwire::Parameter>::debugged(number))
                        .finish()
                }
                Self::Lobby => f.debug_struct("Lobby").finish(),
                Self::OrderEvent => f.debug_struct("OrderEvent").finish(),
            }
        }
    }
    impl ::core::cmp::PartialEq for Channels {
        fn eq(&self, other: &Self) -> bool {
            match (self, other) {
                (
                    Self::Order { order: our_0, r#type: our_1 },
                    Self::Order { order: their_0, r#type: their_1 },
                ) => {
                    <OrderId as __triwire::Parameter>::same(our_0, their_0)
                        && <String as __triwire::Parameter>::same(our_1, their_1)
                }
                (Self::Crate { number: our_0 }, Self::Crate { number: their_0 }) => {
                    <u64 as __triwire::Parameter>::same(our_0, their_0)
                }
                (Self::Lobby, Self::Lobby) => true,
                (Self::OrderEvent, Self::OrderEvent) => true,
                _ => false,
            }
        }
    }
    impl ::core::cmp::Eq for Channels {}
    impl ::core::hash::Hash for Channels {
        fn hash<__H: ::core::hash::Hasher>(&self, state: &mut __H) {
            match self {
                Self::Order { order, r#type } => {
                    ::core::hash::Hasher::write_usize(state, 0);
                    <OrderId as __triwire::Parameter>::hashed(order, state);
                    <String as __triwire::Parameter>::hashed(r#type, state);
                }
                Self::Crate { number } => {
                    ::core::hash::Hasher::write_usize(state, 1);
                    <u64 as __triwire::Parameter>::hashed(number, state);
                }
                Self::Lobby => {
                    ::core::hash::Hasher::write_usize(state, 2);
                }
                Self::OrderEvent => {
                    ::core::hash::Hasher::write_usize(state, 3);
                }
            }
        }
    }
    impl ::core::fmt::Display for Channels {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let templates = <Self as __triwire::Channels>::TEMPLATES;
            match self {
                Self::Order { order, r#type } => {
                    __triwire::print(
                        &templates[0],
                        &[<OrderId as __triwire::Parameter>::shown(order), r#type],
                        f,
                    )
                }
                Self::Crate { number } => __triwire::print(&templates[1], &[number], f),
                Self::Lobby => __triwire::print(&templates[2], &[], f),
                Self::OrderEvent => __triwire::print(&templates[3], &[], f),
            }
        }
    }
    impl ::core::str::FromStr for Channels {
        type Err = __triwire::ChannelError;
        fn from_str(
            text: &str,
        ) -> ::core::result::Result<Self, __triwire::ChannelError> {
            let mut named = __triwire::Named::of::<Self>(text)?;
            let channel = match named.template {
                0 => {
                    Self::order(
                        <OrderId as __triwire::Parameter>::read(&mut named)?,
                        named.parameter::<String>()?,
                    )
                }
                1 => Self::crate_(named.parameter::<u64>()?),
                2 => Self::lobby(),
                _ => Self::order_event(),
            };
            ::core::result::Result::Ok(channel)
        }
    }
    impl __triwire::Realtime for r#OrderEvent {
        type Channel = Channels;
        type Command = orders::Command;
        type Reply = orders::Taken;
        type State = orders::State;
        const CONTRACT: __triwire::Contract<r#OrderEvent> = __triwire::Contract {
            name: "OrderEvent",
            history: ::core::option::Option::None,
            keep: ::core::option::Option::Some(::core::time::Duration::from_millis(250)),
            variants: &[
                __triwire::Variant::new("placed", 0).guarded(),
                __triwire::Variant::new("counted", 1).presence(),
                __triwire::Variant::new("tuple", 2).volatile(),
                __triwire::Variant::new("named-otherwise", 3),
                __triwire::Variant::new("weighed", 1).latest(),
                __triwire::Variant::new("moved", 0).latest(),
                __triwire::Variant::new("newest", 2).latest(),
                __triwire::Variant::new("delivered", 0).ends(),
            ],
            commands: ::core::option::Option::Some(__triwire::Commands {
                read: <orders::Command as __triwire::Decode>::decode,
                schema: <orders::Command as __triwire::Describe>::describe,
                reply: __triwire::Sent {
                    encode: <orders::Taken as __triwire::Encode>::encode,
                    schema: <orders::Taken as __triwire::Describe>::describe,
                },
            }),
            states: ::core::option::Option::Some(__triwire::Sent {
                encode: <orders::State as __triwire::Encode>::encode,
                schema: <orders::State as __triwire::Describe>::describe,
            }),
            encode: <r#OrderEvent as __triwire::Encode>::encode,
            schema: <r#OrderEvent as __triwire::Describe>::describe,
        };
        fn route(&self) -> __triwire::Route {
            let contract = &<Self as __triwire::Realtime>::CONTRACT;
            match self {
                Self::Placed { order, r#type, by } => {
                    contract
                        .route(
                            0,
                            &[<OrderId as __triwire::Parameter>::shown(order), r#type],
                        )
                        .only(
                            &[
                                &"of:",
                                __triwire::Shown::shown(order),
                                &"/",
                                __triwire::Shown::shown(by),
                            ],
                        )
                }
                Self::Counted { number } => contract.route(1, &[number]),
                Self::Tuple(..) => contract.route(2, &[]),
                Self::Unit => contract.route(3, &[]),
                Self::Weighed { number, r#type } => {
                    contract
                        .route(4, &[number])
                        .key(<Kind as __triwire::Key>::shown(r#type))
                }
                Self::Moved { order, r#type } => {
                    contract
                        .route(
                            5,
                            &[<OrderId as __triwire::Parameter>::shown(order), r#type],
                        )
                        .key(<OrderId as __triwire::Key>::shown(order))
                }
                Self::Newest(..) => contract.route(6, &[]),
                Self::Delivered { order, r#type } => {
                    contract
                        .route(
                            7,
                            &[<OrderId as __triwire::Parameter>::shown(order), r#type],
                        )
                }
            }
        }
    }
};

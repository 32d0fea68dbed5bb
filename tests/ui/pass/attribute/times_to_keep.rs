//! The units of `keep`.

macro_rules! keeps {
    ($($name:ident: $keep:literal = $seconds:expr;)*) => {
        $(mod $name {
            #[derive(triwire::Realtime, serde::Serialize, schemars::JsonSchema)]
            #[realtime(keep = $keep)]
            pub enum Event {
                Tick,
            }
        })*

        fn main() {
            $(assert_eq!(<$name::Event as triwire::Realtime>::CONTRACT.keep, Some(std::time::Duration::from_secs_f64($seconds)));)*
        }
    };
}

keeps! {
    milliseconds: "1500ms" = 1.5;
    seconds: "90s" = 90.0;
    minutes: "5m" = 300.0;
    hours: "1h" = 3600.0;
    days: "7d" = 604_800.0;
}

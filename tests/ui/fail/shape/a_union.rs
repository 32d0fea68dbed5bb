use triwire::Realtime;

#[derive(Realtime)]
union ChatEvent {
    room: u8,
}

fn main() {}

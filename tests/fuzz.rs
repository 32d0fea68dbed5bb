//! The WebSocket codec under bytes that nobody meant: mutated frames and offers, each of which may be refused, and none of which may panic,
//! take more memory than its limit allows, or be read in another way when it comes in other pieces. `cargo xtask fuzz` gives it millions.

mod fuzz {
    mod driver;
    mod frames;
    mod mutate;
    mod offers;
    mod read;
}

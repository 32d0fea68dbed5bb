//! What triwire costs, beside what people would use instead: a load tool, the contestants, and how they are measured.
//!
//! A contestant is a program of its own (`serve NAME`, or one that a package manager brought), told on its standard input what to
//! publish. The runner is the load tool itself, on another core: it has thousands of clients in one thread and counts what comes.

pub mod contestant;
pub mod crowd;
pub mod event;
pub mod load;
pub mod measure;

//! What a derive states about one variant. Floor 0.

/// The facts of one variant.
#[doc(hidden)]
#[derive(Debug)]
pub struct Variant {
    /// Its name on the wire.
    pub name: &'static str,
    /// The place of its template among the channels' templates.
    pub template: usize,
    /// Whether it is worth seeing now, but not worth replaying.
    pub volatile: bool,
    /// Whether its events have an audience.
    pub guarded: bool,
    /// Whether only the newest of its events, of each key, is worth keeping.
    pub latest: bool,
    /// Whether its events are the last of their channels.
    pub ends: bool,
    /// Whether its channels tell who is in.
    pub presence: bool,
}

impl Variant {
    /// A variant whose events go to the channels of the template at `template`.
    #[must_use]
    pub const fn new(name: &'static str, template: usize) -> Self {
        Self { name, template, volatile: false, guarded: false, latest: false, ends: false, presence: false }
    }

    /// The same, but not worth replaying.
    #[must_use]
    pub const fn volatile(self) -> Self {
        Self { volatile: true, ..self }
    }

    /// The same, but with an audience.
    #[must_use]
    pub const fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }

    /// The same, but with only the newest worth keeping.
    #[must_use]
    pub const fn latest(self) -> Self {
        Self { latest: true, ..self }
    }

    /// The same, but the last of its channel.
    #[must_use]
    pub const fn ends(self) -> Self {
        Self { ends: true, ..self }
    }

    /// The same, of whose channels it is told who is in.
    #[must_use]
    pub const fn presence(self) -> Self {
        Self { presence: true, ..self }
    }
}

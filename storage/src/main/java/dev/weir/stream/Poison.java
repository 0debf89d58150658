package dev.weir.stream;

/// Why a record can never be stored.
public enum Poison {
    /// It is no event of a version that this Weir can read.
    UNREADABLE("unreadable"),
    /// The database is well and refuses this event for a reason of its own, such as a value out of range.
    REFUSED("refused");

    private final String id;

    Poison(String id) {
        this.id = id;
    }

    public String id() {
        return id;
    }
}

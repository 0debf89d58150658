package dev.weir.spool;

/// How close the spool is to its quota. Nothing that is kept is ever dropped to make room.
public enum Pressure {
    /// Below 70 %.
    NORMAL,
    /// From 70 % on: somebody should look at the store.
    WARN,
    /// From 90 % on: what a named policy allows to shed is refused.
    SHED,
    /// Full: new attempts are refused; those in flight are settled in the room set aside.
    REFUSE;

    static Pressure of(long usedBytes, long quotaBytes) {
        if (usedBytes >= quotaBytes) {
            return REFUSE;
        }
        long percent = usedBytes / Math.max(1, quotaBytes / 100);
        return percent >= 90 ? SHED : percent >= 70 ? WARN : NORMAL;
    }
}

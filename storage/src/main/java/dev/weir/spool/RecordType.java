package dev.weir.spool;

import org.jspecify.annotations.Nullable;

/// What a frame holds. The code is stored; it is never changed, only added to.
enum RecordType {
    /// The admission record: the event that the attempt becomes if the process dies before it is settled.
    OPEN(1, false),
    /// What has passed so far of an attempt.
    PROGRESS(2, false),
    /// The event of an attempt that ended.
    SETTLE(3, true),
    /// An event without an attempt: a refusal, or usage that was told after its attempt had ended.
    REFUSE(4, true),
    /// The event of an attempt that a former epoch opened and never settled.
    RECOVERED(5, true),
    /// Closes an attempt whose opening record could not be synced where each append is: nothing was sent.
    TAKEN_BACK(6, false);

    private final int code;
    private final boolean event;

    RecordType(int code, boolean event) {
        this.code = code;
        this.event = event;
    }

    int code() {
        return code;
    }

    /// Whether it is an event, so that it has a seq.
    boolean isEvent() {
        return event;
    }

    static @Nullable RecordType byCode(int code) {
        return switch (code) {
            case 1 -> OPEN;
            case 2 -> PROGRESS;
            case 3 -> SETTLE;
            case 4 -> REFUSE;
            case 5 -> RECOVERED;
            case 6 -> TAKEN_BACK;
            default -> null;
        };
    }
}

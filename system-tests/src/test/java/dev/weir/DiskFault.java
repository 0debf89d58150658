package dev.weir;

import java.util.Locale;

/// One fault of a disk: what happens, and at which operation that can fail.
///
/// @param kind what happens
/// @param at which one, counted from 1 when the fault was armed: [Kind#onPut] kinds count the copies into mapped files, all
///        others the calls that a kernel can refuse (make, write, sync, rename, delete, sync of the folder)
record DiskFault(Kind kind, long at) {
    /// What a disk can do to a process, and what can end it meanwhile.
    enum Kind {
        /// One operation fails. After a failed sync the pages read as they were when they were last durable, as after a
        /// kernel has dropped what it could not write.
        EIO(false),
        /// That operation and all later ones fail; what was written stays readable, because only the device is gone.
        EIO_FOR_EVER(false),
        /// That operation fails, and the next [#FULL_FOR] that need room.
        ENOSPC(false),
        /// The process dies before the operation has any effect.
        KILL_BEFORE(false),
        /// The process dies when the operation has taken effect, before it returns.
        KILL_AFTER(false),
        /// The operation takes [#STALL_SECONDS].
        STALL(false),
        /// The process dies in the middle of a copy into a mapped file: half of the bytes are there.
        TORN(true),
        /// The device fails under a mapped file, which a JVM shows as an [InternalError].
        FAULT(true);

        private final boolean onPut;

        Kind(boolean onPut) {
            this.onPut = onPut;
        }

        boolean onPut() {
            return onPut;
        }

        boolean kills() {
            return this == KILL_BEFORE || this == KILL_AFTER || this == TORN;
        }
    }

    static final long FULL_FOR = 20;
    static final long STALL_SECONDS = 4;

    DiskFault {
        if (at < 1) {
            throw new IllegalArgumentException("the first operation is number 1, not " + at);
        }
    }

    /// Reads what [#toString] writes.
    static DiskFault parse(String text) {
        String[] parts = text.split("@", 2);
        return new DiskFault(Kind.valueOf(parts[0].toUpperCase(Locale.ROOT).replace('-', '_')),
                Long.parseLong(parts[1]));
    }

    /// `eio@17`
    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + "@" + at;
    }
}

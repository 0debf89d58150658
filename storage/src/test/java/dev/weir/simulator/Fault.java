package dev.weir.simulator;

/// What goes wrong in a run. The letters are the fault classes of the guarantees.
enum Fault {
    /// P: the process dies between two steps.
    KILL,
    /// P: the process dies at one of its next operations on the disk.
    KILL_AT_OPERATION,
    /// P: the process dies in the middle of a store into the mapped segment.
    KILL_IN_STORE,
    /// M: the machine loses power; what was not synced survives by sectors or not.
    POWER_CUT,
    /// M: the machine loses power at one of the next operations on the disk.
    POWER_CUT_AT_OPERATION,
    /// D: one of the next operations on the disk fails.
    EIO_ONCE,
    /// D: all operations on the disk fail for a while.
    EIO_FOR_A_WHILE,
    /// D: the disk is full for a while.
    DISK_FULL,
    /// D: the disk does nothing for up to 30 seconds.
    DISK_STALL,
    /// D: a few bits of a segment flip.
    ROT,
    /// O: the folder of a node is put back as it was minutes ago.
    FOLDER_RESTORED,
    /// B: the database refuses connections.
    DATABASE_DOWN,
    /// B: the database takes statements and does not answer; what it took is committed later, or never.
    DATABASE_HUNG,
    /// B: each statement takes seconds.
    DATABASE_SLOW,
    /// B: the next few answers are lost, before or after the commit.
    COMMIT_UNKNOWN,
    /// B: the database comes back from a backup.
    DATABASE_RESTORED,
    /// T: the wall clock of a machine jumps.
    CLOCK_JUMP,
    /// T: the clocks of a machine run fast or slow.
    CLOCK_DRIFT,
    /// T: a process stands still for up to a minute.
    PROCESS_PAUSE
}

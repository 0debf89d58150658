package dev.weir.simulator;

import dev.weir.event.EventId;
import dev.weir.spool.TornDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One machine with a disk and a clock, on which one process after another lives and dies.
final class Node {
    final int number;
    final String name;
    final SimulatedClock clock;
    private final Simulation simulation;
    private final World world;
    private final Faults faults = new Faults();
    /// What was kept and a power cut could still take, oldest first.
    private List<Unsafe> unsafe = new ArrayList<>();
    private TornDisk disk = new TornDisk();
    private @Nullable Life life;
    private int boots = 1;
    private boolean starting;
    private long lastEpoch;
    private int generation;
    private long pausedUntil;
    private boolean clockWentBack;
    private @Nullable TornDisk copy;
    private boolean folderRestored;
    private boolean settlementsLost;
    private boolean recordsLostUnseen;
    private boolean clockWentFar;
    /// Until when an old trouble of the disk may excuse that something is not synced.
    private long excusedUntil;
    /// Whether a sync failed and the kernel has dropped what it could not write: only the process has it now.
    private boolean pagesDropped;

    /// A record that is kept and not synced.
    ///
    /// @param loss what a power cut makes possible
    private record Unsafe(int generation, long keptAt, Runnable loss) {}

    Node(int number, Simulation simulation) {
        this.number = number;
        this.name = "node-" + number;
        this.simulation = simulation;
        this.world = simulation.world();
        this.clock = new SimulatedClock(world, simulation.setting().begun());
    }

    @Nullable
    Life life() {
        return life;
    }

    TornDisk disk() {
        return disk;
    }

    String bootId() {
        return "boot-" + number + "-" + boots;
    }

    /// When a process that was stopped goes on.
    long pausedUntil() {
        return pausedUntil;
    }

    /// Whether a thread of the process waits for the disk, and so would every other that needs it.
    boolean isBlocked() {
        return faults.blocked;
    }

    void start() {
        int mine = generation;
        if (!simulation.database().isUp()) {
            world.after(World.SECOND, () -> startAgain(mine));
            return;
        }
        disk.faults(faults);
        try {
            starting = true;
            var born = new Life(this, simulation);
            // While it started it may have been killed, and another one begun.
            if (mine == generation) {
                unsafe.clear();
                pagesDropped = false;
                if (born.spool.epoch() > lastEpoch + 1) {
                    simulation.run().sometimes(Sometimes.AN_EPOCH_IS_SKIPPED);
                }
                lastEpoch = born.spool.epoch();
                life = born;
                simulation.run()
                        .tell(world, name + " lives: " + born.spool.recovery() + " epoch " + born.spool.epoch());
                born.begin();
            }
        } catch (TornDisk.Killed inTheMiddle) {
            simulation.run().sometimes(Sometimes.A_START_IS_KILLED);
            buryTorn();
        } catch (IOException failed) {
            if (mine == generation) {
                disk.kill();
                disk = disk.killed();
                world.after(world.between(World.SECOND, 5 * World.SECOND), () -> startAgain(mine));
            }
        } finally {
            starting = false;
        }
    }

    private void startAgain(int mine) {
        if (mine == generation) {
            start();
        }
    }

    void kill() {
        die();
        if (pagesDropped) {
            recordsLostUnseen |= !unsafe.isEmpty();
            lose();
        }
        disk = disk.killed();
    }

    void cutPower() {
        if (starting || life != null && life.spool.unsyncedBytes() > 0) {
            // Records of which no call was told that they are kept may go too, and their numbers with them: also those of the
            // attempts that a start has recovered, which the next one recovers again.
            simulation.truth().numbersMayBeMissing();
        }
        die();
        boots++;
        long window = 2 * simulation.setting().syncIntervalNanos() + 5 * World.MILLI;
        for (Unsafe record : unsafe) {
            simulation.run()
                    .check(record.generation < generation - 1 || world.nanos() <= excusedUntil
                            || world.nanos() - record.keptAt <= window,
                            "a power cut may take a record that was kept %d ms before",
                            (world.nanos() - record.keptAt) / World.MILLI);
        }
        if (!unsafe.isEmpty()) {
            simulation.run().sometimes(Sometimes.A_POWER_CUT_TAKES_RECORDS);
        }
        lose();
        disk = disk.powerCut(world.random().nextLong());
    }

    /// A backup of the folder, as of a process that was killed then.
    void copyFolder() {
        copy = disk.killed();
    }

    /// The process is killed, and the folder is as it was when it was copied.
    ///
    /// @return whether there was a copy
    boolean restoreFolder() {
        var old = copy;
        if (old == null || simulation.wasDatabaseRestored()) {
            return false;
        }
        die();
        lose();
        disk = old;
        copy = null;
        folderRestored = true;
        simulation.rotted(this);
        return true;
    }

    boolean wasFolderRestored() {
        return folderRestored;
    }

    /// What is not synced may be gone.
    private void lose() {
        if (!unsafe.isEmpty()) {
            simulation.truth().numbersMayBeMissing();
        }
        settlementsLost |= !unsafe.isEmpty();
        // The last first: each takes back what it changed.
        unsafe.reversed().forEach(record -> record.loss.run());
        unsafe.clear();
    }

    private void die() {
        generation++;
        simulation.run().tell(world, name + " dies");
        if (life != null) {
            life.end();
            life = null;
        }
        disk.kill();
        faults.forget();
        int mine = generation;
        world.after(world.between(World.SECOND / 10, 20 * World.SECOND), () -> startAgain(mine));
    }

    /// Notes that a record is kept, and what a power cut may do until it is synced.
    void kept(Runnable loss) {
        if (simulation.setting().syncIntervalNanos() > 0) {
            unsafe.add(new Unsafe(generation, world.nanos(), loss));
        }
    }

    int unsafeRecords() {
        return unsafe.size();
    }

    /// The first so many unsafe records are synced.
    void synced(int records) {
        pagesDropped = false;
        unsafe = new ArrayList<>(unsafe.subList(Math.min(records, unsafe.size()), unsafe.size()));
    }

    /// The number an append of the living process got.
    EventId id(long epoch, long seq) {
        return new EventId(name, epoch, seq);
    }

    void heal() {
        faults.forget();
        disk.capacity(Long.MAX_VALUE);
        clock.drift(0);
        pausedUntil = 0;
    }

    void pause(long nanos) {
        pausedUntil = world.nanos() + nanos;
        excuse(nanos);
    }

    private void excuse(long nanos) {
        // Who waits here goes on only when those have that began to wait meanwhile, and they may hang on the database.
        long others = simulation.isShared() ? 60 * World.SECOND : 20 * World.SECOND;
        excusedUntil = Math.max(excusedUntil, world.nanos() + nanos + others);
    }

    void stall(long nanos) {
        faults.stalledUntil = world.nanos() + nanos;
        excuse(nanos);
    }

    void fail(long nanos) {
        faults.failsUntil = world.nanos() + nanos;
        excuse(nanos);
    }

    void fill(long nanos) {
        disk.capacity(disk.used() + world.between(0, 300_000));
        int mine = boots;
        world.after(nanos, () -> {
            if (mine == boots) {
                disk.capacity(Long.MAX_VALUE);
            }
        });
        excuse(nanos);
    }

    /// At one of the next operations of the disk.
    void atOperation(Fault fault, int countdown) {
        faults.planned = fault;
        faults.countdown = countdown;
        excuse(World.MINUTE);
    }

    /// At the next store into the mapping.
    void atStore() {
        faults.storesToLive = 1 + world.random().nextInt(3);
    }

    /// Flips bits of one segment; what was not stored before may be gone.
    void rot() {
        var segments = disk.files().stream().filter(name -> name.endsWith(".raw") || name.endsWith(".lz4")).toList();
        if (segments.isEmpty()) {
            return;
        }
        var file = segments.get(world.random().nextInt(segments.size()));
        for (int i = 1 + world.random().nextInt(4); i > 0; i--) {
            disk.rot(file, world.between(0, Math.min(disk.size(file) - 1, 40_000)), world.random().nextInt(8));
        }
        simulation.rotted(this);
    }

    void jump(Duration by) {
        clock.jump(by);
        clockWentBack |= by.isNegative();
        clockWentFar |= by.compareTo(Duration.ofHours(24)) > 0;
    }

    /// Whether settlements were lost: their attempts are charged as reserved, though others were let into the room they left.
    boolean settlementsLost() {
        return settlementsLost;
    }

    void settlementsMayBeLost() {
        settlementsLost = true;
        recordsLostUnseen = true;
    }

    /// Whether records went in a way that no start can see: rotted, or dropped by the kernel before the process died.
    boolean recordsLostUnseen() {
        return recordsLostUnseen;
    }

    /// Whether it jumped by more than segments are retained.
    boolean clockWentFar() {
        return clockWentFar;
    }

    /// Whether moments came again here: a window that had passed may have had its calls charged to a later one.
    boolean clockWentBack() {
        return clockWentBack;
    }

    /// What the disk does at each operation.
    private final class Faults implements TornDisk.Faults {
        private boolean blocked;
        private long stalledUntil;
        private long failsUntil;
        private @Nullable Fault planned;
        private int countdown;
        private int storesToLive;

        void forget() {
            blocked = false;
            stalledUntil = 0;
            failsUntil = 0;
            planned = null;
            storesToLive = 0;
        }

        @Override
        public void before(String what) throws IOException {
            note(what);
            if (!what.equals("force")) {
                simulation.run().tell(world, name + " disk: " + what);
            }
            if (world.nanos() < stalledUntil) {
                waitForDisk();
            }
            if (world.nanos() < failsUntil) {
                pagesDropped |= what.equals("force");
                throw new IOException("EIO at " + what);
            }
            var fault = planned;
            if (fault != null && --countdown <= 0) {
                planned = null;
                strike(fault, what);
            }
        }

        private void waitForDisk() {
            int mine = generation;
            blocked = true;
            world.pause(stalledUntil - world.nanos());
            if (mine != generation) {
                throw new TornDisk.Killed();
            }
            blocked = false;
        }

        private void strike(Fault fault, String what) throws IOException {
            pagesDropped |= what.equals("force");
            switch (fault) {
                case KILL_AT_OPERATION -> kill();
                case POWER_CUT_AT_OPERATION -> cutPower();
                default -> throw new IOException("EIO once at " + what);
            }
            throw new TornDisk.Killed();
        }

        @Override
        public int stored(int length) {
            if (storesToLive == 0 || --storesToLive > 0) {
                return length;
            }
            simulation.run().sometimes(Sometimes.A_STORE_IS_TORN_BY_A_KILL);
            torn = true;
            return world.random().nextInt(length);
        }

        private void note(String what) {
            if (what.startsWith("rename") && what.endsWith(".lz4.tmp")) {
                simulation.run().sometimes(Sometimes.A_SEGMENT_IS_SEALED);
            } else if (what.startsWith("delete") && what.endsWith(".lz4")) {
                simulation.run().sometimes(Sometimes.A_SEGMENT_IS_REMOVED);
            }
            world.note(what.hashCode());
        }
    }

    private boolean torn;

    /// The process died by a store that was torn: only now that the bytes are in the file can the next one find them.
    void buryTorn() {
        if (torn) {
            torn = false;
            kill();
        }
    }
}

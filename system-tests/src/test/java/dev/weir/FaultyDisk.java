package dev.weir;

import dev.weir.port.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A disk that does what a real one does until its fault is due. Any thread.
///
/// Each call that a kernel can refuse is one operation: a replaced file is four, a made one two. Operations are counted in the
/// order in which they come, so under several threads the n-th is not the same in each run; a loop over n meets them all.
final class FaultyDisk implements Disk {
    /// Told to whoever started a process that is about to die, so it must not wait in a buffer.
    static final String FIRED = "chaos: ";
    private static final int KILLED = 137;
    private static final int PAGE = 4_096;

    private final Disk disk;

    // Guarded by this.
    private @Nullable DiskFault fault;
    private long operations;
    private long puts;
    private boolean fired;

    /// What becomes of one operation.
    private enum Fate {
        PASS,
        EIO,
        ENOSPC,
        DIE_BEFORE,
        DIE_AFTER
    }

    /// Something done to a disk.
    @FunctionalInterface
    private interface Effect<T> {
        T run() throws IOException;
    }

    FaultyDisk(Disk disk) {
        this.disk = disk;
    }

    /// The fault to come, counted from now; null heals the disk.
    synchronized void arm(@Nullable DiskFault next) {
        fault = next;
        operations = 0;
        puts = 0;
        fired = false;
    }

    private <T> T operate(String what, boolean needsRoom, Effect<T> effect) throws IOException {
        switch (fate(what, needsRoom)) {
            case PASS -> {
                return effect.run();
            }
            case EIO -> throw new IOException("Input/output error (injected at " + what + ")");
            case ENOSPC -> throw new IOException("No space left on device (injected at " + what + ")");
            case DIE_BEFORE -> throw die();
            case DIE_AFTER -> {
                effect.run();
                throw die();
            }
        }
        throw new AssertionError();
    }

    private Fate fate(String what, boolean needsRoom) {
        DiskFault due;
        long past;
        synchronized (this) {
            operations++;
            due = fault;
            past = due == null || due.kind().onPut() ? -1 : operations - due.at();
            if (due == null || past < 0) {
                return Fate.PASS;
            }
            fired(due, what);
        }
        return switch (due.kind()) {
            case EIO -> past == 0 ? Fate.EIO : Fate.PASS;
            case EIO_FOR_EVER -> Fate.EIO;
            case ENOSPC -> past == 0 || needsRoom && past <= DiskFault.FULL_FOR ? Fate.ENOSPC : Fate.PASS;
            case KILL_BEFORE -> Fate.DIE_BEFORE;
            case KILL_AFTER -> Fate.DIE_AFTER;
            case STALL -> {
                if (past == 0) {
                    LockSupport.parkNanos(Duration.ofSeconds(DiskFault.STALL_SECONDS).toNanos());
                }
                yield Fate.PASS;
            }
            case TORN, FAULT -> Fate.PASS;
        };
    }

    private synchronized boolean isDueAtPut(DiskFault.Kind kind) {
        DiskFault due = fault;
        if (due == null || due.kind() != kind || puts != due.at()) {
            return false;
        }
        fired(due, "put");
        return true;
    }

    private synchronized void countPut() {
        puts++;
    }

    private void fired(DiskFault due, String what) {
        if (!fired) {
            fired = true;
            System.out.println(FIRED + due + " at " + what);
            System.out.flush();
        }
    }

    private static Error die() {
        Runtime.getRuntime().halt(KILLED);
        return new AssertionError();
    }

    /// Something done to a disk that gives nothing back.
    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    private static Effect<Boolean> nothing(Step step) {
        return () -> {
            step.run();
            return true;
        };
    }

    @Override
    public List<String> list() throws IOException {
        return disk.list();
    }

    @Override
    public boolean exists(String name) throws IOException {
        return disk.exists(name);
    }

    @Override
    public Mapped create(String name, long bytes) throws IOException {
        return operate("create " + name, true, () -> {
            Mapped made = disk.create(name, bytes);
            try {
                operate("force of new " + name, true, () -> made);
            } catch (IOException failed) {
                made.close();
                disk.delete(name);
                throw failed;
            }
            return new FaultyMapped(name, made);
        });
    }

    @Override
    public Source read(String name) throws IOException {
        return disk.read(name);
    }

    @Override
    public Sink write(String name) throws IOException {
        return operate("open " + name, true, () -> new FaultySink(name, disk.write(name)));
    }

    @Override
    public void replace(String name, byte[] content) throws IOException {
        String temporary = name + ".tmp";
        try (var sink = write(temporary)) {
            sink.write(content, 0, content.length);
            sink.sync();
        }
        rename(temporary, name);
        syncFolder();
    }

    @Override
    public byte[] readAll(String name, int bytesMax) throws IOException {
        return disk.readAll(name, bytesMax);
    }

    @Override
    public void sync(String name) throws IOException {
        operate("sync " + name, false, nothing(() -> disk.sync(name)));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        operate("rename " + from, false, nothing(() -> disk.rename(from, to)));
    }

    @Override
    public void delete(String name) throws IOException {
        operate("delete " + name, false, nothing(() -> disk.delete(name)));
    }

    @Override
    public void syncFolder() throws IOException {
        operate("sync of the folder", false, nothing(disk::syncFolder));
    }

    @Override
    public long freeBytes() throws IOException {
        return disk.freeBytes();
    }

    @Override
    public Closeable lock(String name) throws IOException {
        return operate("lock", false, () -> disk.lock(name));
    }

    @Override
    public String toString() {
        return disk.toString();
    }

    private final class FaultySink implements Sink {
        private final String name;
        private final Sink sink;

        FaultySink(String name, Sink sink) {
            this.name = name;
            this.sink = sink;
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            operate("write " + name, true, nothing(() -> sink.write(from, offset, length)));
        }

        @Override
        public void sync() throws IOException {
            operate("sync of new " + name, false, nothing(sink::sync));
        }

        @Override
        public void close() throws IOException {
            sink.close();
        }
    }

    /// Knows beside the memory what of it is durable, page by page.
    private final class FaultyMapped implements Mapped {
        private final String name;
        private final Mapped memory;
        /// Guarded by this, as is every change of the memory.
        private final byte[] durable;

        FaultyMapped(String name, Mapped memory) {
            this.name = name;
            this.memory = memory;
            this.durable = new byte[Math.toIntExact(memory.capacity())];
        }

        @Override
        public long capacity() {
            return memory.capacity();
        }

        @Override
        public synchronized void put(long at, byte[] from, int offset, int length) {
            countPut();
            if (isDueAtPut(DiskFault.Kind.TORN)) {
                memory.put(at, from, offset, length / 2);
                throw die();
            }
            if (isDueAtPut(DiskFault.Kind.FAULT)) {
                throw new InternalError("a fault occurred in an unsafe memory access operation (injected)");
            }
            memory.put(at, from, offset, length);
        }

        @Override
        public void get(long at, byte[] to, int offset, int length) {
            memory.get(at, to, offset, length);
        }

        @Override
        public void force(long from, long length) throws IOException {
            int first = Math.toIntExact(from / PAGE * PAGE);
            int end = Math.toIntExact(Math.min(capacity(), (from + length + PAGE - 1) / PAGE * PAGE));
            byte[] before = pages(first, end);
            try {
                operate("force " + name, false, nothing(() -> memory.force(from, length)));
            } catch (IOException failed) {
                dropPages(first, end);
                throw failed;
            }
            synchronized (this) {
                System.arraycopy(before, 0, durable, first, before.length);
            }
        }

        private synchronized byte[] pages(int first, int end) {
            var bytes = new byte[end - first];
            memory.get(first, bytes, 0, bytes.length);
            return bytes;
        }

        private void dropPages(int first, int end) {
            synchronized (FaultyDisk.this) {
                if (fault == null || fault.kind() != DiskFault.Kind.EIO) {
                    return;
                }
            }
            synchronized (this) {
                memory.put(first, durable, first, end - first);
            }
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}

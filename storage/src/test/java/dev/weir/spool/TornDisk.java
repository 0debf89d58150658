package dev.weir.spool;

import dev.weir.port.Disk;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A folder in memory that can lose power, fail and rot, by seed. One thread.
///
/// Content is durable by sectors of 512 bytes once it was forced; names once the folder was synced. [#killed] is the folder
/// after the death of the process, [#powerCut] after that of the machine: of what was not durable each sector survives or
/// not, and each change of a name since the last sync of the folder does or not. [#failAt] makes the n-th operation that
/// can fail throw, and a [Faults] decides about each; what a failed force leaves behind reverts to what was durable, as a
/// kernel that drops dirty pages does.
public final class TornDisk implements Disk {
    static final int SECTOR = 512;

    private final Map<String, Content> names = new TreeMap<>();
    private final Map<String, Content> durableNames = new HashMap<>();
    private final List<NameChange> namesSinceSync = new ArrayList<>();
    private Faults faults = new Faults() {
    };
    private long capacityBytes = Long.MAX_VALUE;
    private long operations;
    private long failFrom = Long.MAX_VALUE;
    private long failUntil;
    private Failure failure = Failure.EIO;
    private long puts;
    private long faultFrom;
    private long faultUntil;
    private boolean dead;
    private boolean locked;

    /// Names that stand for another file from now on, or for none: a rename is one change.
    private record NameChange(@Nullable String gone, String name, @Nullable Content content) {
        void apply(Map<String, Content> names) {
            if (gone != null) {
                names.remove(gone);
            }
            if (content == null) {
                names.remove(name);
            } else {
                names.put(name, content);
            }
        }
    }

    /// What the n-th operation does.
    enum Failure {
        EIO,
        ENOSPC,
        /// The process dies before the operation has any effect; everything afterwards throws too.
        KILL
    }

    /// What else can happen at each operation; by default nothing.
    public interface Faults {
        /// @param what the operation and its file
        /// @throws IOException the operation fails
        default void before(String what) throws IOException {}

        /// How many bytes of a store into a mapping take place; fewer than all: the process dies there.
        default int stored(int length) {
            return length;
        }
    }

    /// The process is dead: not an error that the spool could handle.
    public static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;

        public Killed() {
            super("killed", null, false, false);
        }
    }

    /// The bytes of a file, and of each sector changed since it was durable what it held then.
    private static final class Content {
        byte[] now;
        final Map<Integer, byte[]> was = new TreeMap<>();

        Content(int bytes) {
            now = new byte[bytes];
        }

        private Content(byte[] now) {
            this.now = now;
        }

        void put(int at, byte[] from, int offset, int length) {
            if (length == 0) {
                return;
            }
            for (int s = at / SECTOR; s <= (at + length - 1) / SECTOR; s++) {
                was.computeIfAbsent(s, this::sector);
            }
            if (at + length > now.length) {
                now = Arrays.copyOf(now, at + length);
            }
            System.arraycopy(from, offset, now, at, length);
        }

        /// A sector as it is; zeros beyond the end.
        private byte[] sector(int number) {
            var copy = new byte[SECTOR];
            int from = number * SECTOR;
            if (from < now.length) {
                System.arraycopy(now, from, copy, 0, Math.min(SECTOR, now.length - from));
            }
            return copy;
        }

        void force(int from, int to) {
            was.keySet().removeIf(sector -> sector >= from / SECTOR && sector * SECTOR < to);
        }

        void drop(int from, int to) {
            was.entrySet().removeIf(entry -> {
                int sector = entry.getKey();
                boolean inside = sector >= from / SECTOR && sector * SECTOR < to;
                if (inside) {
                    revert(sector, entry.getValue());
                }
                return inside;
            });
        }

        private void revert(int sector, byte[] bytes) {
            int at = sector * SECTOR;
            System.arraycopy(bytes, 0, now, at, Math.min(SECTOR, now.length - at));
        }

        Content afterPowerCut(Random random) {
            var after = new Content(now.clone());
            was.forEach((sector, bytes) -> {
                if (random.nextBoolean()) {
                    after.revert(sector, bytes);
                }
            });
            return after;
        }

        Content afterKill() {
            var after = new Content(now.clone());
            was.forEach((sector, bytes) -> after.was.put(sector, bytes.clone()));
            return after;
        }
    }

    /// The folder as the next process finds it after a kill.
    public TornDisk killed() {
        var next = new TornDisk();
        var copies = new IdentityHashMap<Content, Content>();
        names.forEach((name, content) -> next.names.put(name, copy(content, copies)));
        durableNames.forEach((name, content) -> next.durableNames.put(name, copy(content, copies)));
        namesSinceSync.forEach(change -> {
            var content = change.content;
            next.namesSinceSync
                    .add(new NameChange(change.gone, change.name, content == null ? null : copy(content, copies)));
        });
        return next;
    }

    private static Content copy(Content content, Map<Content, Content> copies) {
        return copies.computeIfAbsent(content, Content::afterKill);
    }

    /// The folder after a power cut.
    public TornDisk powerCut(long seed) {
        var random = new Random(seed);
        for (NameChange change : namesSinceSync) {
            if (random.nextBoolean()) {
                change.apply(durableNames);
            }
        }
        var next = new TornDisk();
        durableNames.forEach((name, content) -> next.names.put(name, content.afterPowerCut(random)));
        next.durableNames.putAll(next.names);
        return next;
    }

    /// The n-th operation from now on that can fail does, and the `times - 1` after it.
    void failAt(long n, int times, Failure how) {
        failFrom = operations + n;
        failUntil = failFrom + times;
        failure = how;
    }

    /// The n-th copy into a mapping from now on is a fault of the device, and so are the `times - 1` after it.
    void faultAtPut(long n, int times) {
        faultFrom = puts + n;
        faultUntil = faultFrom + times;
    }

    boolean hasFailed() {
        return operations > failFrom;
    }

    boolean hasFaulted() {
        return puts > faultFrom;
    }

    /// Asks `next` about each operation from now on.
    public void faults(Faults next) {
        faults = next;
    }

    /// The process that uses this folder is dead: whatever it still does throws [Killed].
    public void kill() {
        dead = true;
    }

    public void capacity(long bytes) {
        capacityBytes = bytes;
    }

    /// Bytes in all files.
    public long used() {
        long sum = 0;
        for (Content content : names.values()) {
            sum += content.now.length;
        }
        return sum;
    }

    /// Flips one bit of a file, on the disk itself.
    public void rot(String name, long at, int bit) {
        var content = found(name);
        content.now[(int) at] ^= (byte) (1 << bit);
        var durable = content.was.get((int) at / SECTOR);
        if (durable != null) {
            durable[(int) at % SECTOR] ^= (byte) (1 << bit);
        }
    }

    byte[] content(String name) {
        return found(name).now;
    }

    public long size(String name) {
        return found(name).now.length;
    }

    /// The names there are, without an operation of the disk.
    public List<String> files() {
        return List.copyOf(names.keySet());
    }

    void put(String name, byte[] content) {
        var made = new Content(content.clone());
        names.put(name, made);
        durableNames.put(name, made);
    }

    private boolean operate(String what) throws IOException {
        checkAlive();
        faults.before(what);
        checkAlive();
        long n = operations++;
        if (n < failFrom || n >= failUntil) {
            return true;
        }
        if (failure == Failure.KILL) {
            dead = true;
            throw new Killed();
        }
        throw new IOException(failure + " at " + what);
    }

    private void checkAlive() {
        if (dead) {
            throw new Killed();
        }
    }

    private Content found(String name) {
        var content = names.get(name);
        if (content == null) {
            throw new IllegalArgumentException("no file " + name + " among " + names.keySet());
        }
        return content;
    }

    private Content opened(String name) throws IOException {
        var content = names.get(name);
        if (content == null) {
            throw new FileNotFoundException(name);
        }
        return content;
    }

    @Override
    public List<String> list() throws IOException {
        operate("list");
        return List.copyOf(names.keySet());
    }

    @Override
    public boolean exists(String name) {
        return names.containsKey(name);
    }

    @Override
    public Mapped create(String name, long bytes) throws IOException {
        operate("create " + name);
        if (names.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        if (used() + bytes > capacityBytes) {
            throw new IOException("No space left on device");
        }
        var content = new Content((int) bytes);
        name(name, content);
        return new MappedContent(content);
    }

    private void name(String name, Content content) {
        names.put(name, content);
        namesSinceSync.add(new NameChange(null, name, content));
    }

    @Override
    public Source read(String name) throws IOException {
        operate("read " + name);
        var content = opened(name);
        return new Source() {
            @Override
            public long size() {
                return content.now.length;
            }

            @Override
            public int read(long at, byte[] to, int offset, int length) {
                int count = (int) Math.max(0, Math.min(length, content.now.length - at));
                if (count > 0) {
                    System.arraycopy(content.now, (int) at, to, offset, count);
                }
                return count;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Sink write(String name) throws IOException {
        operate("open " + name);
        var content = new Content(0);
        name(name, content);
        return new Sink() {
            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                operate("write " + name);
                if (used() + length > capacityBytes) {
                    throw new IOException("No space left on device");
                }
                content.put(content.now.length, from, offset, length);
            }

            @Override
            public void sync() throws IOException {
                operate("sync " + name);
                content.force(0, content.now.length);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void replace(String name, byte[] bytes) throws IOException {
        try (var sink = write(name + ".tmp")) {
            sink.write(bytes, 0, bytes.length);
            sink.sync();
        }
        rename(name + ".tmp", name);
        syncFolder();
    }

    @Override
    public byte[] readAll(String name, int bytesMax) throws IOException {
        operate("read " + name);
        return opened(name).now.clone();
    }

    @Override
    public void sync(String name) throws IOException {
        var content = opened(name);
        operate("sync " + name);
        content.force(0, content.now.length);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        operate("rename " + from);
        var content = opened(from);
        names.remove(from);
        names.put(to, content);
        namesSinceSync.add(new NameChange(from, to, content));
    }

    @Override
    public void delete(String name) throws IOException {
        operate("delete " + name);
        if (names.remove(name) != null) {
            namesSinceSync.add(new NameChange(null, name, null));
        }
    }

    @Override
    public void syncFolder() throws IOException {
        operate("sync folder");
        namesSinceSync.forEach(change -> change.apply(durableNames));
        namesSinceSync.clear();
    }

    @Override
    public long freeBytes() {
        return capacityBytes - used();
    }

    @Override
    public Closeable lock(String name) throws IOException {
        if (locked) {
            throw new IOException("another process uses the folder");
        }
        locked = true;
        return () -> locked = false;
    }

    private final class MappedContent implements Mapped {
        private @Nullable Content content;

        MappedContent(Content content) {
            this.content = content;
        }

        private Content mapped() {
            checkAlive();
            if (content == null) {
                throw new IllegalStateException("used after it was unmapped");
            }
            return content;
        }

        @Override
        public long capacity() {
            return mapped().now.length;
        }

        @Override
        public void put(long at, byte[] from, int offset, int length) {
            long number = puts++;
            if (number >= faultFrom && number < faultUntil) {
                throw new InternalError("a fault occurred in a recent unsafe memory access operation");
            }
            int stored = faults.stored(length);
            mapped().put((int) at, from, offset, stored);
            if (stored < length) {
                kill();
                throw new Killed();
            }
        }

        @Override
        public void get(long at, byte[] to, int offset, int length) {
            System.arraycopy(mapped().now, (int) at, to, offset, length);
        }

        @Override
        public void force(long from, long length) throws IOException {
            var mapped = mapped();
            try {
                operate("force");
            } catch (IOException failed) {
                mapped.drop((int) from, (int) (from + length));
                throw failed;
            }
            mapped.force((int) from, (int) (from + length));
        }

        @Override
        public void close() {
            content = null;
        }
    }
}

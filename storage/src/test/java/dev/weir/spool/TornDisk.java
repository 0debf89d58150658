package dev.weir.spool;

import dev.weir.port.Disk;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A folder in memory that can lose power, fail and rot, by seed. One thread.
///
/// Content is durable by sectors of 512 bytes once it was forced; names once the folder was synced. [#killed] is the folder
/// after the death of the process, [#powerCut] after that of the machine: of what was not durable each sector survives or
/// not, and of the names changed since the last sync of the folder the first few do. [#failAt] makes the n-th operation that
/// can fail throw; what a failed force leaves behind reverts to what was durable, as a kernel that drops dirty pages does.
final class TornDisk implements Disk {
    static final int SECTOR = 512;

    private final Map<String, Content> names = new TreeMap<>();
    private final Map<String, Content> durableNames = new HashMap<>();
    private final List<Runnable> namesSinceSync = new ArrayList<>();
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

    /// What the n-th operation does.
    enum Failure {
        EIO,
        ENOSPC,
        /// The process dies before the operation has any effect; everything afterwards throws too.
        KILL
    }

    /// The process is dead: not an error that the spool could handle.
    static final class Killed extends RuntimeException {}

    private static final class Content {
        byte[] now;
        byte[] durable;
        final BitSet dirty = new BitSet();

        Content(int bytes) {
            now = new byte[bytes];
            durable = new byte[bytes];
        }

        void put(int at, byte[] from, int offset, int length) {
            if (at + length > now.length) {
                now = Arrays.copyOf(now, at + length);
            }
            System.arraycopy(from, offset, now, at, length);
            dirty.set(at / SECTOR, (at + length - 1) / SECTOR + 1);
        }

        void force(int from, int to) {
            if (durable.length < now.length) {
                durable = Arrays.copyOf(durable, now.length);
            }
            for (int s = dirty.nextSetBit(from / SECTOR); s >= 0 && s * SECTOR < to; s = dirty.nextSetBit(s + 1)) {
                copySector(now, durable, s);
                dirty.clear(s);
            }
        }

        void drop(int from, int to) {
            for (int s = dirty.nextSetBit(from / SECTOR); s >= 0 && s * SECTOR < to; s = dirty.nextSetBit(s + 1)) {
                copySector(durable, now, s);
                dirty.clear(s);
            }
        }

        Content afterPowerCut(Random random) {
            var after = new Content(0);
            after.now = Arrays.copyOf(durable, Math.max(durable.length, now.length));
            for (int s = dirty.nextSetBit(0); s >= 0; s = dirty.nextSetBit(s + 1)) {
                if (random.nextBoolean()) {
                    copySector(now, after.now, s);
                }
            }
            after.durable = after.now.clone();
            return after;
        }

        Content afterKill() {
            var after = new Content(0);
            after.now = now.clone();
            after.durable = durable.clone();
            after.dirty.or(dirty);
            return after;
        }

        private static void copySector(byte[] from, byte[] to, int sector) {
            int at = sector * SECTOR;
            int length = Math.min(SECTOR, Math.min(from.length, to.length) - at);
            if (length > 0) {
                System.arraycopy(from, at, to, at, length);
            }
        }
    }

    /// The folder as the next process finds it after a kill.
    TornDisk killed() {
        var next = new TornDisk();
        names.forEach((name, content) -> next.names.put(name, content.afterKill()));
        next.durableNames.putAll(durableCopies(next));
        return next;
    }

    private Map<String, Content> durableCopies(TornDisk next) {
        var copies = new HashMap<String, Content>();
        durableNames.forEach((name, content) -> {
            var same = names.entrySet().stream().filter(entry -> entry.getValue() == content).findFirst();
            copies.put(name, same.map(entry -> next.names.get(entry.getKey())).orElseGet(content::afterKill));
        });
        return copies;
    }

    /// The folder after a power cut.
    TornDisk powerCut(long seed) {
        var random = new Random(seed);
        int survivors = namesSinceSync.isEmpty() ? 0 : random.nextInt(namesSinceSync.size() + 1);
        namesSinceSync.subList(0, survivors).forEach(Runnable::run);
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

    void capacity(long bytes) {
        capacityBytes = bytes;
    }

    byte[] content(String name) {
        return found(name).now;
    }

    void put(String name, byte[] content) {
        var made = new Content(0);
        made.now = content.clone();
        made.durable = content.clone();
        names.put(name, made);
        durableNames.put(name, made);
    }

    private boolean operate(String what) throws IOException {
        if (dead) {
            throw new Killed();
        }
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

    private long used() {
        return names.values().stream().mapToLong(content -> content.now.length).sum();
    }

    private void name(String name, Content content) {
        names.put(name, content);
        namesSinceSync.add(() -> durableNames.put(name, content));
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
        try {
            operate("sync " + name);
        } catch (IOException failed) {
            throw failed;
        }
        content.force(0, content.now.length);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        operate("rename " + from);
        var content = opened(from);
        names.remove(from);
        names.put(to, content);
        namesSinceSync.add(() -> {
            durableNames.remove(from);
            durableNames.put(to, content);
        });
    }

    @Override
    public void delete(String name) throws IOException {
        operate("delete " + name);
        if (names.remove(name) != null) {
            namesSinceSync.add(() -> durableNames.remove(name));
        }
    }

    @Override
    public void syncFolder() throws IOException {
        operate("sync folder");
        namesSinceSync.forEach(Runnable::run);
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
            if (dead) {
                throw new Killed();
            }
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
            mapped().put((int) at, from, offset, length);
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

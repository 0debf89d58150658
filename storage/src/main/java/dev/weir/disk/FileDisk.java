package dev.weir.disk;

import dev.weir.port.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One folder of a real file system. Any thread.
///
/// A file made by [#create] is filled with zeros by plain writes and synced before it is mapped: on a file system that
/// writes in place, a store into the mapping then never needs a new block, so a full disk cannot become a SIGBUS. (On
/// copy-on-write file systems that promise is weaker: switch copying off for the folder.) A device that fails under a
/// mapping shows as [InternalError] from `put` or `get`.
public final class FileDisk implements Disk {
    private static final int ZEROS = 256 * 1024;
    private static final Path LOCKS = Path.of("/proc/locks");
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path folder;

    private FileDisk(Path folder) {
        this.folder = folder;
    }

    /// Opens a folder, making it and its parents where they are missing.
    public static FileDisk open(Path folder) throws IOException {
        var absolute = folder.toAbsolutePath().normalize();
        make(absolute);
        return new FileDisk(absolute);
    }

    /// A folder is only as durable as its name in the one above.
    private static void make(Path folder) throws IOException {
        Path above = folder.getParent();
        if (above == null || Files.isDirectory(folder)) {
            return;
        }
        make(above);
        Files.createDirectories(folder);
        syncNames(above);
    }

    private static void syncNames(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// What names this run of the machine: another value than a file's means that the machine was restarted since. Empty
    /// where the platform does not say.
    public static String bootId() {
        try {
            return Files.readString(BOOT_ID, StandardCharsets.US_ASCII).strip();
        } catch (IOException absent) {
            return "";
        }
    }

    /// Whether a process holds a file locked, asked without taking the lock; false where the platform does not say.
    public static boolean isLocked(Path file) {
        try {
            Object inode = Files.getAttribute(file, "unix:ino");
            return Files.readAllLines(LOCKS, StandardCharsets.US_ASCII)
                    .stream()
                    .anyMatch(line -> line.contains(":" + inode + " "));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return false;
        }
    }

    @Override
    public List<String> list() throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.filter(Files::isRegularFile).map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public boolean exists(String name) {
        return Files.exists(path(name));
    }

    @Override
    public Mapped create(String name, long bytes) throws IOException {
        var path = path(name);
        try (var channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            writeZeros(channel, bytes);
            channel.force(true);
            return map(channel, bytes);
        } catch (FileAlreadyExistsException exists) {
            throw exists;
        } catch (IOException failed) {
            Files.deleteIfExists(path);
            throw failed;
        }
    }

    private static void writeZeros(FileChannel channel, long bytes) throws IOException {
        var zeros = ByteBuffer.allocateDirect(ZEROS);
        for (long left = bytes; left > 0;) {
            zeros.clear().limit((int) Math.min(left, ZEROS));
            left -= channel.write(zeros);
        }
    }

    private static Mapped map(FileChannel channel, long bytes) throws IOException {
        var arena = Arena.ofShared();
        try {
            return new MappedFile(arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena));
        } catch (IOException | RuntimeException failed) {
            arena.close();
            throw failed;
        }
    }

    @Override
    public Source read(String name) throws IOException {
        return new FileSource(FileChannel.open(path(name), StandardOpenOption.READ));
    }

    @Override
    public Sink write(String name) throws IOException {
        return new FileSink(FileChannel.open(path(name), StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE));
    }

    @Override
    public void replace(String name, byte[] content) throws IOException {
        var temporary = name + ".tmp";
        try (var sink = write(temporary)) {
            sink.write(content, 0, content.length);
            sink.sync();
        }
        rename(temporary, name);
        syncFolder();
    }

    @Override
    public byte[] readAll(String name, int bytesMax) throws IOException {
        var path = path(name);
        long size = Files.size(path);
        if (size > bytesMax) {
            throw new IOException(path + " has " + size + " bytes where at most " + bytesMax + " make sense");
        }
        return Files.readAllBytes(path);
    }

    @Override
    public void sync(String name) throws IOException {
        try (var channel = FileChannel.open(path(name), StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(path(from), path(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(path(name));
    }

    @Override
    public void syncFolder() throws IOException {
        syncNames(folder);
    }

    @Override
    public long freeBytes() throws IOException {
        return Files.getFileStore(folder).getUsableSpace();
    }

    @Override
    public Closeable lock(String name) throws IOException {
        var channel = FileChannel.open(path(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            throw new IOException("another process uses the folder " + folder + " (it holds the lock on " + path(name)
                    + "). Stop it, or give this one a folder of its own.");
        }
        return channel;
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private Path path(String name) {
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\\') >= 0 || name.startsWith("..")) {
            throw new IllegalArgumentException("not a plain file name: '" + name + "'");
        }
        return folder.resolve(name);
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    /// A mapped file; the arena is shared because readers and the appender are different threads.
    private record MappedFile(Arena arena, MemorySegment memory) implements Mapped {
        @Override
        public long capacity() {
            return memory.byteSize();
        }

        @Override
        public void put(long at, byte[] from, int offset, int length) {
            MemorySegment.copy(from, offset, memory, ValueLayout.JAVA_BYTE, at, length);
        }

        @Override
        public void get(long at, byte[] to, int offset, int length) {
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, to, offset, length);
        }

        @Override
        public void force(long from, long length) throws IOException {
            try {
                memory.asSlice(from, length).force();
            } catch (java.io.UncheckedIOException failed) {
                throw new IOException("sync failed: " + failed.getCause(), failed);
            }
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    private record FileSource(FileChannel channel) implements Source {
        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public int read(long at, byte[] to, int offset, int length) throws IOException {
            var target = ByteBuffer.wrap(to, offset, length);
            while (target.hasRemaining()) {
                int n = channel.read(target, at + target.position() - offset);
                if (n < 0) {
                    break;
                }
            }
            return target.position() - offset;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException nothingWasWritten) {
                // A read-only channel has nothing to lose.
            }
        }
    }

    private record FileSink(FileChannel channel) implements Sink {
        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            var source = ByteBuffer.wrap(from, offset, length);
            while (source.hasRemaining()) {
                channel.write(source);
            }
        }

        @Override
        public void sync() throws IOException {
            channel.force(true);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}

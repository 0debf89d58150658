package dev.weir.spool;

import dev.weir.port.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/// A folder that is only looked at, though another process may be using it. What recovery would tidy up or sync stays as it is;
/// what would write or lock fails.
final class ReadOnlyDisk implements Disk {
    private final Disk disk;

    ReadOnlyDisk(Disk disk) {
        this.disk = disk;
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
    public Source read(String name) throws IOException {
        return disk.read(name);
    }

    @Override
    public byte[] readAll(String name, int bytesMax) throws IOException {
        return disk.readAll(name, bytesMax);
    }

    @Override
    public long freeBytes() throws IOException {
        return disk.freeBytes();
    }

    @Override
    public void delete(String name) {
        // What is left over stays.
    }

    @Override
    public void sync(String name) {
        // Whoever writes the file syncs it.
    }

    @Override
    public void syncFolder() {
        // No name has changed.
    }

    @Override
    public Mapped create(String name, long bytes) {
        throw readOnly(name);
    }

    @Override
    public Sink write(String name) {
        throw readOnly(name);
    }

    @Override
    public void replace(String name, byte[] content) {
        throw readOnly(name);
    }

    @Override
    public void rename(String from, String to) {
        throw readOnly(from);
    }

    @Override
    public Closeable lock(String name) {
        throw readOnly(name);
    }

    private static UnsupportedOperationException readOnly(String name) {
        return new UnsupportedOperationException(name + " is only read here");
    }
}

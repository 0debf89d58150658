package dev.weir.benchmarks;

import dev.weir.port.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/// A disk on which no segment can be sealed, so that all of them stay as they were appended.
record Unsealing(Disk disk) implements Disk {
    @Override
    public Sink write(String name) throws IOException {
        if (name.contains(".lz4")) {
            throw new IOException("nothing is sealed here");
        }
        return disk.write(name);
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
        return disk.create(name, bytes);
    }

    @Override
    public Source read(String name) throws IOException {
        return disk.read(name);
    }

    @Override
    public void replace(String name, byte[] content) throws IOException {
        disk.replace(name, content);
    }

    @Override
    public byte[] readAll(String name, int bytesMax) throws IOException {
        return disk.readAll(name, bytesMax);
    }

    @Override
    public void sync(String name) throws IOException {
        disk.sync(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void delete(String name) throws IOException {
        disk.delete(name);
    }

    @Override
    public void syncFolder() throws IOException {
        disk.syncFolder();
    }

    @Override
    public long freeBytes() throws IOException {
        return disk.freeBytes();
    }

    @Override
    public Closeable lock(String name) throws IOException {
        return disk.lock(name);
    }
}

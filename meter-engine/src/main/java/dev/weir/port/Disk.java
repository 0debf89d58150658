package dev.weir.port;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/// One flat folder of files: all that a durable log needs of a disk, and no more, so that a simulator can tear it.
///
/// What survives a power cut is only what was asked for: content after [Mapped#force] or [Sink#sync] or [#sync], names after
/// [#syncFolder]. Death of the process alone loses nothing that a method returned from. Names are plain file names. Any
/// thread; what is returned belongs to one thread at a time unless it says otherwise.
public interface Disk {
    /// The names in the folder, sorted.
    List<String> list() throws IOException;

    boolean exists(String name) throws IOException;

    /// Makes a file of `bytes` zeros, really written and synced, so that a full disk shows here and not when the mapping is
    /// written to; and maps it. Its name is durable after [#syncFolder].
    ///
    /// @throws IOException if it exists, or there is no room; then nothing is left behind
    Mapped create(String name, long bytes) throws IOException;

    Source read(String name) throws IOException;

    /// A file to be written from its beginning; an existing one of that name is emptied.
    Sink write(String name) throws IOException;

    /// Sets the whole content of a small file in one durable step: a temporary file, synced, renamed, the folder synced.
    void replace(String name, byte[] content) throws IOException;

    /// The whole content of a small file.
    ///
    /// @throws IOException if it is longer than `bytesMax`
    byte[] readAll(String name, int bytesMax) throws IOException;

    /// Syncs the content of a file that a former process wrote.
    void sync(String name) throws IOException;

    /// Durable after [#syncFolder].
    void rename(String from, String to) throws IOException;

    /// Durable after [#syncFolder]. No error where there is no such file.
    void delete(String name) throws IOException;

    /// Makes the names of the folder durable.
    void syncFolder() throws IOException;

    /// Bytes that could still be written.
    long freeBytes() throws IOException;

    /// Takes the folder for this process until closed or dead.
    ///
    /// @throws IOException if another holder has it; the message says so
    Closeable lock(String name) throws IOException;

    /// A file mapped whole into memory. [#put] and [#get] by any thread; the caller sees to it that nobody uses it while it
    /// is closed.
    interface Mapped extends Closeable {
        long capacity();

        /// In the kernel's hands when it returns: the death of the process does not lose it.
        void put(long at, byte[] from, int offset, int length);

        void get(long at, byte[] to, int offset, int length);

        /// Makes a range durable. A failure is final: whether the range can still be read is unknown, and trying again would
        /// prove nothing, because the kernel reports a failed write once.
        void force(long from, long length) throws IOException;

        @Override
        void close();
    }

    /// Reads at any place.
    interface Source extends Closeable {
        long size() throws IOException;

        /// Fills as much of `length` as the file has from `at`.
        ///
        /// @return how many bytes, less than `length` only at the end of the file
        int read(long at, byte[] to, int offset, int length) throws IOException;

        @Override
        void close();
    }

    /// Writes at the end.
    interface Sink extends Closeable {
        void write(byte[] from, int offset, int length) throws IOException;

        void sync() throws IOException;

        @Override
        void close() throws IOException;
    }
}

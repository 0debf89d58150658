package dev.weir.spool;

import java.io.Closeable;
import java.io.IOException;

/// The bytes of a segment as they were appended, wherever they lie now: in a mapping, in a raw file, in compressed blocks.
/// Offsets are the same in all three. One thread.
interface Image extends Closeable {
    /// Reads what is there; what cannot be read any more is zeros.
    ///
    /// @return how many bytes, less than `length` only at the end
    int read(long at, byte[] to, int offset, int length) throws IOException;

    @Override
    void close();
}

package dev.weir.meter;

/// The header of a gzip member, byte by byte (RFC 1952 section 2.3).
///
/// ```
/// +---+---+---+---+---+---+---+---+---+---+============+==========+=============+===========+
/// |1f |8b |08 |FLG|     MTIME     |XFL|OS | XLEN+EXTRA | NAME … 0 | COMMENT … 0 | CRC16     |
/// +---+---+---+---+---+---+---+---+---+---+============+==========+=============+===========+
///                                           if FLG & 4   if & 8     if & 16       if & 2
/// ```
final class GzipHeader {
    enum Progress {
        MORE, COMPLETE, BROKEN
    }

    private enum Part {
        FIXED, EXTRA_LENGTH, EXTRA, NAME, COMMENT, CRC
    }

    private static final int[] MAGIC = {0x1f, 0x8b, 8};

    private Part part = Part.FIXED;
    private int flags;
    private int at;
    private int extra;

    void restart() {
        part = Part.FIXED;
        at = 0;
    }

    Progress accept(int b) {
        int index = at++;
        return switch (part) {
            case FIXED -> fixed(b, index);
            case EXTRA_LENGTH -> {
                extra = index == 0 ? b : extra | b << 8;
                yield index == 0 ? Progress.MORE : extra == 0 ? nextAfter(Part.EXTRA) : go(Part.EXTRA);
            }
            case EXTRA -> index + 1 < extra ? Progress.MORE : nextAfter(Part.EXTRA);
            case NAME -> b != 0 ? Progress.MORE : nextAfter(Part.NAME);
            case COMMENT -> b != 0 ? Progress.MORE : nextAfter(Part.COMMENT);
            case CRC -> index == 0 ? Progress.MORE : Progress.COMPLETE;
        };
    }

    private Progress fixed(int b, int index) {
        if (index < MAGIC.length && b != MAGIC[index]) {
            return Progress.BROKEN;
        }
        if (index == 3) {
            flags = b;
        }
        return index < 9 ? Progress.MORE : nextAfter(Part.FIXED);
    }

    private Progress nextAfter(Part done) {
        if (done.compareTo(Part.EXTRA_LENGTH) < 0 && (flags & 4) != 0) {
            return go(Part.EXTRA_LENGTH);
        }
        if (done.compareTo(Part.NAME) < 0 && (flags & 8) != 0) {
            return go(Part.NAME);
        }
        if (done.compareTo(Part.COMMENT) < 0 && (flags & 16) != 0) {
            return go(Part.COMMENT);
        }
        if (done.compareTo(Part.CRC) < 0 && (flags & 2) != 0) {
            return go(Part.CRC);
        }
        return Progress.COMPLETE;
    }

    private Progress go(Part next) {
        part = next;
        at = 0;
        return Progress.MORE;
    }
}

package dev.weir.spool;

import java.util.Optional;
import java.util.regex.Pattern;

/// The file name of a segment: `0000000003-00000017.raw`, sealed `….lz4`: epoch, index, so that names sort as records do.
record SegmentName(long epoch, int index, boolean sealed) {
    private static final Pattern FORM = Pattern.compile("(\\d{10})-(\\d{8})\\.(raw|lz4)");

    static String raw(long epoch, int index) {
        return "%010d-%08d.raw".formatted(epoch, index);
    }

    static String sealed(long epoch, int index) {
        return "%010d-%08d.lz4".formatted(epoch, index);
    }

    static Optional<SegmentName> parse(String name) {
        var parts = FORM.matcher(name);
        return parts.matches()
                ? Optional.of(new SegmentName(Long.parseLong(parts.group(1)),
                        Integer.parseInt(parts.group(2)), parts.group(3).equals("lz4")))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return sealed ? sealed(epoch, index) : raw(epoch, index);
    }
}

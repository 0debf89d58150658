package dev.weir.spool;

import java.time.Duration;

/// How a spool is kept. The folder itself is the Disk it is given.
///
/// @param nodeId the node's name in every event id, 1 to 64 of `A-Z a-z 0-9 . _ -`; empty: generated once into the folder
/// @param bootId names this run of the machine; a former epoch with another one is treated as a power cut
/// @param segmentBytes size of each pre-allocated segment, 256 KiB to 1 GiB
/// @param quotaBytes how much may wait for the store: at 70 % warn, at 90 % shed, at 100 % refuse
/// @param syncIntervalNanos how often the runner calls [Spool#sync()]: the loss window of a power cut; 0 syncs within each
///        append
/// @param unsyncedBytesMax how far appends may run ahead of a disk that stalls; as much memory holds the copies
/// @param retention how long a segment stays after it was sealed, though all of it is stored
public record SpoolConfig(String nodeId, String bootId, int segmentBytes, long quotaBytes, long syncIntervalNanos,
        long unsyncedBytesMax, Duration retention) {
    public static final int SEGMENT_BYTES_MIN = 256 * 1024;
    public static final int SEGMENT_BYTES_MAX = 1 << 30;

    public SpoolConfig {
        if (!nodeId.isEmpty() && !isNodeId(nodeId)) {
            throw new IllegalArgumentException("a node id has 1 to 64 characters of A-Z a-z 0-9 . _ -; '" + nodeId
                    + "' does not. Leave it empty to have one generated.");
        }
        if (bootId.length() > SegmentHeader.TEXT_MAX) {
            throw new IllegalArgumentException("a boot id has at most " + SegmentHeader.TEXT_MAX + " characters, not "
                    + bootId.length());
        }
        if (segmentBytes < SEGMENT_BYTES_MIN || segmentBytes > SEGMENT_BYTES_MAX || segmentBytes % 4096 != 0) {
            throw new IllegalArgumentException("a segment has " + SEGMENT_BYTES_MIN + " to " + SEGMENT_BYTES_MAX
                    + " bytes, a multiple of 4096; not " + segmentBytes);
        }
        if (quotaBytes < 2L * segmentBytes) {
            throw new IllegalArgumentException("quota " + quotaBytes + " < 2 x segment " + segmentBytes
                    + ": the spool would refuse before its first segment is sealed. Raise the quota or lower the segment.");
        }
        if (syncIntervalNanos < 0 || unsyncedBytesMax < segmentBytes || retention.isNegative()) {
            throw new IllegalArgumentException("sync interval " + syncIntervalNanos + " and retention " + retention
                    + " are 0 or more, and unsynced bytes " + unsyncedBytesMax + " at least a segment, "
                    + segmentBytes);
        }
    }

    /// The defaults: 16 MiB segments, 8 GiB quota, 10 ms, 64 MiB, 24 h.
    public static SpoolConfig of(String nodeId, String bootId) {
        return new SpoolConfig(nodeId, bootId, 16 << 20, 8L << 30, 10_000_000, 64L << 20, Duration.ofHours(24));
    }

    public SpoolConfig withSegmentBytes(int bytes) {
        return new SpoolConfig(nodeId, bootId, bytes, quotaBytes, syncIntervalNanos, Math.max(unsyncedBytesMax, bytes),
                retention);
    }

    public SpoolConfig withQuotaBytes(long bytes) {
        return new SpoolConfig(nodeId, bootId, segmentBytes, bytes, syncIntervalNanos, unsyncedBytesMax, retention);
    }

    public SpoolConfig withSyncInterval(Duration interval) {
        return new SpoolConfig(nodeId, bootId, segmentBytes, quotaBytes, interval.toNanos(), unsyncedBytesMax,
                retention);
    }

    public SpoolConfig withUnsyncedBytesMax(long bytes) {
        return new SpoolConfig(nodeId, bootId, segmentBytes, quotaBytes, syncIntervalNanos, bytes, retention);
    }

    public SpoolConfig withRetention(Duration kept) {
        return new SpoolConfig(nodeId, bootId, segmentBytes, quotaBytes, syncIntervalNanos, unsyncedBytesMax, kept);
    }

    static boolean isNodeId(String value) {
        return value.length() <= SegmentHeader.TEXT_MAX && !value.isEmpty()
                && value.chars()
                        .allMatch(c -> c < 0x80 && (Character.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-'));
    }
}

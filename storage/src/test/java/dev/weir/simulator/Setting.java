package dev.weir.simulator;

import dev.weir.spool.SpoolConfig;
import java.time.Duration;
import java.time.Instant;

/// What a run is like, drawn from its seed.
///
/// @param callsPerMinute of each node
/// @param drought whether the database is away for most of it, and the quota small
/// @param wide whether events are as long as clients can make them, so that segments fill fast
record Setting(int nodes, Instant begun, boolean drought, int callsPerMinute, boolean wide, long quotaBytes,
        long syncIntervalNanos,
        Duration retention, int faults) {
    static final long LENGTH = 10 * World.MINUTE;
    static final long QUIET_WITHIN = 5 * World.MINUTE;
    private static final int[] NODES = {1, 1, 1, 2, 2, 3, 5};
    private static final long[] QUOTAS = {512 << 10, 1 << 20, 64 << 20};
    private static final Duration[] RETENTIONS = {Duration.ZERO, Duration.ofMinutes(2), Duration.ofHours(24)};
    private static final Instant EARLIEST = Instant.parse("2026-11-24T00:00:00Z");

    /// @param shared whether nodes share their customers: then there are at least two
    static Setting of(World world, boolean shared) {
        var random = world.random();
        int drawn = NODES[random.nextInt(NODES.length)];
        int nodes = shared ? Math.max(2, drawn) : drawn;
        // Near an edge of an hour, and in every sixth run of a day and a month too.
        long minutes = random.nextInt(6) == 0 ? 7 * 24 * 60 : 60L * random.nextInt(1, 48);
        boolean drought = random.nextInt(12) == 0;
        return new Setting(nodes, EARLIEST.plus(Duration.ofMinutes(minutes - random.nextInt(10))), drought,
                random.nextInt(20, 200 / nodes + 20), drought || random.nextInt(3) == 0,
                drought ? QUOTAS[0] : QUOTAS[random.nextInt(QUOTAS.length)],
                random.nextInt(8) == 0 ? 0 : 10 * World.MILLI, RETENTIONS[random.nextInt(RETENTIONS.length)],
                20 + random.nextInt(15));
    }

    SpoolConfig spool(String node, String bootId) {
        return SpoolConfig.of(node, bootId)
                .withSegmentBytes(SpoolConfig.SEGMENT_BYTES_MIN)
                .withUnsyncedBytesMax(SpoolConfig.SEGMENT_BYTES_MIN)
                .withQuotaBytes(quotaBytes)
                .withSyncInterval(Duration.ofNanos(syncIntervalNanos))
                .withRetention(retention);
    }
}

package dev.weir.exchange;

import java.time.Duration;

/// How much of a request head is read before it is refused (G7). All sizes in bytes.
///
/// @param requestLineMax the request line without its line end
/// @param headMax request line, fields and the empty line together
/// @param fieldsMax field lines in one head
/// @param chunkLineMax a chunk-size line without its line end
/// @param headTimeout from the first byte of a head to its last
/// @param firstByteTimeout from the beginning of a connection to its first byte
public record HeadLimits(int requestLineMax, int headMax, int fieldsMax, int chunkLineMax, Duration headTimeout,
        Duration firstByteTimeout) {
    public static final HeadLimits DEFAULT = new HeadLimits(8 << 10, 32 << 10, 100, 256, Duration.ofSeconds(10),
            Duration.ofSeconds(75));

    public HeadLimits {
        if (requestLineMax < 16 || fieldsMax < 1 || chunkLineMax < 8 || headTimeout.isNegative()
                || headTimeout.isZero()) {
            throw new IllegalArgumentException("head limits are too small to let any request pass: request line "
                    + requestLineMax + " B, " + fieldsMax + " fields, chunk-size line " + chunkLineMax + " B, "
                    + headTimeout);
        }
        if (headMax < requestLineMax || headMax > 1 << 20) {
            throw new IllegalArgumentException("a head of " + headMax + " B must hold the request line of "
                    + requestLineMax + " B and stay within 1 MiB");
        }
    }
}

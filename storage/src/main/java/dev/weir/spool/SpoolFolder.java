package dev.weir.spool;

import dev.weir.port.Disk;
import dev.weir.port.Random;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// The small files beside the segments: `node.id`, `epoch` (of the last start), `recovered` (up to which epoch every open
/// attempt has its event) and `closed` (the last epoch that was stopped in order, all of it synced). Each is one line of text,
/// replaced whole.
final class SpoolFolder {
    static final String LOCK = "lock";
    private static final String NODE_ID = "node.id";
    private static final String EPOCH = "epoch";
    private static final String RECOVERED = "recovered";
    private static final String CLOSED = "closed";
    private static final int LINE_MAX = 256;

    private final Disk disk;

    SpoolFolder(Disk disk) {
        this.disk = disk;
    }

    /// The id in the folder, empty where there is none that could be one.
    String nodeId() throws IOException {
        String present = line(NODE_ID);
        return SpoolConfig.isNodeId(present) ? present : "";
    }

    /// The configured id, else the one in the folder, else a new one; it stands in the folder afterwards.
    String nodeId(String configured, Random random) throws IOException {
        var present = line(NODE_ID);
        if (!configured.isEmpty()) {
            if (!configured.equals(present)) {
                put(NODE_ID, configured);
            }
            return configured;
        }
        if (SpoolConfig.isNodeId(present)) {
            return present;
        }
        var bytes = new byte[6];
        random.nextBytes(bytes);
        var generated = "node-" + HexFormat.of().formatHex(bytes);
        put(NODE_ID, generated);
        return generated;
    }

    /// The epoch of the last start, as far as the folder says; 0 where it does not.
    long lastEpoch() throws IOException {
        return number(EPOCH);
    }

    void startEpoch(long epoch) throws IOException {
        put(EPOCH, Long.toString(epoch));
    }

    /// The last epoch whose open attempts all have their events; 0 for none.
    long recovered() throws IOException {
        return number(RECOVERED);
    }

    void recovered(long epoch) throws IOException {
        put(RECOVERED, Long.toString(epoch));
    }

    /// The last epoch of which a power cut could take nothing, because it was stopped in order; 0 for none.
    long closed() throws IOException {
        return number(CLOSED);
    }

    void closed(long epoch) throws IOException {
        put(CLOSED, Long.toString(epoch));
    }

    private long number(String name) throws IOException {
        try {
            return Math.max(0, Long.parseLong(line(name)));
        } catch (NumberFormatException damaged) {
            return 0;
        }
    }

    private String line(String name) throws IOException {
        return disk.exists(name) ? new String(disk.readAll(name, LINE_MAX), StandardCharsets.UTF_8).strip() : "";
    }

    private void put(String name, String line) throws IOException {
        disk.replace(name, (line + "\n").getBytes(StandardCharsets.UTF_8));
    }
}

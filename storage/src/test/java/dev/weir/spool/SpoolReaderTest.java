package dev.weir.spool;

import static dev.weir.spool.Spools.call;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SpoolReaderTest {
    private final Spool spool = Spools.open(new TornDisk());
    private final List<Long> seqs = new ArrayList<>();

    /// Found by counting what an outage left in PostgreSQL: six events at the end of a segment were passed over.
    @Test
    void theEndOfAClosedSegmentThatIsNotYetSyncedIsWaitedFor() throws IOException {
        try (var reader = spool.read(spool.epoch(), 0)) {
            call(spool, "call-0");
            spool.sync();
            spool.work();
            read(reader);
            for (int i = 1; spool.usedBytes() < SpoolConfig.SEGMENT_BYTES_MIN + 10_000; i++) {
                call(spool, "call-" + i);
            }
            read(reader);
            assertThat(seqs).as("what is synced").containsExactly(1L);
            spool.sync();
            read(reader);
        }
        assertThat(seqs).containsExactlyElementsOf(LongStream.rangeClosed(1, spool.keptSeq()).boxed().toList());
    }

    private void read(SpoolReader reader) throws IOException {
        for (var events = reader.read(100); !events.isEmpty(); events = reader.read(100)) {
            events.forEach(kept -> seqs.add(kept.id().seq()));
        }
    }
}

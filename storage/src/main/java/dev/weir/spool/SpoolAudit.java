package dev.weir.spool;

import dev.weir.port.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Reads a spool folder and says what is in it. It changes nothing and takes no lock, so a Weir may be running on the folder; the
/// segment that is being written then may end in the middle of a frame, so what does not look sound is looked at again.
///
/// The eyes are those of [Recovery], which reads every epoch whole here.
public final class SpoolAudit {
    /// The file that a Weir which uses the folder holds locked.
    public static final String LOCK = SpoolFolder.LOCK;
    /// So many gaps of an epoch are told one by one.
    public static final int GAPS_MAX = 100;
    private static final int LOOKS_MAX = 5;

    private SpoolAudit() {}

    /// One epoch, as far as the folder holds it.
    ///
    /// @param raw segments that are not sealed
    /// @param suspect segments of which records were written again elsewhere, because the disk did not sync them
    /// @param headerless segments whose both headers are damaged
    /// @param records that count, by type
    /// @param firstSeq 0 where it has no event
    /// @param gaps between the events that are there; the first [#GAPS_MAX]
    /// @param missingEvents in all gaps
    /// @param missingRecords of any type between those that are there
    /// @param open attempts opened here and ended nowhere
    /// @param damaged stretches
    /// @param unreadable undamaged records whose content makes no sense
    public record Epoch(String node, long epoch, int raw, int sealed, int suspect, int headerless,
            Map<String, Long> records, long firstSeq, long lastSeq, List<Gap> gaps, long missingEvents,
            long missingRecords, long open, long damaged, long unreadable, long bytes) {
        public Epoch {
            records = Map.copyOf(records);
            gaps = List.copyOf(gaps);
        }

        boolean isSound() {
            return headerless + missingEvents + missingRecords + damaged + unreadable == 0;
        }
    }

    /// @param node empty where the folder does not say
    /// @param lastEpoch of the last start, as the folder's own file says
    /// @param recovered the last epoch whose open attempts all have their events
    /// @param closed the last epoch that was stopped in order
    public record Report(String node, long lastEpoch, long recovered, long closed, List<Epoch> epochs) {
        public Report {
            epochs = List.copyOf(epochs);
        }

        /// Nothing is damaged or missing in what the folder holds, and no attempt was left without its event.
        public boolean isSound() {
            return epochs.stream().allMatch(Epoch::isSound) && lostAttempts() == 0;
        }

        /// Attempts that a recovery should have ended, and that have no end.
        public long lostAttempts() {
            return epochs.stream().filter(epoch -> epoch.epoch() <= recovered).mapToLong(Epoch::open).sum();
        }

        /// Attempts in flight, or for the next start to end.
        public long openAttempts() {
            return epochs.stream().filter(epoch -> epoch.epoch() > recovered).mapToLong(Epoch::open).sum();
        }
    }

    /// Reads the folder.
    ///
    /// @throws LaterVersionException where only a later Weir can read it
    /// @throws IOException where it cannot be read
    public static Report of(Disk disk, String bootId) throws IOException {
        var readOnly = new ReadOnlyDisk(disk);
        for (int looks = 1;; looks++) {
            try {
                var report = look(readOnly, bootId);
                if (report.isSound() || looks == LOOKS_MAX) {
                    return report;
                }
            } catch (LaterVersionException fromLater) {
                throw fromLater;
            } catch (IOException moved) {
                // A running Weir seals and removes segments: the list of a moment ago may name one that is gone.
                if (looks == LOOKS_MAX) {
                    throw moved;
                }
            }
        }
    }

    private static Report look(Disk disk, String bootId) throws IOException {
        var folder = new SpoolFolder(disk);
        String node = folder.nodeId();
        long recovered = folder.recovered();
        var eyes = new Eyes();
        var recovery = new Recovery(disk, bootId, node.isEmpty() ? "?" : node, 0, eyes);
        recovery.run();
        return new Report(node, folder.lastEpoch(), recovered, folder.closed(), eyes.epochs(recovery.segments()));
    }

    /// What one epoch adds up to.
    private static final class Tally {
        final Map<RecordType, Long> records = new EnumMap<>(RecordType.class);
        final List<Gap> gaps = new ArrayList<>();
        long firstSeq;
        long lastSeq;
        long lastRecord;
        long missingEvents;
        long missingRecords;
        long open;
        long damaged;
        long unreadable;
        int headerless;
        int lowestIndex = Integer.MAX_VALUE;
    }

    private static final class Eyes implements Recovery.Watcher {
        private final Map<Long, Tally> epochs = new TreeMap<>();
        private final Map<Segment, Long> superseded = new HashMap<>();
        private final Map<String, Long> open = new HashMap<>();
        private final PayloadReader reader = new PayloadReader();

        @Override
        public void frame(Segment segment, byte[] buffer, int at) throws LaterVersionException {
            Tally tally = tally(segment);
            RecordType type = RecordLayout.type(buffer, at);
            tally.records.merge(type, 1L, Long::sum);
            number(segment, tally, RecordLayout.record(buffer, at));
            long seq = RecordLayout.seq(buffer, at);
            if (seq > 0) {
                event(segment, tally, seq);
            }
            try {
                content(segment, type, buffer, at);
            } catch (MalformedRecordException senseless) {
                tally.unreadable++;
            }
        }

        private static void number(Segment segment, Tally tally, long record) {
            boolean fromTheStart = tally.lastRecord == 0 && segment.index == 1;
            if (tally.lastRecord > 0 || fromTheStart) {
                tally.missingRecords += Math.max(0, record - tally.lastRecord - 1);
            }
            tally.lastRecord = record;
        }

        private static void event(Segment segment, Tally tally, long seq) {
            boolean fromTheStart = tally.lastSeq == 0 && tally.lowestIndex == 1;
            if (seq > tally.lastSeq + 1 && (tally.lastSeq > 0 || fromTheStart)) {
                tally.missingEvents += seq - tally.lastSeq - 1;
                if (tally.gaps.size() < GAPS_MAX) {
                    tally.gaps.add(new Gap(segment.node, segment.epoch, tally.lastSeq + 1, seq - 1,
                            Gap.Reason.MISSING));
                }
            }
            tally.firstSeq = tally.firstSeq == 0 ? seq : tally.firstSeq;
            tally.lastSeq = seq;
        }

        /// Reads the event as the shipper would, and follows its attempt.
        private void content(Segment segment, RecordType type, byte[] buffer, int at)
                throws LaterVersionException, MalformedRecordException {
            int from = at + RecordLayout.HEADER_BYTES;
            int to = at + RecordLayout.length(buffer, at);
            int nameEnd = EventCodec.skipHead(reader.over(buffer, from, to));
            var name = new String(buffer, from + 1, nameEnd - from - 1, StandardCharsets.ISO_8859_1);
            switch (type) {
                case OPEN -> open.put(name, segment.epoch);
                case SETTLE, RECOVERED -> open.remove(name);
                case PROGRESS, REFUSE -> {
                    // Neither begins nor ends an attempt.
                }
            }
            if (type != RecordType.PROGRESS) {
                EventCodec.read(reader.over(buffer, from, to));
            }
        }

        @Override
        public void superseded(Segment segment) {
            superseded.merge(segment, 1L, Long::sum);
        }

        @Override
        public void scanned(Segment segment, long badBlocks) {
            tally(segment).damaged += badBlocks;
        }

        @Override
        public void headerless(Segment segment) {
            tally(segment).headerless++;
        }

        private Tally tally(Segment segment) {
            Tally tally = epochs.computeIfAbsent(segment.epoch, epoch -> new Tally());
            tally.lowestIndex = Math.min(tally.lowestIndex, segment.index);
            return tally;
        }

        List<Epoch> epochs(List<Segment> segments) {
            open.values().forEach(epoch -> epochs.computeIfAbsent(epoch, none -> new Tally()).open++);
            var all = new ArrayList<Epoch>();
            epochs.forEach((epoch, tally) -> {
                var mine = segments.stream().filter(segment -> segment.epoch == epoch).toList();
                int sealed = (int) mine.stream().filter(segment -> segment.sealed).count();
                int suspect = (int) mine.stream().filter(superseded::containsKey).count();
                var records = new TreeMap<String, Long>();
                tally.records.forEach((type, count) -> records.put(type.name().toLowerCase(Locale.ROOT), count));
                all.add(new Epoch(mine.isEmpty() ? "?" : mine.getFirst().node, epoch, mine.size() - sealed, sealed,
                        suspect, tally.headerless, records, tally.firstSeq, tally.lastSeq, tally.gaps,
                        tally.missingEvents, tally.missingRecords, tally.open, tally.damaged, tally.unreadable,
                        mine.stream().mapToLong(segment -> segment.fileBytes).sum()));
            });
            return all;
        }
    }
}

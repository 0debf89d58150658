package dev.weir.spool;

import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal;
import dev.weir.event.WireBytes;
import dev.weir.port.Clock;
import dev.weir.port.Disk;
import dev.weir.port.Random;
import dev.weir.usage.Quantities;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The node's durable local log: the journal of the exchange, and the source of the shipper.
///
/// A record is *kept* when an append returned: it lies in a mapped file and outlives the process. It is *synced* after the
/// next [#sync], which a runner calls every [SpoolConfig#syncIntervalNanos]; readers see synced records only, so nothing is
/// stored elsewhere that a power cut could still take back here. Another runner calls [#work] every few milliseconds, which
/// prepares, seals and removes segments. Neither has a thread of its own.
///
/// Appends by any thread. Failure to keep is a value ([UsageJournal.Append.NotKept]); ending an attempt twice, or one that
/// was never opened, is an [IllegalStateException].
public final class Spool implements UsageJournal, Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
    private static final ThreadLocal<PayloadWriter> WRITERS = ThreadLocal.withInitial(PayloadWriter::new);

    private final SpoolConfig config;
    private final Disk disk;
    private final Clock clock;
    private final Closeable folderLock;
    private final SpoolFolder folder;
    private final String nodeId;
    private final long epoch;
    private final SegmentList segments;
    private final Appender appender;
    private final Sealer sealer;
    private final Retention retention;
    private final RecoveryReport recovery;
    private final ReentrantLock workLock = new ReentrantLock();
    /// What each attempt in flight has set aside, and where its opening record is.
    private final ConcurrentHashMap<AttemptName, InFlight> inFlight = new ConcurrentHashMap<>();
    /// Ends that could not be kept when their attempts ended.
    private final ConcurrentHashMap<AttemptName, Owed> owed = new ConcurrentHashMap<>();
    private final AtomicLong badBlocks = new AtomicLong();
    private volatile @Nullable String workError;

    private record AttemptName(String callId, int attempt) {}

    /// @param ending whether its end is being kept
    private record InFlight(long reserved, long afterRecord, boolean ending) {
        InFlight ended() {
            return new InFlight(reserved, afterRecord, true);
        }
    }

    /// @param settlement null where the opening record is taken back
    private record Owed(InFlight attempt, @Nullable UsageEvent settlement) {}

    private Spool(SpoolConfig config, Disk disk, Clock clock, Closeable folderLock, String nodeId, SpoolFolder folder,
            Recovery found, Epochs epochs, RecoveryRules rules) throws IOException {
        this.config = config;
        this.disk = disk;
        this.clock = clock;
        this.folderLock = folderLock;
        this.folder = folder;
        this.nodeId = nodeId;
        this.segments = new SegmentList();
        found.segments().forEach(this::add);
        long last = Math.max(found.lastEpoch(), folder.lastEpoch());
        this.epoch = begin(epochs, found, last);
        folder.startEpoch(epoch);
        this.sealer = new Sealer(disk, clock);
        var unreadable = new int[1];
        var interrupted = charged(found.attempts().interrupted(unreadable), found, epoch > last + 1, rules);
        this.recovery = found.report(interrupted.size(), unreadable[0]);
        this.badBlocks.set(recovery.badBlocks());
        this.appender = new Appender(config, disk, clock, segments, nodeId, epoch);
        this.retention = new Retention(config.retention(), disk, clock, segments, appender, epoch,
                this::oldestOpenRecord);
        sealSuspects();
        keepInterrupted(interrupted, rules);
        folder.recovered(epoch - 1);
    }

    /// Takes the folder, reads what former epochs left, starts a new epoch, and keeps in it an `interrupted` event for each
    /// attempt that was opened and never settled.
    ///
    /// @param epochs who gives the new epoch its number, and takes down what gaps this start finds
    /// @param rules what such an event costs, and whether the store has it
    /// @throws IOException if the folder is another process's, or cannot be read or written, or no epoch is given; the message
    ///         says which
    public static Spool open(SpoolConfig config, Disk disk, Clock clock, Random random, Epochs epochs,
            RecoveryRules rules) throws IOException {
        var lock = disk.lock(SpoolFolder.LOCK);
        try {
            var folder = new SpoolFolder(disk);
            var nodeId = folder.nodeId(config.nodeId(), random);
            var found = new Recovery(disk, config.bootId(), nodeId, folder.recovered());
            found.run();
            return new Spool(config, disk, clock, lock, nodeId, folder, found, epochs, rules);
        } catch (InternalError faultInMapping) {
            lock.close();
            throw new IOException("the disk failed under a new segment: " + faultInMapping.getMessage(),
                    faultInMapping);
        } catch (IOException | RuntimeException failed) {
            lock.close();
            throw failed;
        }
    }

    /// The age of what a former process sealed is known by the wall clock only.
    private void add(Segment found) {
        long ageMillis = found.sealedMillis == 0 ? 0 : clock.now().toEpochMilli() - found.sealedMillis;
        found.sealedNanos = clock.nanoTime() - TimeUnit.MILLISECONDS.toNanos(Math.max(0, ageMillis));
        segments.add(found);
    }

    /// Opens a folder that counts its own epochs.
    public static Spool open(SpoolConfig config, Disk disk, Clock clock, Random random, RecoveryRules rules)
            throws IOException {
        return open(config, disk, clock, random, Epochs.OF_FOLDER, rules);
    }

    /// Asked before the recovery mark moves: a start that dies before it has its epoch, or right after, finds the same gaps
    /// again.
    private long begin(Epochs epochs, Recovery found, long last) throws IOException {
        long given = epochs.begin(new Epochs.Start(nodeId, last + 1, found.lastSeq(nodeId, last),
                found.powerCuts(folder.closed())));
        if (given <= last) {
            throw new IOException("the folder has seen epoch " + last + ", and epoch " + given + " was given to "
                    + nodeId + " for the next one");
        }
        return given;
    }

    /// What cannot be synced where it is, is copied into a sealed segment at once.
    private void sealSuspects() throws IOException {
        for (Segment segment : segments.all()) {
            if (segment.suspect && !segment.sealed) {
                sealer.seal(segment);
            }
        }
    }

    /// @param isOlderCopy whether another folder of this node had starts since this one was copied
    private List<UsageEvent> charged(List<UsageEvent> interrupted, Recovery found, boolean isOlderCopy,
            RecoveryRules rules) throws IOException {
        if (interrupted.isEmpty()) {
            return interrupted;
        }
        return rules.charge(new RecoveryRules.Charge(nodeId, epoch, interrupted, found.formers(nodeId, epoch),
                found.isDamaged() || isOlderCopy));
    }

    /// Exactly once, though this start may be killed in the middle: the next one finds these records beside the opening ones.
    private void keepInterrupted(List<UsageEvent> events, RecoveryRules rules) throws IOException {
        for (UsageEvent event : events) {
            var writer = WRITERS.get().start();
            EventCodec.write(writer, rules.rated(event));
            if (appender.append(writer, RecordType.RECOVERED, 0, 0) instanceof Append.NotKept) {
                appender.prepare();
                EventCodec.write(writer.start(), rules.rated(event));
                if (appender.append(writer, RecordType.RECOVERED, 0, 0) instanceof Append.NotKept(String why)) {
                    throw new IOException("recovered events cannot be kept: " + why);
                }
            }
        }
        appender.sync();
        if (appender.syncedRecord() < appender.keptRecord()) {
            throw new IOException("recovered events cannot be synced: " + appender.lastError());
        }
    }

    @Override
    public Append open(UsageEvent ifInterrupted) {
        var writer = WRITERS.get().start();
        EventCodec.write(writer, ifInterrupted);
        long room = EventCodec.settlementRoom(writer);
        var name = new AttemptName(ifInterrupted.callId(), ifInterrupted.attempt());
        var attempt = new InFlight(room, appender.keptRecord(), false);
        if (inFlight.putIfAbsent(name, attempt) != null) {
            throw new IllegalStateException("attempt " + name.attempt + " of call " + name.callId + " is open already");
        }
        var answer = appender.append(writer, RecordType.OPEN, room, 0);
        var durable = durable(answer);
        if (durable instanceof Append.NotKept) {
            if (answer instanceof Append.Kept) {
                owed.put(name, new Owed(attempt, null));
            }
            inFlight.remove(name);
        }
        return durable;
    }

    /// Recovery takes the last opening record. Room for the settlement was set aside with the first.
    @Override
    public Append reopen(UsageEvent ifInterrupted) {
        if (!inFlight.containsKey(new AttemptName(ifInterrupted.callId(), ifInterrupted.attempt()))) {
            throw new IllegalStateException("call " + ifInterrupted.callId() + " has no such attempt open");
        }
        var writer = WRITERS.get().start();
        EventCodec.write(writer, ifInterrupted);
        return durable(appender.append(writer, RecordType.OPEN, 0, 0));
    }

    /// Where each append is synced: the same, or why it could not be. The record may be found by the next start all the same.
    private Append durable(Append answer) {
        return config.syncIntervalNanos() == 0 && answer instanceof Append.Kept ? appender.syncedOr(answer) : answer;
    }

    @Override
    public Append progress(String callId, int attempt, Quantities soFar, WireBytes bytes) {
        var writer = WRITERS.get().start();
        EventCodec.writeProgress(writer, callId, attempt, soFar, bytes);
        return durable(appender.append(writer, RecordType.PROGRESS, 0, 0));
    }

    @Override
    public Append settle(UsageEvent event) {
        var name = new AttemptName(event.callId(), event.attempt());
        var attempt = inFlight.get(name);
        if (attempt == null || attempt.ending || !inFlight.replace(name, attempt, attempt.ended())) {
            throw new IllegalStateException("attempt " + name.attempt + " of call " + name.callId
                    + " is not open: it was settled before, or never opened");
        }
        var answer = appendSettlement(event, attempt);
        if (answer instanceof Append.NotKept) {
            owed.put(name, new Owed(attempt, event));
        }
        inFlight.remove(name);
        return durable(answer);
    }

    private Append appendSettlement(UsageEvent event, InFlight attempt) {
        var writer = WRITERS.get().start();
        EventCodec.write(writer, event);
        return appender.append(writer, RecordType.SETTLE, 0, attempt.reserved);
    }

    @Override
    public Append refuse(UsageEvent event) {
        var writer = WRITERS.get().start();
        EventCodec.write(writer, event);
        return durable(appender.append(writer, RecordType.REFUSE, 0, 0));
    }

    @Override
    public boolean isOpen(String callId, int attempt) {
        var name = new AttemptName(callId, attempt);
        return inFlight.containsKey(name) || owed.containsKey(name);
    }

    @Override
    public boolean wantsShedding() {
        return pressure().compareTo(Pressure.SHED) >= 0;
    }

    /// Makes durable what is kept. One runner calls it every [SpoolConfig#syncIntervalNanos]; costs nothing where nothing is new.
    public void sync() {
        appender.sync();
    }

    /// One round of background work: keeps what ends are owed, prepares the next segment, removes what may go, seals at most one
    /// segment. Another runner than that of [#sync] calls it every few milliseconds. What fails is tried again in the next round.
    ///
    /// @return whether there is more to do at once
    public boolean work() {
        workLock.lock();
        try {
            retention.look();
            keepOwed();
            prepareOrMakeRoom();
            retention.removeExpired();
            boolean sealed = sealNext();
            workError = null;
            return sealed;
        } catch (IOException | InternalError failed) {
            var why = String.valueOf(failed.getMessage());
            if (!why.equals(workError)) {
                LOG.warn("Spool work failed, and is tried again: {}", why);
            }
            workError = why;
            return false;
        } finally {
            workLock.unlock();
        }
    }

    /// The clients never saw the ends of their answers, but their upstreams did; or nothing was sent, though an opening record
    /// says that it may have been.
    private void keepOwed() {
        owed.forEach((name, end) -> {
            var settlement = end.settlement;
            var answer = settlement == null ? takeBack(name, end.attempt) : appendSettlement(settlement, end.attempt);
            if (answer instanceof Append.Kept) {
                owed.remove(name);
            }
        });
    }

    private Append takeBack(AttemptName name, InFlight attempt) {
        var writer = WRITERS.get().start();
        EventCodec.writeProgress(writer, name.callId, name.attempt, Quantities.NONE, WireBytes.NONE);
        return appender.append(writer, RecordType.TAKEN_BACK, 0, attempt.reserved);
    }

    /// Where there is no room for another segment, what may go goes first.
    private void prepareOrMakeRoom() throws IOException {
        try {
            appender.prepare();
        } catch (IOException noRoom) {
            retention.removeExpired();
            sealNext();
            appender.prepare();
        }
    }

    private boolean sealNext() throws IOException {
        for (Segment segment : segments.all()) {
            if (segment.closed && !segment.sealed && retention.isSealable(segment)) {
                badBlocks.addAndGet(sealer.seal(segment));
                segments.recount();
                return true;
            }
        }
        return false;
    }

    private long oldestOpenRecord() {
        return Stream.concat(inFlight.values().stream(), owed.values().stream().map(Owed::attempt))
                .mapToLong(InFlight::afterRecord)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /// Says up to where an epoch is stored. Segments go, after their retention, when all of them is.
    public void stored(long ofEpoch, long seq) {
        segments.stored(ofEpoch, seq);
    }

    /// Up to where an epoch is stored, as last said; -1 where nobody said.
    long storedSeq(long ofEpoch) {
        return segments.watermark(ofEpoch);
    }

    /// The epochs that have records here, in order; the last one is this start's.
    public List<Epoch> epochs() {
        var epochs = new ArrayList<Epoch>();
        for (Segment segment : segments.all()) {
            if (epochs.isEmpty() || epochs.getLast().epoch() != segment.epoch) {
                epochs.add(new Epoch(segment.node, segment.epoch, segment.epoch == epoch));
            }
        }
        return epochs;
    }

    /// One start of a node, as far as the folder holds it.
    ///
    /// @param live whether it is this start's, so that more may follow
    public record Epoch(String node, long epoch, boolean live) {}

    /// A reader of one epoch's synced events after a seq.
    public SpoolReader read(long ofEpoch, long afterSeq) {
        return new SpoolReader(segments, ofEpoch, afterSeq);
    }

    /// All synced events after a seq of each epoch, each once, in order: what a start adds to the sums of a database. Read while
    /// it is gone through, so that a long backlog takes no memory; to be gone through on one thread, as often as needed.
    ///
    /// Segments go when the shipper has said that they are stored. So that none goes meanwhile, this is read before the shipper
    /// begins.
    ///
    /// @param after how far of an epoch is known elsewhere, 0 where nothing is
    public Iterable<KeptEvent> eventsAfter(ToLongFunction<Epoch> after) {
        return () -> new SpooledEvents(this, after);
    }

    public String nodeId() {
        return nodeId;
    }

    public long epoch() {
        return epoch;
    }

    /// What this start found.
    public RecoveryReport recovery() {
        return recovery;
    }

    /// The highest seq kept in this epoch.
    public long keptSeq() {
        return appender.keptSeq();
    }

    /// The highest seq of this epoch that a power cut cannot take.
    public long syncedSeq() {
        return appender.syncedSeq();
    }

    /// Bytes a power cut could take now, rounded up to what is held to write them again.
    public long unsyncedBytes() {
        return appender.unsyncedBytes();
    }

    /// How long ago all that was kept was last known to be synced: the loss window of a power cut.
    public long unsyncedNanos() {
        return clock.nanoTime() - appender.syncedAtNanos();
    }

    /// Bytes that count towards the quota: what is not stored, and what is set aside for settlements.
    public long usedBytes() {
        return appender.usedBytes();
    }

    /// Events not yet stored, of all epochs, as far as the shipper has said; gaps count as events.
    public long depthRecords() {
        long depth = Math.max(0, appender.keptSeq() - Math.max(0, segments.watermark(epoch)));
        for (Epoch former : epochs()) {
            if (!former.live()) {
                depth += Math.max(0, lastSeq(former.epoch()) - Math.max(0, segments.watermark(former.epoch())));
            }
        }
        return depth;
    }

    /// The last seq that was given in an epoch, as far as the folder says.
    long lastSeq(long ofEpoch) {
        return segments.ofEpoch(ofEpoch).stream().mapToLong(segment -> segment.lastSeq).max().orElse(0);
    }

    /// How many bytes may wait for the store.
    public long quotaBytes() {
        return config.quotaBytes();
    }

    /// How close the quota is.
    public Pressure pressure() {
        return Pressure.of(usedBytes(), config.quotaBytes());
    }

    /// Attempts opened whose settlements are not kept.
    public int inFlight() {
        return inFlight.size() + owed.size();
    }

    /// Segments given up because a sync failed, in this epoch.
    public long suspectSegments() {
        return appender.suspects();
    }

    /// Damaged stretches passed over, at the start and since.
    public long badBlocks() {
        return badBlocks.get();
    }

    /// The last failure of the disk, null where there was none.
    public @Nullable String lastError() {
        var error = workError;
        return error != null ? error : appender.lastError();
    }

    /// Without the mark the next boot of the machine can only say that a power cut may have taken something.
    private void markClosed() {
        try {
            if (appender.syncedRecord() >= appender.keptRecord()) {
                folder.closed(epoch);
            }
        } catch (IOException failed) {
            LOG.warn("The end of epoch {} could not be marked in the spool folder: {}", epoch, failed.getMessage());
        }
    }

    /// Syncs what is kept and lets the folder go. What is in flight is found open by the next start.
    @Override
    public void close() throws IOException {
        workLock.lock();
        try {
            appender.close("the spool is closed");
            segments.all().forEach(Segment::unmap);
            markClosed();
        } finally {
            workLock.unlock();
            folderLock.close();
        }
    }
}

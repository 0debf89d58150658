package dev.weir.exchange;

import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal;
import dev.weir.event.WireBytes;
import dev.weir.usage.Quantities;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A journal in memory: keeps everything in the order in which it came, holds the caller to the journal's contract, and can
/// be told to keep nothing more. Any thread.
///
/// An attempt that is settled without having been opened, or opened or settled twice, is an error at once.
final class RecordingJournal implements UsageJournal {
    /// What can be told not to be kept.
    enum Part {
        OPEN, REOPEN, PROGRESS, SETTLE, REFUSE, BOOK
    }

    /// One record as it came.
    record Entry(Part part, String callId, int attempt) {}

    private final List<Entry> entries = new ArrayList<>();
    private final List<UsageEvent> opened = new ArrayList<>();
    private final List<UsageEvent> reopened = new ArrayList<>();
    private final List<UsageEvent> settled = new ArrayList<>();
    private final List<UsageEvent> refused = new ArrayList<>();
    private final List<UsageEvent> booked = new ArrayList<>();
    private final List<Quantities> progress = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final Map<Part, Boolean> failing = new ConcurrentHashMap<>();
    private volatile Runnable beforeSettle = () -> {};
    private volatile Runnable beforeOpen = () -> {};
    private long seq;

    /// From now on records of this part are kept, or not.
    void keeps(Part part, boolean keeps) {
        failing.put(part, !keeps);
    }

    /// Runs on the caller's thread right before a settlement is kept.
    void beforeSettle(Runnable action) {
        beforeSettle = action;
    }

    /// Runs on the caller's thread right before an opening record is kept.
    void beforeOpen(Runnable action) {
        beforeOpen = action;
    }

    @Override
    public Append open(UsageEvent ifInterrupted) {
        beforeOpen.run();
        return append(Part.OPEN, ifInterrupted, opened);
    }

    @Override
    public Append reopen(UsageEvent ifInterrupted) {
        return append(Part.REOPEN, ifInterrupted, reopened);
    }

    @Override
    public synchronized Append progress(String callId, int attempt, Quantities soFar, WireBytes bytes) {
        entries.add(new Entry(Part.PROGRESS, callId, attempt));
        progress.add(soFar);
        return fails(Part.PROGRESS) ? notKept() : new Append.Kept(0);
    }

    @Override
    public Append settle(UsageEvent event) {
        beforeSettle.run();
        return append(Part.SETTLE, event, settled);
    }

    /// As long as settlements are not kept, those that were not are owed.
    @Override
    public boolean isOpen(String callId, int attempt) {
        return fails(Part.SETTLE);
    }

    @Override
    public Append refuse(UsageEvent event) {
        return append(Part.REFUSE, event, refused);
    }

    @Override
    public Append book(UsageEvent event) {
        return append(Part.BOOK, event, booked);
    }

    private synchronized Append append(Part part, UsageEvent event, List<UsageEvent> kept) {
        if (fails(part)) {
            return notKept();
        }
        check(part, event);
        entries.add(new Entry(part, event.callId(), event.attempt()));
        kept.add(event);
        return new Append.Kept(part == Part.OPEN || part == Part.REOPEN ? 0 : ++seq);
    }

    private void check(Part part, UsageEvent event) {
        boolean open = holds(opened, event);
        boolean done = holds(settled, event);
        String fault = switch (part) {
            case OPEN -> open ? "opened twice" : null;
            case REOPEN -> !open ? "reopened and never opened" : done ? "reopened and settled" : null;
            case SETTLE -> !open ? "settled and never opened" : done ? "settled twice" : null;
            case REFUSE -> open ? "refused and opened" : null;
            case BOOK -> open ? "booked and opened" : holds(booked, event) ? "booked twice" : null;
            case PROGRESS -> null;
        };
        if (fault != null) {
            faults.add("attempt " + event.attempt() + " of call " + event.callId() + ": " + fault);
        }
    }

    private static boolean holds(List<UsageEvent> events, UsageEvent event) {
        // The newest are at the end, and nearly every question is about one of them.
        for (int i = events.size() - 1; i >= Math.max(0, events.size() - 1_000); i--) {
            if (events.get(i).callId().equals(event.callId()) && events.get(i).attempt() == event.attempt()) {
                return true;
            }
        }
        return false;
    }

    private boolean fails(Part part) {
        return failing.getOrDefault(part, false);
    }

    private static Append notKept() {
        return new Append.NotKept("told not to");
    }

    synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }

    synchronized List<UsageEvent> opened() {
        return List.copyOf(opened);
    }

    /// The opening records that took the place of an earlier one.
    synchronized List<UsageEvent> reopened() {
        return List.copyOf(reopened);
    }

    synchronized List<UsageEvent> settled() {
        return List.copyOf(settled);
    }

    synchronized List<UsageEvent> refused() {
        return List.copyOf(refused);
    }

    synchronized List<UsageEvent> booked() {
        return List.copyOf(booked);
    }

    /// What each progress record said had been used so far.
    synchronized List<Quantities> progress() {
        return List.copyOf(progress);
    }

    /// What broke the contract; empty when all is well.
    synchronized List<String> faults() {
        return List.copyOf(faults);
    }

    synchronized void forget() {
        entries.clear();
        opened.clear();
        reopened.clear();
        settled.clear();
        refused.clear();
        booked.clear();
        progress.clear();
        faults.clear();
    }
}

package dev.weir.spool;

import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.usage.Quantities;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The attempts that recovery saw opened and has not seen settled or recovered. One thread; allocates for open attempts only.
final class OpenAttempts {
    private final Map<Name, Attempt> open = new LinkedHashMap<>();
    private final PayloadReader reader = new PayloadReader();
    private final Name probe = new Name(new byte[0], 0, 0);

    /// Takes in one frame.
    void see(byte[] buffer, int at) throws MalformedRecordException, LaterVersionException {
        int from = at + RecordLayout.HEADER_BYTES;
        int to = at + RecordLayout.length(buffer, at);
        int nameEnd = EventCodec.skipHead(reader.over(buffer, from, to));
        probe.set(buffer, from + 1, nameEnd);
        switch (RecordLayout.type(buffer, at)) {
            case OPEN -> {
                var attempt = new Attempt(copy(buffer, from, to));
                var before = open.put(probe.copy(), attempt);
                attempt.progress = before == null ? null : before.progress;
            }
            case PROGRESS -> {
                var attempt = open.get(probe);
                if (attempt != null) {
                    attempt.progress = copy(buffer, nameEnd, to);
                }
            }
            case SETTLE, RECOVERED, TAKEN_BACK -> open.remove(probe);
            case REFUSE -> {
                // A refusal opens nothing.
            }
        }
    }

    int size() {
        return open.size();
    }

    /// The event of each open attempt, in the order they were opened.
    ///
    /// @return the events; what could not be read is left out and counted in `unreadable`
    List<UsageEvent> interrupted(int[] unreadable) throws LaterVersionException {
        var events = new ArrayList<UsageEvent>();
        for (Attempt attempt : open.values()) {
            try {
                events.add(attempt.interrupted(reader));
            } catch (MalformedRecordException senseless) {
                unreadable[0]++;
            }
        }
        return events;
    }

    private static byte[] copy(byte[] buffer, int from, int to) {
        return Arrays.copyOfRange(buffer, from, to);
    }

    private static final class Attempt {
        private final byte[] opening;
        private byte @Nullable [] progress;

        Attempt(byte[] opening) {
            this.opening = opening;
        }

        /// Of each meter, what was reserved where the opening record says so, and at least what the last progress record
        /// says: a cap on bytes or calls reserves no tokens, and a long answer reserves more bytes on its way.
        UsageEvent interrupted(PayloadReader in) throws MalformedRecordException, LaterVersionException {
            var event = EventCodec.read(in.over(opening, 0, opening.length));
            var seen = progress;
            if (seen == null) {
                return event;
            }
            in.over(seen, 0, seen.length);
            var bytes = EventCodec.bytes(in);
            var quantities = EventCodec.quantities(in);
            return with(event, larger(event.quantities(), quantities), bytes);
        }

        private static Quantities larger(Quantities reserved, Quantities seen) {
            return reserved.isEmpty() ? seen : seen.with(all -> reserved.forEach((meter, amount, provenance) -> {
                if (!seen.has(meter) || seen.amount(meter) < amount) {
                    all.set(meter, amount, provenance);
                }
            }));
        }

        private static UsageEvent with(UsageEvent e, Quantities quantities, WireBytes bytes) {
            return new UsageEvent(e.callId(), e.attempt(), e.time(), e.tenant(), e.key(), e.user(), e.route(),
                    e.provider(), e.modelAsked(), e.modelAnswered(), e.region(), e.serviceTier(),
                    e.providerRequestId(), e.attribution(), quantities, bytes, e.clientStatus(), e.upstreamStatus(),
                    e.latencyNanos(), e.firstTokenNanos(), e.clientRetryCount(), e.retryAfterSeconds(), e.outcome(),
                    e.reasonCode(), e.priceVersion(), e.cost(), e.flags(), e.tools(), e.costReported());
        }
    }

    /// Attempt and call id as they stand in a payload behind its version: what an older Weir opened, a newer one recovers.
    private static final class Name {
        private byte[] bytes;
        private int from;
        private int to;
        private int hash;

        Name(byte[] bytes, int from, int to) {
            this.bytes = bytes;
            set(bytes, from, to);
        }

        void set(byte[] buffer, int begin, int end) {
            bytes = buffer;
            from = begin;
            to = end;
            int h = 1;
            for (int i = begin; i < end; i++) {
                h = 31 * h + buffer[i];
            }
            hash = h;
        }

        Name copy() {
            return new Name(OpenAttempts.copy(bytes, from, to), 0, to - from);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Name that
                    && Arrays.equals(bytes, from, to, that.bytes, that.from, that.to);
        }
    }
}

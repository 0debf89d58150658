package dev.weir.spool;

import dev.weir.event.Attribution;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import dev.weir.usage.ToolCounts;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The payload of a frame, version 2. Every kind begins with what names the attempt, so that recovery can pair frames
/// without reading the rest:
///
/// ```
///   version (1 byte) | attempt (number) | call id (text) | …
///
///   open, settle, refuse, recovered:
///     time: seconds (8 bytes), nanoseconds (4 bytes)
///     texts: tenant, key, user, route, provider, model asked, model answered, region, service tier,
///            provider request id, run, step, ticket, cost centre, reason code, price version
///     tags: count (1 byte), then text and text of each
///     outcome (1 byte), flags (number), cost: 0, or 1 and picos (number)
///     numbers: client status, upstream status, latency, first token, client retries, retry-after
///     bytes on the four edges (numbers), quantities
///     tools (since version 2): count (1 byte), then text and number of each
///     reported cost (since version 2): as cost
///
///   progress:
///     bytes on the four edges (numbers), quantities
///
///   quantities: count (1 byte), then of each: meter (1 byte), provenance (1 byte), amount (number)
/// ```
///
/// Version 1, which ended with the quantities, is still read. A later version is refused, not skipped: skipping would lose the
/// record.
final class EventCodec {
    static final int VERSION = 2;
    /// By how much the settlement's payload can be longer than that of the record that opened the attempt: six texts that an
    /// upstream chooses, every meter, and the numbers. (The tools of a settlement are among those that the opening names.)
    static final int GROWTH_MAX = 6 * (PayloadWriter.TEXT_MAX + 2) + Meter.values().length * 12 + 128;

    private EventCodec() {}

    /// The most that the settlement takes in the log whose opening record has just been written.
    static long settlementRoom(PayloadWriter opening) {
        return RecordLayout.padded(Math.min(RecordLayout.LENGTH_MAX,
                RecordLayout.HEADER_BYTES + opening.payloadBytes() + GROWTH_MAX));
    }

    static void write(PayloadWriter out, UsageEvent event) {
        head(out, event.callId(), event.attempt());
        out.fixed(event.time().getEpochSecond());
        out.fixed(event.time().getNano());
        var tenant = event.tenant();
        out.text(tenant == null ? null : tenant.value());
        var key = event.key();
        out.text(key == null ? null : key.value());
        out.text(event.user());
        out.text(event.route());
        out.text(event.provider());
        out.text(event.modelAsked());
        out.text(event.modelAnswered());
        out.text(event.region());
        out.text(event.serviceTier());
        out.text(event.providerRequestId());
        attribution(out, event.attribution());
        out.text(event.reasonCode());
        out.text(event.priceVersion());
        tags(out, event.attribution().tags());
        out.raw(event.outcome().code());
        out.number(event.flags().bits());
        cost(out, event.cost());
        out.number(event.clientStatus());
        out.number(event.upstreamStatus());
        out.number(event.latencyNanos());
        out.number(event.firstTokenNanos());
        out.number(event.clientRetryCount());
        out.number(event.retryAfterSeconds());
        bytes(out, event.bytes());
        out.quantities(event.quantities());
        tools(out, event.tools());
        cost(out, event.costReported());
    }

    static void writeProgress(PayloadWriter out, String callId, int attempt, Quantities soFar, WireBytes bytes) {
        head(out, callId, attempt);
        bytes(out, bytes);
        out.quantities(soFar);
    }

    private static void head(PayloadWriter out, String callId, int attempt) {
        out.raw(VERSION);
        out.number(attempt);
        out.text(callId);
    }

    private static void attribution(PayloadWriter out, Attribution attribution) {
        out.text(attribution.run());
        out.text(attribution.step());
        out.text(attribution.ticket());
        out.text(attribution.costCenter());
    }

    private static void tags(PayloadWriter out, Map<String, String> tags) {
        int left = Math.min(tags.size(), Attribution.TAGS_MAX);
        out.raw(left);
        if (left == 0) {
            return;
        }
        for (var tag : tags.entrySet()) {
            if (left-- == 0) {
                return;
            }
            out.text(tag.getKey());
            out.text(tag.getValue());
        }
    }

    private static void tools(PayloadWriter out, ToolCounts tools) {
        out.raw(tools.byName().size());
        tools.byName().forEach((name, count) -> {
            out.text(name);
            out.number(count);
        });
    }

    private static void cost(PayloadWriter out, @Nullable Money cost) {
        out.raw(cost == null ? 0 : 1);
        if (cost != null) {
            out.number(cost.picos());
        }
    }

    private static void bytes(PayloadWriter out, WireBytes bytes) {
        out.number(bytes.clientIn());
        out.number(bytes.upstreamOut());
        out.number(bytes.upstreamIn());
        out.number(bytes.clientOut());
    }

    /// Reads past version, attempt and call id.
    ///
    /// @return where the rest begins
    static int skipHead(PayloadReader in) throws MalformedRecordException, LaterVersionException {
        var _ = version(in);
        in.number();
        in.skipText();
        return in.at();
    }

    private static int version(PayloadReader in) throws MalformedRecordException, LaterVersionException {
        int version = in.raw();
        if (version > VERSION) {
            throw new LaterVersionException(version, VERSION);
        }
        if (version < 1) {
            throw new MalformedRecordException("version " + version);
        }
        return version;
    }

    static UsageEvent read(PayloadReader in) throws MalformedRecordException, LaterVersionException {
        try {
            int version = version(in);
            int attempt = in.smallNumber();
            var callId = in.mandatoryText();
            var event = rest(in, callId, attempt, version);
            in.atEnd();
            return event;
        } catch (IllegalArgumentException | DateTimeException senseless) {
            throw new MalformedRecordException(String.valueOf(senseless.getMessage()));
        }
    }

    private static UsageEvent rest(PayloadReader in, String callId, int attempt, int version)
            throws MalformedRecordException {
        var time = Instant.ofEpochSecond(in.fixedLong(), in.fixedInt());
        var tenant = in.text();
        var key = in.text();
        var user = in.text();
        var route = in.mandatoryText();
        var provider = in.mandatoryText();
        var modelAsked = in.text();
        var modelAnswered = in.text();
        var region = in.text();
        var serviceTier = in.text();
        var providerRequestId = in.text();
        var run = in.text();
        var step = in.text();
        var ticket = in.text();
        var costCenter = in.text();
        var reasonCode = in.text();
        var priceVersion = in.text();
        var attribution = attribution(run, step, ticket, costCenter, tags(in));
        var outcome = Outcome.byCode(in.raw());
        var flags = new Flags(in.smallNumber());
        var cost = cost(in);
        int clientStatus = in.smallNumber();
        int upstreamStatus = in.smallNumber();
        long latencyNanos = in.number();
        long firstTokenNanos = in.number();
        int clientRetryCount = in.smallNumber();
        long retryAfterSeconds = in.number();
        var bytes = bytes(in);
        var quantities = quantities(in);
        var tools = version < 2 ? ToolCounts.NONE : tools(in);
        var costReported = version < 2 ? null : cost(in);
        return new UsageEvent(callId, attempt, time, tenant == null ? null : new TenantId(tenant),
                key == null ? null : new KeyId(key), user, route, provider, modelAsked, modelAnswered, region,
                serviceTier, providerRequestId, attribution, quantities, bytes, clientStatus, upstreamStatus,
                latencyNanos, firstTokenNanos, clientRetryCount, retryAfterSeconds, outcome, reasonCode, priceVersion,
                cost, flags, tools, costReported);
    }

    private static Attribution attribution(@Nullable String run, @Nullable String step, @Nullable String ticket,
            @Nullable String costCenter, Map<String, String> tags) {
        if (run == null && step == null && ticket == null && costCenter == null && tags.isEmpty()) {
            return Attribution.NONE;
        }
        return new Attribution(run, step, ticket, costCenter, tags);
    }

    private static Map<String, String> tags(PayloadReader in) throws MalformedRecordException {
        int count = in.raw();
        if (count > Attribution.TAGS_MAX) {
            throw new MalformedRecordException(count + " tags");
        }
        if (count == 0) {
            return Map.of();
        }
        var tags = new LinkedHashMap<String, String>();
        for (int i = 0; i < count; i++) {
            var name = in.mandatoryText();
            tags.put(name, in.mandatoryText());
        }
        return Collections.unmodifiableMap(tags);
    }

    private static @Nullable Money cost(PayloadReader in) throws MalformedRecordException {
        return in.raw() == 0 ? null : Money.ofPicos(in.number());
    }

    private static ToolCounts tools(PayloadReader in) throws MalformedRecordException {
        int count = in.raw();
        if (count == 0) {
            return ToolCounts.NONE;
        }
        var byName = new HashMap<String, Long>();
        for (int i = 0; i < count; i++) {
            var name = in.mandatoryText();
            byName.merge(name, in.number(), Long::sum);
        }
        return new ToolCounts(byName);
    }

    static WireBytes bytes(PayloadReader in) throws MalformedRecordException {
        return new WireBytes(in.number(), in.number(), in.number(), in.number());
    }

    static Quantities quantities(PayloadReader in) throws MalformedRecordException {
        int count = in.raw();
        if (count == 0) {
            return Quantities.NONE;
        }
        var builder = Quantities.builder();
        for (int i = 0; i < count; i++) {
            var meter = meter(in.raw());
            var provenance = provenance(in.raw());
            builder.set(meter, in.number(), provenance);
        }
        return builder.build();
    }

    private static Meter meter(int code) throws MalformedRecordException {
        try {
            return Meter.byCode(code);
        } catch (IllegalArgumentException unknown) {
            throw new MalformedRecordException("no meter has the code " + code);
        }
    }

    /// The stable number of a provenance in the spool.
    static int code(Provenance provenance) {
        return switch (provenance) {
            case REPORTED -> 1;
            case TOKENIZER -> 2;
            case BOUND -> 3;
        };
    }

    static Provenance provenance(int code) throws MalformedRecordException {
        return switch (code) {
            case 1 -> Provenance.REPORTED;
            case 2 -> Provenance.TOKENIZER;
            case 3 -> Provenance.BOUND;
            default -> throw new MalformedRecordException("no provenance has the code " + code);
        };
    }
}

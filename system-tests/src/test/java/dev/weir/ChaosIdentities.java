package dev.weir;

import dev.weir.ChaosLedgers.Metered;
import dev.weir.ChaosTraffic.Seen;
import dev.weir.LedgeredUpstream.Served;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The identities that must hold between the three ledgers after a run, whatever happened in it:
///
/// - I1 each request that the upstream served is one attempt event, and no attempt event is without one, but for those that
///   ended before the upstream saw anything;
/// - I2 a completed call has the upstream's units, tenant, model; a cut one at least what passed and at most what it could;
/// - I3 payload bytes agree on the client's and on the upstream's side;
/// - I4 under each hard cap the events of a window sum up to no more than the cap;
/// - nothing is there twice, and a call whose end a client saw has its event.
///
/// Violations are sentences that name the call.
final class ChaosIdentities {
    private static final Map<String, Long> TOKENS_A_DAY = Map.of("free", 1_000L);
    private static final Map<String, Long> TOOL_CALLS_A_DAY = Map.of("free", 10L);
    private static final Map<String, Long> TOKENS_IN_TOTAL = Map.of("trial", 100_000L);
    /// What the request's bytes and the provider's additions can come to, with room.
    private static final long INPUT_MAX = 2_000;
    private static final Set<String> ENDS_BEFORE_THE_UPSTREAM = Set.of("interrupted", "client_gone", "upstream_gone",
            "timeout");

    private final ChaosLedgers ledgers;
    /// Calls of which Weir said in its log that a record could not be kept.
    private final Set<String> notKept;
    private final Map<String, List<Metered>> events;
    private final List<String> violations = new ArrayList<>();

    private ChaosIdentities(ChaosLedgers ledgers, Set<String> notKept) {
        this.ledgers = ledgers;
        this.notKept = notKept;
        this.events = ledgers.stored().stream().collect(Collectors.groupingBy(Metered::mark));
    }

    /// All that does not hold; empty where everything does.
    static List<String> violations(ChaosLedgers ledgers, Set<String> notKept) {
        var check = new ChaosIdentities(ledgers, notKept);
        check.nothingTwice();
        check.attempts();
        ledgers.seen().forEach(check::client);
        check.caps();
        return check.violations;
    }

    private void nothingTwice() {
        Set<String> ids = new HashSet<>();
        Set<String> attempts = new HashSet<>();
        Set<String> served = new HashSet<>();
        for (Metered event : ledgers.stored()) {
            require(ids.add(event.id()), "event %s is there twice", event.id());
            require(attempts.add(event.callId() + "/" + event.attempt()), "attempt %d of call %s (%s) has two events",
                    event.attempt(), event.callId(), event.mark());
            require(event.providerId().isEmpty() || served.add(event.providerId()),
                    "the upstream's %s has two events, one of them %s", event.providerId(), event);
        }
    }

    private void attempts() {
        Map<String, List<Served>> served = ledgers.served().stream().collect(Collectors.groupingBy(Served::mark));
        served.forEach((mark, requests) -> attempts(mark, requests, attemptsOf(mark)));
        events.keySet()
                .stream()
                .filter(mark -> !served.containsKey(mark))
                .forEach(mark -> attempts(mark, List.of(), attemptsOf(mark)));
    }

    private List<Metered> attemptsOf(String mark) {
        return events.getOrDefault(mark, List.of()).stream().filter(Metered::isAttempt).toList();
    }

    /// By the upstream's id where the event has one; an event of an attempt that died before the answer's head has none.
    private void attempts(String mark, List<Served> requests, List<Metered> attempts) {
        var nameless = new ArrayList<>(attempts.stream().filter(event -> event.providerId().isEmpty()).toList());
        Map<String, Metered> named = new HashMap<>();
        attempts.stream()
                .filter(event -> !event.providerId().isEmpty())
                .forEach(
                        event -> named.put(event.providerId(), event));
        for (Served request : requests) {
            Metered event = named.remove(request.id());
            if (event == null && !nameless.isEmpty()) {
                event = nameless.removeFirst();
            }
            if (event == null) {
                violations.add("I1: the upstream served " + request.id() + " for " + mark + ", attempt "
                        + request.number() + ", and there is no event for it; events of that mark: " + attempts);
            } else {
                units(request, event);
                bytes(request, event);
            }
        }
        named.values().forEach(event -> violations.add("I1: the upstream never served what is in " + event));
        nameless.forEach(event -> require(
                ENDS_BEFORE_THE_UPSTREAM.contains(event.outcome()) && event.upstreamStatus() == 0,
                "I1: no request of the upstream's belongs to %s", event));
    }

    private void units(Served request, Metered event) {
        require(event.tenant().equals(request.tenant()), "I2: another tenant than %s pays %s", request, event);
        if (event.outcome().equals("ok")) {
            require(request.whole().get(), "I2: the upstream did not complete what is ok in %s", event);
            completed(request, event);
        } else if (event.outcome().equals("upstream_error") || !request.isLlm()) {
            require(event.tokens() == 0 || event.outcome().equals("interrupted"), "I2: an error costs nothing, not %s",
                    event);
        } else {
            cut(request, event);
        }
    }

    private void completed(Served request, Metered event) {
        if (request.isLlm()) {
            require(event.tokensIn() == request.tokensIn() && event.tokensOut() == request.tokensOut()
                    && event.model().equals(request.model()), "I2: %s was served as %s", event, request);
        } else {
            require(event.toolCalls() == 1 && Math.max(0, event.reads()) + Math.max(0, event.writes()) == 1,
                    "I2: one call of a connector, not %s", event);
        }
    }

    /// Reserved is what bounds the charge: the input's bound and the request's own limit of the output. Where a hard cap holds,
    /// an attempt that Weir's death cut is charged with all of it.
    private void cut(Served request, Metered event) {
        boolean capped = !ledgers.plans().getOrDefault(request.tenant(), "pro").equals("pro");
        boolean died = event.outcome().equals("interrupted");
        long passed = died && capped
                ? request.tokensOut()
                : request.status() == 200 && !died ? request.wordsWithin(event.upstreamIn()) : 0;
        require(Math.max(0, event.tokensOut()) >= passed, "I2: %d tokens passed, and less is charged in %s for %s",
                passed, event, request);
        require(!died || !capped || event.tokensIn() >= request.tokensIn(),
                "I2: less input is charged than was used in %s for %s", event, request);
        require(event.tokensOut() <= outputMax(request) && event.tokensIn() <= INPUT_MAX,
                "I2: more is charged than could be used in %s for %s", event, request);
    }

    private static long outputMax(Served request) {
        return Math.max(ChaosCall.OUTPUT_MAX, request.tokensOut());
    }

    private void bytes(Served request, Metered event) {
        long sent = request.bytesOut().get();
        if (event.outcome().equals("ok") || event.outcome().equals("upstream_error") && event.upstreamStatus() >= 400) {
            // The body of an answer that is tried again is not read.
            boolean read = event.clientStatus() != 0;
            require(event.upstreamOut() == request.bytesIn() && (!read || event.upstreamIn() == sent),
                    "I3: the upstream got %d and sent %d bytes, not as in %s", request.bytesIn(), sent, event);
        } else {
            require(event.upstreamIn() <= sent && event.upstreamOut() <= request.bytesIn(),
                    "I3: more bytes in %s than the upstream's %d and %d", event, request.bytesIn(), sent);
        }
    }

    private void client(Seen seen) {
        List<Metered> ofCall = events.getOrDefault(seen.call().mark(), List.of())
                .stream()
                .filter(event -> event.callId().equals(seen.callId()))
                .toList();
        if (!seen.whole() || seen.status() == 0) {
            return;
        }
        switch (seen.status()) {
            case 200 -> answered(seen, ofCall);
            case 429, 403 -> refused(seen, ofCall);
            default -> require(seen.status() >= 500, "a client got status %d: %s", seen.status(), seen);
        }
    }

    private void answered(Seen seen, List<Metered> ofCall) {
        List<Metered> ok = ofCall.stream().filter(event -> event.outcome().equals("ok")).toList();
        if (ok.size() != 1) {
            violations.add("a client saw the end of " + seen + ", and its events are " + ofCall);
            return;
        }
        Metered event = ok.getFirst();
        require(seen.tokensOut() < 0 || seen.tokensOut() == event.tokensOut(),
                "I2: a client was told of %d tokens, not as in %s", seen.tokensOut(), event);
        require(event.clientOut() == seen.bytesSeen(), "I3: a client got %d bytes, not as in %s", seen.bytesSeen(),
                event);
        require(event.attempt() > 1 || event.clientIn() == seen.bytesSent(), "I3: a client sent %d bytes, not as in %s",
                seen.bytesSent(), event);
    }

    private void refused(Seen seen, List<Metered> ofCall) {
        if (seen.reason().isEmpty() || ofCall.stream().anyMatch(event -> event.outcome().equals("upstream_error"))) {
            return;
        }
        if (ofCall.isEmpty() && notKept.contains(seen.callId())) {
            return;
        }
        boolean one = ofCall.size() == 1 && ofCall.getFirst().outcome().equals("blocked")
                && ofCall.getFirst().tokens() == 0 && ofCall.getFirst().upstreamOut() == 0;
        require(one, "a client was refused (%s), and its events are %s", seen, ofCall);
    }

    private void caps() {
        Map<String, Long> days = new HashMap<>();
        Map<String, Long> totals = new HashMap<>();
        Map<String, Long> tools = new HashMap<>();
        for (Metered event : ledgers.stored()) {
            if (event.isAttempt()) {
                days.merge(event.tenant() + " " + event.day(), event.tokens(), Long::sum);
                totals.merge(event.tenant() + " " + LocalDate.MAX, event.tokens(), Long::sum);
                tools.merge(event.tenant() + " " + event.day(), Math.max(0, event.toolCalls()), Long::sum);
            }
        }
        within(TOKENS_A_DAY, days, "tokens");
        within(TOOL_CALLS_A_DAY, tools, "tool calls");
        within(TOKENS_IN_TOTAL, totals, "tokens");
    }

    private void within(Map<String, Long> caps, Map<String, Long> sums, String what) {
        sums.forEach((tenantAndDay, sum) -> {
            String plan = ledgers.plans().getOrDefault(tenantAndDay.split(" ", 2)[0], "pro");
            long cap = caps.getOrDefault(plan, Long.MAX_VALUE);
            require(sum <= cap, "I4: %s: %d %s are booked on a cap of %d", tenantAndDay, sum, what, cap);
        });
    }

    private void require(boolean holds, String sentence, Object... words) {
        if (!holds) {
            violations.add(sentence.formatted(words));
        }
    }
}

package dev.weir.simulator;

import dev.weir.admission.Admission;
import dev.weir.admission.AdmissionRequest;
import dev.weir.admission.Attributed;
import dev.weir.admission.Input;
import dev.weir.admission.Output;
import dev.weir.admission.Refusal;
import dev.weir.admission.RefusalCode;
import dev.weir.event.Attribution;
import dev.weir.event.Flags;
import dev.weir.event.Outcome;
import dev.weir.event.UsageEvent;
import dev.weir.event.UsageJournal.Append;
import dev.weir.event.WireBytes;
import dev.weir.money.Money;
import dev.weir.rating.Rating;
import dev.weir.tenant.Identity;
import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// One client call, with the upstream that answers it: the steps of `Exchange` in their order, and an answer that streams,
/// breaks off, is refused, or is left by its client.
final class Call {
    private static final long BYTES_PER_TOKEN = 4;
    private static final long OVERHEAD = 8;
    private static final long PROGRESS_EVERY = World.SECOND;
    private static final int ATTEMPTS_MAX = 2;

    private final Life life;
    private final Simulation simulation;
    private final World world;
    private final Identity.Known caller;
    private final String id;
    private final Instant time;
    private final long begunAt;
    private final String user;
    private final long tokensIn;
    private final long tokensWanted;
    private final boolean limited;
    private final Attribution attribution;
    private int attempts;

    // Of the attempt that runs.
    private @Nullable Attempt attempt;
    private Admission.@Nullable Admitted admitted;
    private long tokensOutMost;
    private long progressAt;

    Call(Life life, Simulation simulation, Identity.Known caller, String id) {
        this.life = life;
        this.simulation = simulation;
        this.world = simulation.world();
        this.caller = caller;
        this.id = id;
        this.time = life.node.clock.now();
        this.begunAt = world.nanos();
        this.user = Customers.USERS.get(world.random().nextInt(Customers.USERS.size()));
        this.tokensIn = world.between(5, 200);
        this.tokensWanted = world.between(1, 900);
        this.limited = world.chance(0.7);
        this.attribution = simulation.setting().wide() ? wide(world.random()) : Attribution.NONE;
    }

    /// As many and as long as a client may send, and of a kind that compresses badly.
    private static Attribution wide(Random random) {
        var tags = new LinkedHashMap<String, String>();
        for (int i = 0; i < Attribution.TAGS_MAX; i++) {
            var bytes = new byte[Attribution.LENGTH_MAX / 2];
            random.nextBytes(bytes);
            tags.put("tag-" + i, HexFormat.of().formatHex(bytes));
        }
        return new Attribution("run-" + random.nextInt(5), null, null, null, tags);
    }

    /// Asks for an attempt: admission first, then the opening record, then the upstream.
    void attempt() {
        attempts++;
        simulation.run().tell(world, id + "/" + attempts + " " + caller.tenant().id() + " at " + time);
        var output = new Output(limited ? tokensWanted : Output.NO_LIMIT, 1, 1, true);
        var request = new AdmissionRequest(caller, "openai", Customers.MODEL, new Attributed(user, null, Map.of()),
                time,
                attempts, new Input.AtMost(tokensIn * BYTES_PER_TOKEN, OVERHEAD), output, false, Quantities.NONE);
        var decision = life.admissions.admit(request);
        decide(request, decision);
    }

    private void decide(AdmissionRequest request, Admission decision) {
        switch (decision) {
            case Admission.Admitted yes -> open(yes);
            case Admission.Refused(Refusal no) -> refuse(no);
            case Admission.CountFirst _ -> {
                simulation.run().check(!(request.input() instanceof Input.Counted), "counted twice: %s", id);
                decide(request.withInput(new Input.Counted(tokensIn)),
                        life.admissions.admitCounted(request, tokensIn));
                return;
            }
            case Admission.AskFirst first -> life.ask(first, decided -> decide(first.request(), decided));
        }
        simulation.checkCaps(life, caller, time);
    }

    private void open(Admission.Admitted yes) {
        admitted = yes;
        if (yes.outputLimit().isPresent() && yes.outputLimit().getAsLong() < tokensWanted) {
            simulation.run().sometimes(Sometimes.AN_OUTPUT_LIMIT_IS_LOWERED);
        }
        var event = event(Outcome.INTERRUPTED, yes.reserved(), yes.costReserved(), WireBytes.NONE);
        var begun = new Attempt(life.node.number, event, yes.hardCapped());
        begun.mayBeLost = true;
        simulation.truth().opened(begun);
        switch (life.spool.open(event)) {
            case Append.Kept _ -> {
                begun.mayBeLost = false;
                life.node.kept(() -> begun.mayBeLost = true);
                life.syncSoon();
                attempt = begun;
                simulation.run().sometimes(Sometimes.AN_ATTEMPT_IS_OPENED_AND_NEVER_SENT);
                life.task(world.between(World.MILLI, 300 * World.MILLI), this::send);
            }
            case Append.NotKept(String why) -> {
                if (life.spool.isOpen(id, begun.number)) {
                    life.unkept.add(id, begun.number, () -> life.admissions.release(yes));
                } else {
                    life.admissions.release(yes);
                }
                if (simulation.setting().syncIntervalNanos() > 0) {
                    // Nothing was written; else the record may be there until it is taken back.
                    begun.neverOpened = true;
                }
                simulation.run().tell(world, id + " not opened: " + why);
                noteNotKept(why);
            }
        }
    }

    private void noteNotKept(String why) {
        if (why.contains("quota")) {
            simulation.run().sometimes(Sometimes.THE_QUOTA_REFUSES);
        } else if (why.contains("sync")) {
            simulation.run().sometimes(Sometimes.AN_UNSYNCED_DISK_REFUSES);
        }
    }

    private void refuse(Refusal no) {
        simulation.run()
                .sometimes(switch (no.code()) {
                    case BUDGET_EXCEEDED -> Sometimes.A_BUDGET_REFUSES;
                    case CONCURRENCY_EXCEEDED -> Sometimes.CONCURRENCY_REFUSES;
                    case CAP_UNAVAILABLE -> Sometimes.A_CAP_IS_UNAVAILABLE;
                    default -> Sometimes.A_CAP_REFUSES;
                });
        var event = event(Outcome.BLOCKED, Quantities.NONE, Money.ZERO, WireBytes.NONE);
        var refused = simulation.truth().refused(life.node.number, event);
        if (life.spool.refuse(event) instanceof Append.Kept) {
            refused.mayBeLost = false;
            life.node.kept(() -> refused.mayBeLost = true);
            life.syncSoon();
        }
    }

    /// The upstream takes the request: written in its ledger before it answers.
    private void send() {
        var current = current();
        double luck = world.random().nextDouble();
        if (luck < 0.04) {
            end(Outcome.UPSTREAM_GONE, 0);
            retry();
            return;
        }
        current.sent = true;
        if (luck < 0.10) {
            current.bytesOut = 120;
            end(Outcome.UPSTREAM_ERROR, 429);
            retry();
            return;
        }
        current.unitsIn = tokensIn;
        long most = admittedNow().outputLimit().orElse(limited ? tokensWanted : 700);
        tokensOutMost = Math.max(1, Math.min(most, world.between(1, 700)));
        current.unitsMost = tokensIn + tokensOutMost;
        progressAt = world.nanos();
        life.task(world.between(10 * World.MILLI, World.SECOND), this::stream);
    }

    private void retry() {
        if (attempts < ATTEMPTS_MAX) {
            simulation.run().sometimes(Sometimes.AN_ATTEMPT_IS_RETRIED);
            life.task(world.between(World.MILLI, World.SECOND), this::attempt);
        }
    }

    /// The next part of the answer passes.
    private void stream() {
        var current = current();
        long tokens = Math.min(tokensOutMost - current.unitsOut, world.between(1, 200));
        current.unitsOut += tokens;
        current.bytesOut += tokens * BYTES_PER_TOKEN;
        if (current.unitsOut == tokensOutMost) {
            current.complete = true;
            end(Outcome.OK, 200);
            return;
        }
        double luck = world.random().nextDouble();
        if (luck < 0.02) {
            simulation.run().sometimes(Sometimes.A_STREAM_BREAKS_OFF);
            end(Outcome.UPSTREAM_GONE, 200);
        } else if (luck < 0.04) {
            simulation.run().sometimes(Sometimes.A_CLIENT_LEAVES);
            end(Outcome.CLIENT_GONE, 200);
        } else {
            keepProgress(current);
            life.task(world.between(10 * World.MILLI, World.SECOND), this::stream);
        }
    }

    private void keepProgress(Attempt current) {
        if (world.nanos() - progressAt < PROGRESS_EVERY) {
            return;
        }
        progressAt = world.nanos();
        var soFar = quantities(current, Provenance.BOUND);
        if (life.spool.progress(id, current.number, soFar, bytes(current)) instanceof Append.Kept) {
            var before = current.progress;
            current.progress = soFar;
            life.node.kept(() -> current.progress = before);
            life.syncSoon();
        }
    }

    /// Settled in the ledger, then kept, then the client sees the end.
    private void end(Outcome outcome, int status) {
        var current = current();
        var used = quantities(current, Provenance.REPORTED);
        var cost = cost(used);
        var yes = admittedNow();
        life.admissions.settle(yes, used, cost);
        var event = event(outcome, used, cost, bytes(current));
        current.settled = event;
        attempt = null;
        if (life.spool.settle(event) instanceof Append.Kept(long seq)) {
            simulation.run().tell(world, id + "/" + current.number + " ends " + outcome + " as " + seq + " " + used);
            current.keptAs = life.node.id(life.spool.epoch(), seq);
            life.node.kept(() -> {
                simulation.run().sometimes(Sometimes.A_POWER_CUT_TAKES_A_SETTLEMENT);
                current.mayBeInterrupted = true;
            });
            life.syncSoon();
            current.endSeen = status == 200 && outcome == Outcome.OK;
        } else {
            simulation.run().sometimes(Sometimes.A_SETTLEMENT_IS_KEPT_LATER);
            simulation.run().tell(world, id + "/" + current.number + " ends " + outcome + ", owed " + used);
            life.unkept.add(id, current.number, life.admissions.holdUnused(yes, used, cost));
        }
        simulation.checkCaps(life, caller, time);
    }

    private static @Nullable Money cost(Quantities used) {
        if (!used.has(Meter.TOKENS_IN)) {
            return Money.ZERO;
        }
        return switch (Customers.PRICES.rate(null, Customers.MODEL, used, Instant.EPOCH.plusSeconds(1_790_000_000))) {
            case Rating.Rated(Money cost) -> cost;
            case Rating.Unpriced _ -> null;
        };
    }

    private Quantities quantities(Attempt current, Provenance provenance) {
        var used = Quantities.builder();
        if (current.unitsIn > 0) {
            used.set(Meter.TOKENS_IN, current.unitsIn, provenance);
            used.set(Meter.TOKENS_OUT, current.unitsOut, provenance);
        }
        return used.reported(current.number == 1 ? Meter.CALLS : Meter.RETRIES, 1)
                .reported(Meter.EGRESS_BYTES, bytes(current).egress())
                .reported(Meter.INGRESS_BYTES, bytes(current).ingress())
                .build();
    }

    private WireBytes bytes(Attempt current) {
        long in = tokensIn * BYTES_PER_TOKEN;
        return new WireBytes(in, current.sent ? in : 0, current.bytesOut, current.bytesOut);
    }

    private UsageEvent event(Outcome outcome, Quantities quantities, @Nullable Money cost, WireBytes bytes) {
        return new UsageEvent(id, attempts, time, caller.tenant().id(), caller.key(), user, "openai", "openai",
                Customers.MODEL.model(), null, null, null, null, attribution, quantities, bytes, 200, 200,
                world.nanos() - begunAt, -1, 0, -1, outcome,
                outcome == Outcome.BLOCKED ? RefusalCode.CAP_EXCEEDED.id() : null, "list", cost, Flags.NONE);
    }

    private Attempt current() {
        var current = attempt;
        if (current == null) {
            throw new IllegalStateException("no attempt of " + id + " runs");
        }
        return current;
    }

    private Admission.Admitted admittedNow() {
        var current = admitted;
        if (current == null) {
            throw new IllegalStateException("nothing of " + id + " is admitted");
        }
        return current;
    }
}

package dev.weir.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.ledger.Lanes;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Ledgers;
import dev.weir.ledger.Settlement;
import dev.weir.ledger.Standing;
import dev.weir.money.Money;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Rating;
import dev.weir.rating.Sku;
import dev.weir.tenant.Entity;
import dev.weir.tenant.Identity;
import dev.weir.tenant.KeyId;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Plan;
import dev.weir.tenant.Tenant;
import dev.weir.tenant.TenantDirectory;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import dev.weir.usage.Quantities;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// One tenant at the admission desk: what tests say in a word.
final class Desk {
    static final PriceBook PRICES = PriceBook.shipped();
    static final Sku GPT = Sku.of("openai", "gpt-4o-mini");
    static final TenantId ACME = new TenantId("acme");

    final ManualClock clock = new ManualClock("2026-07-01T12:00:00Z");
    final Ledger ledger;
    final Admissions admissions;
    final TenantDirectory.Snapshot directory;
    final Identity.Known caller;

    Desk(Plan plan, Limit... own) {
        this(Lanes.ONE, plan, null, own);
    }

    Desk(Lanes lanes, Plan plan, @Nullable String user, Limit... own) {
        ledger = Ledgers.watched(null, lanes);
        admissions = new Admissions(ledger, PRICES);
        directory = TenantDirectory.Snapshot.of(1, Plan.SHIPPED,
                List.of(new Tenant(ACME, plan.id(), null, List.of(own))), List.of());
        Tenant tenant = directory.tenant(ACME).orElseThrow();
        caller = new Identity.Known(tenant, new KeyId("key_1"), user, plan, directory.limits(ACME));
    }

    /// Each act in another part than the one before.
    static Lanes lanes(int parts) {
        return parts == 0 ? Lanes.ONE : Lanes.always(new AtomicInteger()::getAndIncrement, parts);
    }

    AdmissionRequest chat(Input input, Output output) {
        return AdmissionRequest.llm(caller, "openai", GPT, Attributed.NONE, clock.now(), input, output);
    }

    AdmissionRequest chat(Sku sku, Input input, Output output) {
        return AdmissionRequest.llm(caller, "openai", sku, Attributed.NONE, clock.now(), input, output);
    }

    static Input bytes(long bytes) {
        return new Input.AtMost(bytes, 0);
    }

    static Input counted(long tokens) {
        return new Input.Counted(tokens);
    }

    static Output limit(long tokens) {
        return new Output(tokens, 1, 1, true);
    }

    static Output noLimit() {
        return new Output(Output.NO_LIMIT, 1, 1, true);
    }

    Admission.Admitted admitted(AdmissionRequest request) {
        Admission admission = admissions.admit(request);
        assertThat(admission).isInstanceOf(Admission.Admitted.class);
        return (Admission.Admitted) admission;
    }

    Refusal refused(AdmissionRequest request) {
        Admission admission = admissions.admit(request);
        assertThat(admission).isInstanceOf(Admission.Refused.class);
        return ((Admission.Refused) admission).refusal();
    }

    /// In one word, for tables: `whole`, `lowered 400`, `count`, or a code.
    String decide(AdmissionRequest request) {
        return switch (admissions.admit(request)) {
            case Admission.Admitted admitted -> {
                admissions.release(admitted);
                OptionalLong edit = admitted.outputLimit();
                yield edit.isPresent() ? "limit " + edit.getAsLong() : "whole";
            }
            case Admission.CountFirst _ -> "count";
            case Admission.AskFirst _ -> "ask";
            case Admission.Refused(Refusal refusal) -> refusal.code().id();
        };
    }

    Settlement settle(Admission.Admitted admitted, String used, Sku sku) {
        Quantities quantities = quantities(used);
        Money cost = admitted.prices()
                .rate(ACME.value(), sku, quantities, clock.now()) instanceof Rating.Rated(Money rated)
                        ? rated
                        : null;
        return admissions.settle(admitted, quantities, cost);
    }

    Settlement settle(Admission.Admitted admitted, String used) {
        return settle(admitted, used, GPT);
    }

    void use(long tokens) {
        settle(admitted(chat(counted(tokens), limit(0))), "tokens_in=" + tokens + " tokens_out=0");
    }

    Standing standing(String limitId) {
        Optional<Limit> limit = directory.limits(ACME).stream().filter(l -> l.id().equals(limitId)).findFirst();
        Limit found = limit.orElseThrow();
        String value = found.entity().kind() == Entity.Kind.TENANT ? ACME.value() : found.entity().value();
        return admissions.standing(ACME, found, value, clock.now());
    }

    static Quantities quantities(String text) {
        var builder = Quantities.builder();
        for (String part : text.strip().split("\\s+")) {
            String[] sides = part.split("=");
            builder.reported(Meter.byId(sides[0]).orElseThrow(), Long.parseLong(sides[1]));
        }
        return builder.build();
    }
}

package dev.weir.admission;

import dev.weir.ledger.Claims;
import dev.weir.ledger.Exceeded;
import dev.weir.ledger.Ledger;
import dev.weir.ledger.Reservation;
import dev.weir.ledger.Shortage;
import dev.weir.money.Money;
import dev.weir.rating.CostBound;
import dev.weir.rating.ModelFacts;
import dev.weir.rating.PriceBook;
import dev.weir.rating.Sku;
import dev.weir.tenant.Identity;
import dev.weir.tenant.Limit;
import dev.weir.tenant.Measure;
import dev.weir.tenant.TenantId;
import dev.weir.usage.Meter;
import java.util.List;
import java.util.OptionalLong;

/// One decision, step by step: which limits apply, the most the call can use of each, and whether they have it.
final class Decision {
    /// The output limit that is added for a model whose own maximum no list names: every model accepts it.
    static final long OUTPUT_OF_UNKNOWN_MODEL = 4_096;
    private static final CostBound NO_COST = new CostBound.Bounded(0, 0);

    private final AdmissionRequest request;
    private final PriceBook book;
    private final Ledger ledger;
    private final Claims.Answered answered;
    private final int round;
    private final Identity.Known caller;
    private boolean tokensCapped;
    private boolean costCapped;
    private boolean capped;
    private int claimsExpected;

    /// @param round how often more was asked for this call
    Decision(AdmissionRequest request, PriceBook book, Ledger ledger, Claims.Answered answered, int round) {
        this.request = request;
        this.book = book;
        this.ledger = ledger;
        this.answered = answered;
        this.round = round;
        this.caller = request.caller();
    }

    Admission decide() {
        findLimits();
        ModelFacts facts = facts();
        long tokensIn = tokensIn(facts);
        return switch (cost(Math.max(0, tokensIn))) {
            case CostBound.Unpriced _ when namesNoModel() -> refuse(RefusalCode.UNBOUNDED_REQUEST,
                    unbounded("which it does not name"));
            case CostBound.Unpriced(String reason) -> refuse(RefusalCode.UNPRICED_MODEL,
                    "A limit on cost applies and " + reason + ". Use a model with a price, or have a price added.");
            case CostBound.Bounded _ when tokensIn == ModelFacts.UNKNOWN -> refuse(RefusalCode.UNBOUNDED_REQUEST,
                    unbounded("whose length no list names"));
            case CostBound.Bounded(long fixed, long perToken) -> reserve(
                    new CallBound(request, tokensIn, request.output().choices(), fixed, perToken), facts);
        };
    }

    /// A body that nobody reads, or one that leaves the model to the provider.
    private boolean namesNoModel() {
        boolean unread = request.input() instanceof Input.Unseen || request.input() instanceof Input.Unbounded;
        return unread && request.sku() != null && request.sku().model().isEmpty();
    }

    private ModelFacts facts() {
        Sku sku = request.sku();
        return sku != null && tokensCapped ? book.facts(sku, request.moment()) : ModelFacts.NONE;
    }

    private CostBound cost(long tokensIn) {
        Sku sku = request.sku();
        if (!costCapped || sku == null) {
            return NO_COST;
        }
        return book.upperBound(tenant().value(), sku, tokensIn, request.others(), request.audio(), request.moment());
    }

    private void findLimits() {
        List<Limit> limits = caller.limits();
        for (int i = 0; i < limits.size(); i++) {
            Subject.match(limits.get(i), request, this::note);
        }
    }

    private void note(Limit limit, String value) {
        claimsExpected++;
        if (limit.blocks() && request.sku() != null && CallBound.dependsOnTokens(limit.measure())) {
            tokensCapped = true;
            costCapped |= limit.measure() instanceof Measure.Counted(Meter meter) && meter == Meter.COST;
        }
    }

    /// An upper bound of the input; [ModelFacts#UNKNOWN] where there is none and one is needed.
    private long tokensIn(ModelFacts facts) {
        return switch (request.input()) {
            case Input.AtMost(long bodyBytes, long overhead) -> bodyBytes + overhead;
            case Input.Counted(long tokens) -> tokens;
            case Input.Unseen _ -> tokensCapped ? facts.inputTokensMax() : 0;
            case Input.Unbounded _ -> tokensCapped ? ModelFacts.UNKNOWN : 0;
        };
    }

    private Admission reserve(CallBound bound, ModelFacts facts) {
        Output output = request.output();
        boolean answers = tokensCapped && output.choices() > 0;
        long wanted = answers ? outputWanted(bound, facts) : 0;
        if (wanted == ModelFacts.UNKNOWN) {
            return refuse(RefusalCode.UNBOUNDED_REQUEST, "A hard cap applies, and this request names no output"
                    + " limit on a route where none may be added. Send one.");
        }
        boolean exact = !(request.input() instanceof Input.AtMost);
        if (answers && !exact && !output.hasLimit() && overflowsContext(bound.tokensIn(), wanted, facts)) {
            return Admission.CountFirst.INSTANCE;
        }
        long least = exact && output.editable() ? Math.min(output.minimum(), wanted) : wanted;
        var claims = new Claims(tenant(), request.moment(), least, wanted, claimsExpected).answered(answered)
                .ofRun(request.attributed().run());
        claim(claims, bound);
        return switch (ledger.reserve(claims)) {
            case Reservation reservation -> admitted(reservation, bound, answers, wanted);
            case Exceeded exceeded -> exceeded(exceeded, bound);
            case Shortage shortage -> new Admission.AskFirst(request, shortage, round + 1);
        };
    }

    private void claim(Claims claims, CallBound bound) {
        List<Limit> limits = caller.limits();
        for (int i = 0; i < limits.size(); i++) {
            Subject.match(limits.get(i), request, (limit, value) -> {
                long fixed = limit.blocks() ? bound.fixed(limit.measure()) : 0;
                long perUnit = limit.blocks() ? bound.perUnit(limit.measure()) : 0;
                capped |= (fixed > 0 || perUnit > 0) && bound.isKnownByQuantities(limit.measure());
                claims.add(limit, value, fixed, perUnit);
            });
        }
    }

    /// The client's limit; where it sent none, what the model gives at most and the context window still holds.
    private long outputWanted(CallBound bound, ModelFacts facts) {
        Output output = request.output();
        if (output.hasLimit()) {
            return output.limit();
        }
        long most = facts.outputTokensMax();
        if (!output.editable()) {
            return most;
        }
        if (most == ModelFacts.UNKNOWN) {
            most = OUTPUT_OF_UNKNOWN_MODEL;
        }
        boolean counted = request.input() instanceof Input.Counted;
        long left = counted && facts.inputTokensMax() != ModelFacts.UNKNOWN
                ? facts.inputTokensMax() - bound.tokensIn()
                : most;
        return Math.max(output.minimum(), Math.min(most, left));
    }

    private static boolean overflowsContext(long tokensIn, long wanted, ModelFacts facts) {
        return facts.inputTokensMax() != ModelFacts.UNKNOWN && tokensIn + wanted > facts.inputTokensMax();
    }

    private Admission admitted(Reservation reservation, CallBound bound, boolean answers, long wanted) {
        boolean edit = answers && request.output().editable()
                && (!request.output().hasLimit() || reservation.units() < wanted);
        return new Admission.Admitted(reservation,
                edit ? OptionalLong.of(reservation.units()) : OptionalLong.empty(), book, capped,
                costCapped ? Money.ofPicos(bound.total(Measure.of(Meter.COST), reservation.units())) : null,
                new Admission.Bound(bound, tokensCapped));
    }

    private Admission exceeded(Exceeded exceeded, CallBound bound) {
        boolean smallestFits = CallBound.dependsOnTokens(exceeded.limit().measure())
                && smallest(exceeded.limit().measure(), bound) <= exceeded.room();
        if (smallestFits && request.input() instanceof Input.AtMost) {
            return Admission.CountFirst.INSTANCE;
        }
        if (smallestFits && request.input() instanceof Input.Unseen && !exceeded.everFits()) {
            return refuse(RefusalCode.UNBOUNDED_REQUEST, unbounded("which is more than the limit '"
                    + exceeded.limit().id() + "' has"));
        }
        boolean nobodyAsked = answered == Claims.Answered.UNAVAILABLE && exceeded.asked() <= exceeded.room();
        if (!nobodyAsked) {
            ledger.refused(tenant(), exceeded);
        }
        return new Admission.Refused(nobodyAsked
                ? LimitRefusals.unavailable(exceeded)
                : LimitRefusals.of(exceeded, request.moment()));
    }

    /// What a call like this would use of the measure if its input were one token.
    private long smallest(Measure measure, CallBound bound) {
        Output output = request.output();
        long least = output.editable() ? output.minimum() : Math.max(0, output.limit());
        long costFixed = bound.tokensIn() == 0 ? 0 : bound.costFixed() / Math.max(1, bound.tokensIn());
        var one = new CallBound(request, Math.min(1, bound.tokensIn()), bound.choices(), costFixed,
                bound.costPerToken());
        return one.total(measure, output.choices() == 0 ? 0 : least);
    }

    private String unbounded(String why) {
        if (request.input() instanceof Input.Unbounded(String what)) {
            return "A hard cap on tokens or cost applies, and nothing bounds what " + what
                    + " may use. Use a key without such a cap for it.";
        }
        String reason = request.input() instanceof Input.Unseen(String unseen) ? unseen : "an unknown input";
        return "A hard cap applies, and this request has " + reason
                + ", which Weir cannot see: only the model's context window bounds it, " + why
                + ". Send the content inline, or use a key without this cap.";
    }

    private Admission refuse(RefusalCode code, String message) {
        return new Admission.Refused(Refusal.of(code, message));
    }

    private TenantId tenant() {
        return caller.tenant().id();
    }
}

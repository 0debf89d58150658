package dev.weir.dialect;

import dev.weir.dialect.AnswerFacts.Side;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Adds up what the requests of a batch used, model by model, because each has its own price.
///
/// The first model is the batch's; what the others used are [Side]s of it. Beyond [#MODELS_MAX] models, or where an answer names
/// none, the batch has no model: all is counted, and the cost is unknown rather than wrong.
final class BatchSum {
    private static final int MODELS_MAX = 64;

    private static final class Share {
        private final Quantities.Builder quantities = Quantities.builder();
        private long requests;
    }

    private final Map<ModelId, Share> byModel = new LinkedHashMap<>();
    private final Quantities.Builder all = Quantities.builder();
    private long requests;
    private boolean unnamed;

    /// Adds one request; what its sides used is inside its quantities.
    void add(AnswerFacts answer) {
        requests++;
        Quantities rest = answer.quantities();
        for (Side side : answer.sides()) {
            if (side.model() != null) {
                share(side.model(), side.quantities());
                rest = without(rest, side.quantities());
            }
        }
        share(answer.model(), rest);
        answer.quantities().forEach(all::add);
    }

    private static Quantities without(Quantities used, Quantities part) {
        return used.with(rest -> part.forEach((meter, amount, provenance) -> rest.add(meter, -amount, provenance)));
    }

    private void share(@Nullable ModelId model, Quantities used) {
        if (model == null || byModel.size() == MODELS_MAX && !byModel.containsKey(model)) {
            unnamed = true;
            return;
        }
        Share share = byModel.computeIfAbsent(model, first -> new Share());
        share.requests++;
        used.forEach(share.quantities::add);
    }

    boolean isEmpty() {
        return requests == 0;
    }

    /// @param id of the batch, or of the file
    AnswerFacts facts(AnswerFacts.Usage usage, @Nullable String id) {
        var sides = new ArrayList<Side>();
        ModelId main = null;
        for (var share : byModel.entrySet()) {
            if (main == null && !unnamed) {
                main = share.getKey();
            } else {
                sides.add(new Side("batch", share.getKey(), share.getValue().quantities.build(),
                        share.getValue().requests));
            }
        }
        return AnswerFacts.ofBatch(usage, all.build(), List.copyOf(sides), main, id, requests, null);
    }
}

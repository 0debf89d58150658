package dev.weir.dialect;

import dev.weir.dialect.AnswerFacts.Usage;
import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Listens to what a model said through Bedrock's InvokeModel, in whichever of the models' formats it is.
///
/// The answer's own shape decides, not the id in the path: an ARN of a customer's may hide any model. So the readers of all
/// formats listen, and the one that understands speaks; no two of them know the same field. Where the model tells no usage
/// (Cohere, Mistral's older ones), Bedrock does: in a stream with its last event ([BedrockPlainAnswer]), else in headers.
final class BedrockInvokeAnswer implements AnswerDocuments {
    private static final int DIGITS_MAX = 18;
    private static final String INPUT = "x-amzn-bedrock-input-token-count";
    private static final String OUTPUT = "x-amzn-bedrock-output-token-count";
    private static final String CACHE_READ = "x-amzn-bedrock-cache-read-input-token-count";
    private static final String CACHE_WRITE = "x-amzn-bedrock-cache-write-input-token-count";

    private final AnswerHead head;
    private final List<AnswerDocuments> readers;
    private final BedrockPlainAnswer plain;
    private @Nullable String error;

    BedrockInvokeAnswer(AnswerHead head, OutputListener output) {
        this.head = head;
        this.plain = new BedrockPlainAnswer(output);
        this.readers = List.of(AnswerDocuments.of(new AnthropicMessagesAnswer(output)),
                AnswerDocuments.of(BedrockConverseAnswer.ofNova(output)),
                AnswerDocuments.of(new OpenAiChatAnswer("bedrock", output)), AnswerDocuments.of(plain));
    }

    @Override
    public void accept(byte[] bytes, int from, int to) {
        for (int i = 0; i < readers.size(); i++) {
            readers.get(i).accept(bytes, from, to);
        }
    }

    @Override
    public void endDocument() {
        for (int i = 0; i < readers.size(); i++) {
            readers.get(i).endDocument();
        }
    }

    @Override
    public void failure(String type) {
        error = type;
    }

    @Override
    public boolean contentSeen() {
        for (int i = 0; i < readers.size(); i++) {
            if (readers.get(i).contentSeen()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public AnswerFacts facts() {
        AnswerFacts spoken = spoken();
        @Nullable
        ModelId model = null;
        @Nullable
        String id = null;
        @Nullable
        String tier = null;
        for (AnswerDocuments reader : readers) {
            AnswerFacts facts = reader.facts();
            model = model == null ? facts.model() : model;
            id = id == null ? facts.id() : id;
            tier = tier == null ? facts.serviceTier() : tier;
        }
        boolean byHeaders = spoken.usage() == Usage.NONE && (count(INPUT) >= 0 || count(OUTPUT) >= 0);
        return new AnswerFacts(byHeaders ? Usage.LATEST : spoken.usage(), withHeaders(spoken.quantities(), byHeaders),
                spoken.sides(), model, id, tier, error != null ? error : spoken.error(), spoken.finished(),
                contentSeen());
    }

    /// The first that has the last word on usage, else the first with any, else the first that heard the model speak. Of two
    /// with a last word the model's own counts: in recorded streams with several blocks Bedrock's event counts only some.
    private AnswerFacts spoken() {
        AnswerFacts best = plain.facts();
        for (AnswerDocuments reader : readers) {
            AnswerFacts facts = reader.facts();
            if (facts.usage() == Usage.LATEST || facts.usage() == Usage.FINAL) {
                return facts;
            }
            boolean more = facts.usage() != Usage.NONE || facts.contentSeen() && !best.contentSeen();
            if (best.usage() == Usage.NONE && more) {
                best = facts;
            }
        }
        return best;
    }

    /// What the body did not tell. A guardrail that changes the text takes the output count out of it, and the headers keep it.
    ///
    /// @param alone whether the body told nothing: a model that only reads, to make vectors, has no count of what it wrote
    private Quantities withHeaders(Quantities told, boolean alone) {
        long input = count(INPUT);
        long output = alone ? atLeast0(count(OUTPUT)) : count(OUTPUT);
        long read = count(CACHE_READ);
        long written = count(CACHE_WRITE);
        return told.with(all -> {
            if (input >= 0 && !told.has(Meter.TOKENS_IN)) {
                all.reported(Meter.TOKENS_IN, input + atLeast0(read) + atLeast0(written));
            }
            if (output >= 0 && !told.has(Meter.TOKENS_OUT)) {
                all.reported(Meter.TOKENS_OUT, output);
            }
            if (read >= 0 && !told.has(Meter.CACHE_READ)) {
                all.reported(Meter.CACHE_READ, read);
            }
            if (written >= 0 && !told.has(Meter.CACHE_WRITE)) {
                all.reported(Meter.CACHE_WRITE, written);
            }
        });
    }

    private static long atLeast0(long count) {
        return Math.max(0, count);
    }

    /// -1 where the header is absent or no number.
    private long count(String name) {
        String value = head.header(name);
        if (value == null || value.isEmpty() || value.length() > DIGITS_MAX
                || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        return Long.parseLong(value);
    }
}

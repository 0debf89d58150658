package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.ModelId;
import dev.weir.usage.Provenance;
import dev.weir.usage.Quantities;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the two kinds of realtime sessions have in common: usages that are added up, and what an answer that has not ended yet
/// has used, as far as it can be seen.
///
/// An unfinished answer has read at least the conversation that the last one read and made; its sound is a token for so many
/// characters of base64, by the provider's own rate; its text is counted by who listens to it.
abstract class SessionAnswer<F extends Enum<F>> extends AnswerFields<F> {
    final UsageSum answers = new UsageSum();
    final UsageSum transcripts = new UsageSum();
    /// Of what the answers read, the audio and images that came out of a cache, which is sold at the cache's price.
    final UsageSum cached = new UsageSum();
    private long tools;
    private long searches;
    private long audioChars;
    private long conversation;
    private boolean untold;
    private int usagesTold;

    @Nullable
    ModelId model;
    @Nullable
    ModelId transcriber;
    @Nullable
    String id;
    @Nullable
    String error;

    SessionAnswer(OutputListener output) {
        super(output);
    }

    /// Characters of base64 for one token of sound that is put out.
    abstract long charsPerAudioToken();

    /// Whether an answer has begun and its usage has not come.
    abstract boolean running();

    /// Forgets what a message said that is over, whole or not.
    abstract void messageEnd();

    /// How often something told what it has used.
    final int usagesTold() {
        return usagesTold;
    }

    /// Something beside the answers told what it used.
    final void transcriptTold() {
        usagesTold++;
    }

    final void toolCall() {
        tools++;
    }

    final void search() {
        searches++;
    }

    final void audio(int chars) {
        audioChars += chars;
    }

    /// An answer ended and told that it read and made so many tokens.
    final void answerTold(long read, long made) {
        usagesTold++;
        conversation = Math.max(0, read) + Math.max(0, made);
        conversation = conversation < 0 ? Long.MAX_VALUE : conversation;
        if (!running()) {
            textTold();
            audioChars = 0;
        }
    }

    /// An answer ended without telling its usage: what the session used is not known to the end any more.
    final void answerUntold() {
        untold = true;
    }

    @Override
    AnswerFacts facts() {
        boolean finished = !running() && !untold;
        var all = new UsageSum();
        all.add(answers);
        all.add(transcripts);
        if (tools > 0) {
            all.add(Meter.TOOL_CALLS_REQUESTED, tools);
        }
        if (searches > 0) {
            all.add(Meter.SEARCHES, searches);
        }
        Quantities quantities = finished ? all.build() : withUnfinished(all.build());
        AnswerFacts.Usage usage = answers.isEmpty() && transcripts.isEmpty()
                ? AnswerFacts.Usage.NONE
                : finished ? AnswerFacts.Usage.FINAL : AnswerFacts.Usage.LATEST;
        List<AnswerFacts.Side> sides = transcripts.isEmpty()
                ? List.of()
                : List.of(new AnswerFacts.Side("transcription", transcriber, transcripts.build()));
        ModelId answering = model == null && answers.isEmpty() ? transcriber : model;
        return new AnswerFacts(usage, quantities, sides, answering, id, null, error, finished, contentSeen(),
                billed(quantities), AnswerFacts.NO_COST);
    }

    private Quantities withUnfinished(Quantities told) {
        long sound = audioChars / charsPerAudioToken();
        return told.with(all -> {
            if (conversation > 0) {
                addBound(all, Meter.TOKENS_IN, conversation);
            }
            if (sound > 0) {
                addBound(all, Meter.TOKENS_OUT, sound);
                addBound(all, Meter.AUDIO_OUT, sound);
            }
        });
    }

    private static void addBound(Quantities.Builder all, Meter meter, long amount) {
        long sum = all.amount(meter) + amount;
        all.set(meter, sum < 0 ? Long.MAX_VALUE : sum, Provenance.BOUND);
    }

    /// What is sold as what, where that is not how it was counted: cached sound is no fresh sound.
    private Quantities billed(Quantities counted) {
        if (cached.isEmpty()) {
            return Quantities.NONE;
        }
        return counted.with(all -> cached.build()
                .forEach((meter, amount, provenance) -> all.reported(meter,
                        Math.max(0, all.amount(meter) - amount))));
    }
}

package dev.weir.meter;

import com.knuddels.jtokkit.api.EncodingType;
import dev.weir.usage.ModelId;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Models that make tokens alike, and how they do it, as `docs/estimates.md` measures it on recorded traffic.
///
/// A prefix of the model's name is enough, and the longest that fits counts, because models appear faster than tables.
///
/// @param prefix of the model's name behind any vendor's prefix
/// @param encoding the dictionary to count with
/// @param most [#OWN] where the dictionary is the model's own; else how many tokens the model makes at most of what is 1,000
///        in this dictionary, [#UNKNOWN] where no such bound is known
record ModelFamily(String prefix, EncodingType encoding, int most, Habits habits) {
    /// What is made of text in the middle of the recorded calls, and what comes around it that is no text.
    ///
    /// @param text tokens of what is 1,000 in the dictionary
    /// @param prompt tokens that the host puts before the first message, less where its frame is shorter than OpenAI's
    /// @param answer tokens of an answer's frame: its channel, its end
    /// @param call tokens around the first tool call that an answer asks for
    /// @param furtherCall tokens around each other
    /// @param tools tokens of what is 1,000 in the JSON of tool definitions, which providers rewrite
    /// @param anyTools tokens that tools bring however many there are
    record Habits(int text, int prompt, int answer, int call, int furtherCall, int tools, int anyTools) {}

    static final int OWN = 1_000;
    static final int UNKNOWN = 0;

    private static final EncodingType O200K = EncodingType.O200K_BASE;
    private static final EncodingType CL100K = EncodingType.CL100K_BASE;
    private static final Habits OPENAI = new Habits(1_000, 0, 0, 7, 20, 500, 10);
    private static final Habits HARMONY = new Habits(1_000, 60, 8, 9, 9, 300, 0);
    private static final Habits CLAUDE = new Habits(1_100, 0, 4, 42, 42, 1_300, 400);
    private static final Habits CLAUDE_4_7 = new Habits(1_500, 0, 2, 28, 28, 1_700, 400);
    private static final Habits MISTRAL = new Habits(1_050, -4, 2, 4, 1, 1_100, 10);
    private static final Habits GEMINI = new Habits(1_000, -6, 2, 12, 12, 300, 10);
    private static final Habits LLAMA = new Habits(1_040, 24, 2, 17, 17, 800, 60);
    private static final ModelFamily OTHER = new ModelFamily("", O200K, UNKNOWN, habits(1_050, 2, 9));
    private static final List<ModelFamily> FAMILIES = List.of(
            new ModelFamily("gpt-3.5", CL100K, OWN, OPENAI),
            new ModelFamily("gpt-35", CL100K, OWN, OPENAI),
            new ModelFamily("gpt-4", CL100K, OWN, OPENAI),
            new ModelFamily("gpt-4o", O200K, OWN, OPENAI),
            new ModelFamily("gpt-4.1", O200K, OWN, OPENAI),
            new ModelFamily("gpt-4.5", O200K, OWN, OPENAI),
            new ModelFamily("gpt-5", O200K, OWN, OPENAI),
            new ModelFamily("gpt-6", O200K, OWN, OPENAI),
            new ModelFamily("gpt-oss", O200K, OWN, HARMONY),
            new ModelFamily("gpt-audio", O200K, OWN, OPENAI),
            new ModelFamily("gpt-realtime", O200K, OWN, OPENAI),
            new ModelFamily("chatgpt-4o", O200K, OWN, OPENAI),
            new ModelFamily("codex-", O200K, OWN, OPENAI),
            new ModelFamily("o1", O200K, OWN, OPENAI),
            new ModelFamily("o3", O200K, OWN, OPENAI),
            new ModelFamily("o4", O200K, OWN, OPENAI),
            new ModelFamily("text-embedding-", CL100K, OWN, OPENAI),
            new ModelFamily("davinci-002", CL100K, OWN, OPENAI),
            new ModelFamily("babbage-002", CL100K, OWN, OPENAI),
            // Tokenizers that are not public, or not here. The most that any recorded answer of the family made of 1,000
            // tokens of o200k is in the comment; texts of over 200 characters only.
            new ModelFamily("claude", O200K, 2_500, CLAUDE), // 2,330
            new ModelFamily("claude-opus-4-7", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("claude-opus-4.7", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("claude-opus-4-8", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("claude-opus-4.8", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("claude-opus-5", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("claude-sonnet-5", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("claude-haiku-5", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("claude-fable-5", O200K, 2_500, CLAUDE_4_7),
            new ModelFamily("deepseek", O200K, 1_200, habits(1_020, 0, 20)), // 1,053
            new ModelFamily("grok", O200K, 1_200, habits(1_000, 0, 23)), // 1,019
            new ModelFamily("llama", O200K, 1_600, LLAMA), // 1,491
            new ModelFamily("mistral", O200K, 1_400, MISTRAL), // 1,240
            new ModelFamily("ministral", O200K, UNKNOWN, MISTRAL),
            new ModelFamily("magistral", O200K, UNKNOWN, MISTRAL),
            new ModelFamily("codestral", O200K, UNKNOWN, MISTRAL),
            new ModelFamily("devstral", O200K, UNKNOWN, MISTRAL),
            new ModelFamily("pixtral", O200K, UNKNOWN, MISTRAL),
            new ModelFamily("voxtral", O200K, UNKNOWN, MISTRAL),
            new ModelFamily("open-mi", O200K, UNKNOWN, MISTRAL),
            new ModelFamily("qwen", O200K, 1_300, habits(1_070, 0, 13)), // 1,108
            new ModelFamily("sonar", O200K, 1_200, habits(1_000, 0, 0)), // 1,028
            new ModelFamily("gemini", O200K, 1_500, GEMINI), // 1,231; 1,407 beside the provider's own tools
            new ModelFamily("gemma", O200K, UNKNOWN, habits(1_070, 2, 24)),
            new ModelFamily("command", O200K, UNKNOWN, habits(1_060, 8, 20)),
            new ModelFamily("glm", O200K, UNKNOWN, habits(1_020, 4, 9)),
            new ModelFamily("kimi", O200K, UNKNOWN, habits(1_080, 0, 12)));
    private static final List<String> VENDORS = List.of("anthropic.", "cohere.", "deepseek.", "meta.", "mistral.",
            "openai.", "qwen.");

    private static Habits habits(int text, int answer, int call) {
        return new Habits(text, 0, answer, call, call, 800, 60);
    }

    /// The model's family; one that nothing is known of where it is in none.
    static ModelFamily of(@Nullable ModelId model) {
        ModelFamily best = OTHER;
        if (model == null) {
            return best;
        }
        String name = bareName(model.value().toLowerCase(Locale.ROOT));
        for (ModelFamily family : FAMILIES) {
            if (name.startsWith(family.prefix) && family.prefix.length() > best.prefix.length()) {
                best = family;
            }
        }
        return best;
    }

    /// `openai/gpt-4o` (OpenRouter and others) and `ft:gpt-4o-mini:acme::1` (fine-tuned) are the model in their middle, as is
    /// `us.anthropic.claude-haiku-4-5-v1:0` (Bedrock).
    private static String bareName(String name) {
        String bare = name.substring(name.startsWith("ft:") ? 3 : name.lastIndexOf('/') + 1);
        for (String vendor : VENDORS) {
            int at = bare.indexOf(vendor);
            if (at >= 0) {
                return bare.substring(at + vendor.length());
            }
        }
        return bare;
    }

    boolean isOwn() {
        return most == OWN;
    }
}

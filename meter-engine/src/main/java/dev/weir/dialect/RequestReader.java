package dev.weir.dialect;

import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Walks the top level of a JSON request and collects what becomes [RequestFacts]; a dialect says what its fields mean.
///
/// A body with two readings is refused, not guessed at: a field that stands twice (some servers obey the first, most the
/// last), or one of ours in another case (servers written in Go obey that too), could pass a cap unseen.
abstract class RequestReader {
    /// The request is JSON, but not one we may read in only one way; the message is for the client.
    static final class Ambiguous extends Exception {
        Ambiguous(String why) {
            super(why, null, false, false);
        }
    }

    private static final long UNREADABLE_NUMBER = Long.MIN_VALUE;

    final JsonCursor json;
    final PromptText prompt = new PromptText();
    @Nullable
    ModelId model;
    boolean streaming;
    long choices = 1;
    long outputLimitMin = 1;
    boolean usageAsked;
    @Nullable
    String user;
    /// What one choice can put out at most where no field limits it.
    OptionalLong outputMost = OptionalLong.empty();
    /// What chooses the price beside the model.
    @Nullable
    String options;
    /// Whether input or answer may hold audio.
    boolean audio;
    /// Upper bounds of what is used beside tokens.
    final Quantities.Builder others = Quantities.builder();

    private final Set<String> known;
    private final int length;
    private int inside;
    private boolean empty = true;
    private final List<RequestFacts.NumberAt> outputLimits = new ArrayList<>(2);
    private RequestFacts.@Nullable ObjectAt limitHome;
    private RequestFacts.@Nullable Span streamOptions;
    private boolean streamOptionsEmpty;
    private boolean streamOptionsIsObject;
    private RequestFacts.@Nullable Span includeUsage;

    /// @param known the fields whose meaning this dialect depends on, as they are spelt
    RequestReader(byte[] body, int length, Set<String> known) {
        this.json = new JsonCursor(body, length);
        this.length = length;
        this.known = known;
        prompt.bodyBytes(length);
    }

    /// Reads the value of the field `name`, or skips it.
    abstract void field(String name) throws JsonCursor.Malformed, Ambiguous;

    /// All fields are read: the place for what depends on two of them.
    void allRead() {}

    final RequestReading read() {
        try {
            if (json.peek() != JsonCursor.Kind.OBJECT) {
                return new RequestReading.Unreadable("The request body is not a JSON object.");
            }
            json.beginObject();
            inside = json.position();
            Set<String> names = new HashSet<>();
            while (json.nextName()) {
                String name = canonical(json.name());
                checkOneReading(name, names);
                empty = false;
                field(name);
            }
            json.end();
            allRead();
            return new RequestReading.Facts(facts());
        } catch (JsonCursor.Malformed e) {
            return new RequestReading.Unreadable("The request body is not valid JSON: " + e.getMessage() + " of "
                    + length + ". Send one JSON object in UTF-8.");
        } catch (Ambiguous e) {
            return new RequestReading.Unreadable(String.valueOf(e.getMessage()));
        }
    }

    /// The one spelling of a field that the provider takes in several.
    String canonical(String name) {
        return name;
    }

    private void checkOneReading(String name, Set<String> names) throws Ambiguous {
        boolean ours = known.contains(name);
        if (!ours) {
            for (String right : known) {
                if (right.equalsIgnoreCase(name)) {
                    throw new Ambiguous("A field of the request reads like \"" + right
                            + "\" but for its case. Write it \"" + right + "\".");
                }
            }
        }
        if (!names.add(name)) {
            throw new Ambiguous((ours ? "The field \"" + name + "\"" : "A field") + " stands twice in the request body."
                    + " Send each field once.");
        }
    }

    private RequestFacts facts() {
        return new RequestFacts(model, streaming, choices, outputLimitMin, outputMost, usageAsked, prompt, user, audio,
                others.build(), options, new RequestFacts.Layout(inside, empty, outputLimits, limitHome, streamOptions,
                        streamOptionsEmpty, streamOptionsIsObject, includeUsage));
    }

    /// The model that the path names is the one that answers, whatever the body says beside it (Azure's deployments).
    final void readModel() throws JsonCursor.Malformed, Ambiguous {
        String name = json.readStringOrNull();
        if (name != null && name.length() > ModelId.LENGTH_MAX) {
            throw new Ambiguous("The field \"model\" has " + name.length() + " characters; a model's name has at most "
                    + ModelId.LENGTH_MAX + ".");
        }
        if (name != null && !name.isEmpty() && model == null) {
            model = new ModelId(name);
        }
    }

    final void readOutputLimit(String name) throws JsonCursor.Malformed {
        readOutputLimit(name, 0);
    }

    /// @param least the least number that limits anything; servers take what is below it for no limit
    final void readOutputLimit(String name, long least) throws JsonCursor.Malformed {
        json.peek();
        int from = json.position();
        long value = json.readLong(UNREADABLE_NUMBER);
        outputLimits.add(new RequestFacts.NumberAt(name, value < least ? OptionalLong.empty() : OptionalLong.of(value),
                from, json.position()));
    }

    /// Reads an output limit that the provider may exceed by up to `beyond` tokens: what it bounds is that much more.
    final void readLooseOutputLimit(String name, long beyond) throws JsonCursor.Malformed {
        readOutputLimit(name);
        RequestFacts.NumberAt there = outputLimits.removeLast();
        OptionalLong most = there.value().isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(there.value().getAsLong() + beyond);
        outputLimits.add(new RequestFacts.NumberAt(name, most, there.from(), there.to()));
    }

    /// Reads the members of the object that an output limit belongs into, each by `each`; a limit that is added takes the
    /// place of a `null`, what is neither is skipped.
    final void readLimitHome(Member each) throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() != JsonCursor.Kind.OBJECT) {
            if (json.peek() == JsonCursor.Kind.NULL) {
                limitHome = RequestFacts.ObjectAt.ofNull(json.position());
            }
            json.skip();
            return;
        }
        json.beginObject();
        int home = json.position();
        var names = new HashSet<String>();
        while (json.nextName()) {
            String name = canonical(json.name());
            if (!names.add(name)) {
                throw new Ambiguous("A field stands twice in an object of the request. Send each field once.");
            }
            each.read(name);
        }
        limitHome = new RequestFacts.ObjectAt(home, names.isEmpty(), false);
    }

    final void readChoices(String name) throws JsonCursor.Malformed {
        if (json.peek() == JsonCursor.Kind.NULL) {
            json.skip();
            return;
        }
        long value = json.readLong(UNREADABLE_NUMBER);
        if (value < 1) {
            prompt.unseen("\"" + name + "\" is not a whole number of 1 or more");
        }
        choices = Math.max(choices, value);
    }

    /// Each of `prompts` is answered as often as one is.
    final void multiplyChoices(long prompts) {
        choices = prompts > 1 && choices > Long.MAX_VALUE / prompts ? Long.MAX_VALUE : choices * Math.max(1, prompts);
    }

    final void readStreamOptions() throws JsonCursor.Malformed, Ambiguous {
        streamOptionsIsObject = json.peek() == JsonCursor.Kind.OBJECT;
        int from = json.position();
        if (streamOptionsIsObject) {
            streamOptionsEmpty = true;
            json.beginObject();
            while (json.nextName()) {
                streamOptionsEmpty = false;
                if (json.nameIs("include_usage")) {
                    if (includeUsage != null) {
                        throw new Ambiguous("The field \"stream_options.include_usage\" stands twice. Send it once.");
                    }
                    json.peek();
                    int start = json.position();
                    usageAsked = json.readTruth();
                    includeUsage = new RequestFacts.Span(start, json.position());
                } else {
                    json.skip();
                }
            }
        } else {
            json.skip();
        }
        streamOptions = new RequestFacts.Span(from, json.position());
    }

    /// Takes the next value as text the model reads: a string as it is, anything else as raw JSON.
    final void readText() throws JsonCursor.Malformed {
        boolean isString = json.peek() == JsonCursor.Kind.STRING;
        int from = json.position();
        json.skip();
        if (isString) {
            prompt.text(json.stringStart(), json.stringEnd());
        } else {
            prompt.text(from, json.position());
        }
    }

    /// Passes what the provider reads something for that is not in the body, unless it is `null`.
    final void unseenUnlessNull(String why) throws JsonCursor.Malformed {
        if (json.peek() != JsonCursor.Kind.NULL) {
            prompt.unseen(why);
        }
        json.skip();
    }

    /// Takes the definition of a tool as text, and hands its `type` to `type`.
    final void readTool(Consumer<@Nullable String> type) throws JsonCursor.Malformed, Ambiguous {
        prompt.tool();
        if (json.peek() != JsonCursor.Kind.OBJECT) {
            readText();
            return;
        }
        int from = json.position();
        eachMember(name -> {
            if (name.equals("type")) {
                type.accept(json.readStringOrNull());
            } else {
                json.skip();
            }
        });
        prompt.text(from, json.position());
    }

    /// Runs `each` for every element of the array that comes next; anything else is taken as text.
    final void eachElement(Reading each) throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() != JsonCursor.Kind.ARRAY) {
            readText();
            return;
        }
        json.beginArray();
        while (json.nextElement()) {
            each.read();
        }
    }

    /// Runs `each` for every member of the object that comes next; anything else is taken as text.
    final void eachMember(Member each) throws JsonCursor.Malformed, Ambiguous {
        if (json.peek() != JsonCursor.Kind.OBJECT) {
            readText();
            return;
        }
        json.beginObject();
        while (json.nextName()) {
            each.read(canonical(json.name()));
        }
    }

    /// Reads one value.
    interface Reading {
        void read() throws JsonCursor.Malformed, Ambiguous;
    }

    /// Reads the value of one member.
    interface Member {
        void read(String name) throws JsonCursor.Malformed, Ambiguous;
    }
}

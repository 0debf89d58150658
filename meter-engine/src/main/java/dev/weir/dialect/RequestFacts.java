package dev.weir.dialect;

import dev.weir.usage.ModelId;
import dev.weir.usage.Quantities;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What a request asks for, as far as admission, metering and the byte edits need it.
///
/// Immutable, but for the arrays lent by [PromptText]. Offsets are bytes into the body that was read.
///
/// @param model the model asked for, null where body and path name none
/// @param streaming whether the client asked for a stream
/// @param choices how many answers the output limit holds for (`n`); 0 where no tokens come out at all (embeddings)
/// @param outputLimitMin the least output limit that the provider takes for this very request, 1 or more
/// @param outputMost the most tokens that one choice can put out, where that follows from the request and no field limits it
///        (an image of a size); else empty
/// @param usageAsked whether the client asked for the usage chunk itself
/// @param prompt what the model will read
/// @param user the end user that the client names, null where none
/// @param audio whether input or answer may hold audio
/// @param others upper bounds of what the answer may use beside tokens: images, seconds, searches; absent is none
/// @param options what of the request chooses its price beside the model, where the answer does not tell:
///        `hd/1024x1792`; else null
/// @param layout where the editable fields stand
public record RequestFacts(@Nullable ModelId model, boolean streaming, long choices, long outputLimitMin,
        OptionalLong outputMost, boolean usageAsked, PromptText prompt, @Nullable String user, boolean audio,
        Quantities others, @Nullable String options, Layout layout) {

    /// A field's value as it stands in the body.
    ///
    /// @param name the field
    /// @param value its number; empty where something else stands, such as `null`
    /// @param from the first byte of the value
    /// @param to the byte after it
    public record NumberAt(String name, OptionalLong value, int from, int to) {}

    /// Where a span stands: `[from, to)`.
    public record Span(int from, int to) {}

    /// An object in the body, or the `null` that stands where it belongs.
    ///
    /// @param inside the byte after its opening brace; the first of the `null`
    /// @param empty whether it has no member
    /// @param isNull whether it is a `null`
    public record ObjectAt(int inside, boolean empty, boolean isNull) {
        static final int NULL_LENGTH = 4;

        static ObjectAt ofNull(int at) {
            return new ObjectAt(at, true, true);
        }
    }

    /// Where the edits of this request would go.
    ///
    /// @param inside the byte after the opening brace of the body, -1 where the body is no object
    /// @param empty whether that object has no member
    /// @param outputLimits every field that limits the output; the provider may obey any of them
    /// @param limitHome the object inside the body that an added output limit belongs into, null where it is absent; only
    ///        for dialects whose limit is not at the top
    /// @param streamOptions the value of `stream_options`, null where absent
    /// @param streamOptionsEmpty whether that value is an object without members; false where it is no object
    /// @param streamOptionsIsObject whether that value is an object
    /// @param includeUsage the value of `stream_options.include_usage`, null where absent
    public record Layout(int inside, boolean empty, List<NumberAt> outputLimits, @Nullable ObjectAt limitHome,
            @Nullable Span streamOptions, boolean streamOptionsEmpty, boolean streamOptionsIsObject,
            @Nullable Span includeUsage) {
        static final Layout NONE = new Layout(-1, false, List.of(), null, null, false, false, null);

        public Layout {
            outputLimits = List.copyOf(outputLimits);
        }
    }

    public RequestFacts {
        if (choices < 0 || outputLimitMin < 1) {
            throw new IllegalArgumentException(
                    "choices " + choices + " of a request are 0 or more, its least output limit "
                            + outputLimitMin + " is 1 or more");
        }
    }

    /// The same request, of a model that the client named later.
    public RequestFacts of(ModelId named) {
        return new RequestFacts(named, streaming, choices, outputLimitMin, outputMost, usageAsked, prompt, user, audio,
                others, options, layout);
    }

    /// The name of the model asked for, null where none is named.
    @Nullable
    String modelName() {
        return model == null ? null : model.value();
    }

    /// The output limit of one choice that the client set; the larger where two fields set one, because either may be the
    /// one obeyed. Empty where none is set.
    public OptionalLong outputLimit() {
        return layout.outputLimits().stream().map(NumberAt::value).flatMapToLong(OptionalLong::stream).max();
    }
}

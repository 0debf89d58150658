package dev.weir.admission;

/// What a request says of its answer's length.
///
/// @param limit the client's limit in tokens per choice, or [#NO_LIMIT]
/// @param choices how many answers it asks for (`n`), 1 or more; 0 where no tokens are answered
/// @param minimum the smallest limit the dialect accepts, 1 or more
/// @param editable whether Weir may lower or add the limit on this route
public record Output(long limit, int choices, long minimum, boolean editable) {
    public static final long NO_LIMIT = -1;
    /// No tokens come out: connectors, embeddings.
    public static final Output NONE = new Output(NO_LIMIT, 0, 1, false);

    public Output {
        if (limit < NO_LIMIT || choices < 0 || minimum < 1) {
            throw new IllegalArgumentException("an output has a limit of 0 or more (or none), 0 or more choices and a"
                    + " minimum of 1 or more, not " + limit + ", " + choices + ", " + minimum);
        }
    }

    public boolean hasLimit() {
        return limit != NO_LIMIT;
    }
}

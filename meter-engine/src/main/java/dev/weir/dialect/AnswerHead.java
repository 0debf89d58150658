package dev.weir.dialect;

import org.jspecify.annotations.Nullable;

/// The head of an answer, as far as a dialect reads it.
@FunctionalInterface
public interface AnswerHead {
    /// Tells nothing.
    AnswerHead NONE = name -> null;

    /// The value of a header, null where it is absent.
    ///
    /// @param name in lower case
    @Nullable
    String header(String name);
}

package dev.weir.usage;

/// How a quantity is known.
public enum Provenance {
    /// The provider said so, or Weir counted it itself (bytes, calls).
    REPORTED("reported"),
    /// Counted by the model's own tokenizer over the text that passed.
    TOKENIZER("tokenizer"),
    /// A proven or calibrated upper bound.
    BOUND("bound");

    private final String id;

    Provenance(String id) {
        this.id = id;
    }

    public String id() {
        return id;
    }

    @Override
    public String toString() {
        return id;
    }
}

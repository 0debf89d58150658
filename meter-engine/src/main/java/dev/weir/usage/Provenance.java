package dev.weir.usage;

/// How a quantity is known.
public enum Provenance {
    /// The provider said so, or Weir counted it itself (bytes, calls).
    REPORTED("reported"),
    /// Counted by the model's own tokenizer over the text that passed.
    TOKENIZER("tokenizer"),
    /// Not told and not counted by the model's own tokenizer: an upper bound, or an estimate calibrated on recorded traffic
    /// (`docs/estimates.md`).
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

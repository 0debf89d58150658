package dev.weir.dialect;

/// Hears the text that a model puts out while it passes: answer, reasoning, tool names and arguments.
public interface OutputListener {
    /// Hears nothing.
    OutputListener NONE = new OutputListener() {
        @Override
        public void text(byte[] json, int from, int to) {}

        @Override
        public void textEnd() {}
    };

    /// A piece of the inside of a JSON string, escapes included, cut anywhere. The array is lent for the call.
    void text(byte[] json, int from, int to);

    /// The same, of what the model answers: the provider counts it as output, whatever it counts of the model's reasoning.
    default void answer(byte[] json, int from, int to) {
        text(json, from, to);
    }

    /// The string is over: what comes next continues the text, but no escape.
    void textEnd();

    /// The provider told what all text so far has used: it need not be counted any more.
    default void told() {}
}

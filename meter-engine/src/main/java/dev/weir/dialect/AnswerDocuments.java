package dev.weir.dialect;

/// What hears the JSON documents of an answer, whatever frames them. Arrays are lent for the call; one thread at a time.
interface AnswerDocuments {
    /// The next bytes of the document.
    void accept(byte[] bytes, int from, int to);

    /// The document is over, finished or not.
    void endDocument();

    /// The framing says that the answer has failed.
    void failure(String type);

    /// What was said so far.
    AnswerFacts facts();

    /// Whether output has passed.
    boolean contentSeen();

    /// See [AnswerFields#outputSoFar].
    default long outputSoFar() {
        return AnswerFacts.UNTOLD;
    }

    /// See [AnswerFields#inputSoFar].
    default long inputSoFar() {
        return AnswerFacts.UNTOLD;
    }

    /// The usual case: one listener, one tap.
    static <F extends Enum<F>> AnswerDocuments of(AnswerFields<F> fields) {
        return new Tapped<>(fields, new JsonTap<>(fields.paths(), fields));
    }

    /// @param tap finds in the documents what `fields` listen for
    record Tapped<F extends Enum<F>>(AnswerFields<F> fields, JsonTap<F> tap) implements AnswerDocuments {
        @Override
        public void accept(byte[] bytes, int from, int to) {
            tap.accept(bytes, from, to);
        }

        @Override
        public void endDocument() {
            tap.endDocument();
        }

        @Override
        public void failure(String type) {
            fields.failure(type);
        }

        @Override
        public AnswerFacts facts() {
            return fields.facts();
        }

        @Override
        public long outputSoFar() {
            return fields.outputSoFar();
        }

        @Override
        public long inputSoFar() {
            return fields.inputSoFar();
        }

        @Override
        public boolean contentSeen() {
            return fields.contentSeen();
        }
    }
}

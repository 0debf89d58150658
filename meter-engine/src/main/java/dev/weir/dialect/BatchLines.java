package dev.weir.dialect;

/// Hears JSON Lines to their end. A line that breaks off or is no JSON could have told anything, so after one the whole tells no
/// usage: it is told again whenever the file is read.
///
/// @param tap finds in the lines what `fields` listen for
final class BatchLines<F extends Enum<F>> implements AnswerDocuments {
    private final AnswerFields<F> fields;
    private final JsonTap<F> tap;
    private boolean damaged;

    private BatchLines(AnswerFields<F> fields) {
        this.fields = fields;
        this.tap = new JsonTap<>(fields.paths(), fields);
    }

    static <F extends Enum<F>> AnswerDocuments of(AnswerFields<F> fields) {
        return new BatchLines<>(fields);
    }

    @Override
    public void accept(byte[] bytes, int from, int to) {
        tap.accept(bytes, from, to);
    }

    @Override
    public void endDocument() {
        damaged |= tap.broken() || tap.insideDocument();
        tap.endDocument();
    }

    @Override
    public void failure(String type) {
        damaged = true;
    }

    @Override
    public AnswerFacts facts() {
        AnswerFacts facts = fields.facts();
        return damaged || tap.broken() ? facts.withoutUsage() : facts;
    }

    @Override
    public boolean contentSeen() {
        return false;
    }
}

package dev.weir.dialect;

import dev.weir.usage.Meter;
import dev.weir.usage.Provenance;
import java.util.Set;

/// Reads a reranking request (Cohere API reference, "Rerank V2"; read 2026-11).
final class RerankRequest extends RequestReader {
    /// A search unit is a query with up to so many documents.
    private static final int DOCUMENTS_PER_UNIT = 100;
    /// A document that with the query has more than 500 tokens is cut into several, of which the query takes at most half; a
    /// token has at least one byte.
    private static final int PIECE_BYTES_MIN = 250;
    /// What the template of a model says around a query and its document.
    private static final int PAIR_TOKENS_MAX = 128;
    private static final Set<String> KNOWN = Set.of("model", "query", "documents", "texts");

    private final int length;
    private long documents;
    private int queryBytes;

    RerankRequest(byte[] body, int length) {
        super(body, length, KNOWN);
        this.length = length;
        choices = 0;
    }

    @Override
    void field(String name) throws JsonCursor.Malformed, Ambiguous {
        switch (name) {
            case "model" -> readModel();
            case "query" -> {
                int from = json.position();
                readText();
                queryBytes = json.position() - from;
            }
            case "documents", "texts" -> eachElement(() -> {
                documents++;
                readText();
            });
            default -> json.skip();
        }
    }

    /// The query is read with each document anew; so only the bound holds, no count of the text once.
    @Override
    void allRead() {
        prompt.notOnlyText();
        long pieces = documents + length / PIECE_BYTES_MIN;
        prompt.declare(pieces * (queryBytes + PAIR_TOKENS_MAX));
        others.set(Meter.SEARCHES, pieces / DOCUMENTS_PER_UNIT + 1, Provenance.BOUND);
    }
}

package dev.weir.dialect;

import java.util.Arrays;

/// Documents that are wrapped: `{"bytes":"…","p":"…"}`, where `bytes` is the document in Base64 (RFC 4648) and `p` padding.
/// They are decoded as they pass, [#DECODED_MAX] bytes at a time.
final class EncodedDocuments extends JsonListener<EncodedDocuments.Field> implements AnswerDocuments {
    enum Field {
        BYTES
    }

    static final int DECODED_MAX = 3_072;
    private static final JsonPaths<Field> PATHS = new JsonPaths<Field>().add(Field.BYTES, JsonPaths.Strings.PIECES,
            "bytes");
    private static final byte[] SEXTETS = sextets();
    private static final byte NONE = -1;

    private final AnswerDocuments inner;
    private final JsonTap<Field> outer = new JsonTap<>(PATHS, this);
    private final byte[] decoded = new byte[DECODED_MAX];
    private int decodedLength;
    /// Up to three sextets that wait for a fourth.
    private int bits;
    private int sextets;
    private boolean unreadable;

    EncodedDocuments(AnswerDocuments inner) {
        this.inner = inner;
    }

    private static byte[] sextets() {
        var values = new byte[256];
        Arrays.fill(values, NONE);
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (int i = 0; i < alphabet.length(); i++) {
            values[alphabet.charAt(i)] = (byte) i;
        }
        return values;
    }

    @Override
    public void accept(byte[] bytes, int from, int to) {
        outer.accept(bytes, from, to);
    }

    @Override
    public void endDocument() {
        outer.endDocument();
        inner.endDocument();
        begin();
    }

    private void begin() {
        bits = 0;
        sextets = 0;
        unreadable = false;
    }

    /// JSON may write the slash with a backslash before it; any other byte that Base64 does not have makes the rest unreadable.
    @Override
    void piece(Field field, byte[] bytes, int from, int to) {
        for (int i = from; i < to && !unreadable; i++) {
            byte sextet = SEXTETS[bytes[i] & 0xff];
            if (sextet >= 0) {
                take(sextet);
            } else {
                unreadable = bytes[i] != '=' && bytes[i] != '\\';
            }
        }
        flush();
    }

    private void take(int sextet) {
        bits = bits << 6 | sextet;
        if (++sextets == 4) {
            if (decodedLength + 3 > DECODED_MAX) {
                flush();
            }
            decoded[decodedLength++] = (byte) (bits >> 16);
            decoded[decodedLength++] = (byte) (bits >> 8);
            decoded[decodedLength++] = (byte) bits;
            bits = 0;
            sextets = 0;
        }
    }

    /// The last one or two bytes.
    @Override
    void pieceEnd(Field field) {
        if (sextets > 1 && !unreadable) {
            int last = bits << 6 * (4 - sextets);
            decoded[decodedLength++] = (byte) (last >> 16);
            if (sextets == 3) {
                decoded[decodedLength++] = (byte) (last >> 8);
            }
            flush();
        }
        begin();
    }

    private void flush() {
        if (decodedLength > 0) {
            inner.accept(decoded, 0, decodedLength);
            decodedLength = 0;
        }
    }

    @Override
    public void failure(String type) {
        inner.failure(type);
    }

    @Override
    public AnswerFacts facts() {
        return inner.facts();
    }

    @Override
    public boolean contentSeen() {
        return inner.contentSeen();
    }
}

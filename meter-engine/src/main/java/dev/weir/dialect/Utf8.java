package dev.weir.dialect;

/// Well-formed UTF-8: the table of RFC 3629 section 4.
final class Utf8 {
    private Utf8() {}

    /// The index after the character of two to four bytes at `at`, or `~at` where none stands there.
    static int next(byte[] bytes, int at, int length) {
        int lead = bytes[at] & 0xff;
        int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || at + more >= length) {
            return ~at;
        }
        int second = bytes[at + 1] & 0xff;
        int least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < least || second > most) {
            return ~at;
        }
        for (int i = 2; i <= more; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return ~at;
            }
        }
        return at + more + 1;
    }
}

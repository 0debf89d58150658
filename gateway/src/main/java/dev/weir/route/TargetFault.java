package dev.weir.route;

/// Why a request target is refused: each of these has been read in two ways by two programs in a row.
public enum TargetFault {
    /// Neither origin form nor, with OPTIONS, `*`.
    NOT_A_PATH("the target is neither a path nor, with OPTIONS, an asterisk"),
    /// A control byte or a space.
    CONTROL("the target holds a control byte or a space; percent-encode it"),
    /// A raw byte above 0x7F.
    NOT_ASCII("the target holds a byte above 0x7F; percent-encode it as UTF-8"),
    /// A raw `#`.
    FRAGMENT("the target holds '#'; a fragment never travels, and a literal one is written %23"),
    /// A raw backslash.
    BACKSLASH("the target holds a backslash, which some servers read as a slash; write %5C"),
    /// `%` without two hex digits, or a path whose decoded bytes are no UTF-8 (overlong dots and slashes among them).
    PERCENT_CODING("the target has a '%' without two hex digits, or its path does not decode to UTF-8"),
    /// `.` or `..` as a segment, in any spelling, also before `;` and beside an encoded slash.
    DOT_SEGMENT("the path has a '.' or '..' segment; send the path you mean"),
    /// `%00` to `%1F` and `%7F` in the path.
    ENCODED_CONTROL("the path holds an encoded control byte such as %00"),
    /// A path that begins with `//`, which some read as a host.
    EMPTY_FIRST_SEGMENT("the path begins with '//'; its first segment names the route");

    private final String detail;

    TargetFault(String detail) {
        this.detail = detail;
    }

    /// What is wrong and what to do, as a client may see it.
    public String detail() {
        return detail;
    }
}

package dev.weir.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Walks the parts of a `multipart/form-data` body (RFC 7578; the framing is RFC 2046 §5.1).
///
/// ```
///   --boundary CRLF
///   Content-Disposition: form-data; name="model" CRLF
///   … CRLF
///   CRLF
///   value CRLF
///   --boundary--
/// ```
///
/// A body that is not framed so is refused, not guessed at. The array is lent; nothing is copied but names.
final class FormReader {
    /// The body is no form; the message is for the client.
    static final class Malformed extends Exception {
        Malformed(String why) {
            super(why, null, false, false);
        }
    }

    /// One part, its value being `[from, to)` of the body.
    ///
    /// @param file whether it was sent as a file
    record Part(String name, boolean file, int from, int to) {}

    private static final Pattern BOUNDARY = Pattern.compile(";\\s*boundary=(?:\"([^\"]{1,70})\"|([^\\s;\"]{1,70}))",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile(";\\s*name=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;\"]+))",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern FILE = Pattern.compile(";\\s*filename\\*?=", Pattern.CASE_INSENSITIVE);
    private static final String DISPOSITION = "content-disposition:";
    private static final int HEADERS_MAX = 8_192;
    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] DASHES = {'-', '-'};
    private static final byte[] HEADERS_END = {'\r', '\n', '\r', '\n'};

    private final byte[] body;
    private final int length;
    private final byte[] delimiter;
    private final Set<String> once;
    private final Set<String> names = new HashSet<>();
    private int at;

    /// @param contentType the request's
    /// @param once the fields that decide something; a form with one of them twice has two readings
    /// @throws Malformed where it names no boundary, or the body does not begin with it
    FormReader(byte[] body, int length, @Nullable String contentType, Set<String> once) throws Malformed {
        this.body = body;
        this.length = length;
        this.once = once;
        Matcher boundary = BOUNDARY.matcher(contentType == null ? "" : contentType);
        if (contentType == null || !contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")
                || !boundary.find()) {
            throw new Malformed("This API takes a form: send Content-Type multipart/form-data with a boundary.");
        }
        String mark = boundary.group(1) != null ? boundary.group(1) : boundary.group(2);
        delimiter = ("\r\n--" + mark).getBytes(StandardCharsets.ISO_8859_1);
        byte[] first = Arrays.copyOfRange(delimiter, CRLF.length, delimiter.length);
        // RFC 2046 allows a preamble, and nobody sends one.
        if (!startsWith(first, 0)) {
            throw new Malformed("The form does not begin with the boundary that Content-Type names.");
        }
        at = first.length;
    }

    /// The next part; null where the form ends.
    ///
    /// @throws Malformed where it is cut off or not framed as a form is
    @Nullable
    Part next() throws Malformed {
        if (startsWith(DASHES, at)) {
            return null;
        }
        if (!startsWith(CRLF, at)) {
            throw new Malformed("A boundary of the form is followed by neither a part nor the form's end.");
        }
        int headersEnd = find(HEADERS_END, at, Math.min(length, at + HEADERS_MAX));
        int from = headersEnd + HEADERS_END.length;
        // The line break before the boundary belongs to it, so an empty value shares one with the headers' end.
        int to = headersEnd < 0 ? -1 : find(delimiter, from - CRLF.length, length);
        if (to < 0) {
            throw new Malformed("The form ends within a part.");
        }
        String head = new String(body, at, headersEnd - at, StandardCharsets.UTF_8);
        at = to + delimiter.length;
        Part part = part(head, Math.min(from, to), to);
        if (once.contains(part.name) && !names.add(part.name)) {
            throw new Malformed("The field \"" + part.name + "\" stands twice in the form. Send it once.");
        }
        return part;
    }

    private static Part part(String head, int from, int to) throws Malformed {
        for (String line : head.split("\r\n")) {
            if (line.regionMatches(true, 0, DISPOSITION, 0, DISPOSITION.length())) {
                Matcher name = NAME.matcher(line);
                if (name.find()) {
                    String plain = name.group(1) != null ? name.group(1) : name.group(2);
                    return new Part(plain, FILE.matcher(line).find(), from, to);
                }
            }
        }
        throw new Malformed("A part of the form has no name.");
    }

    /// The value of a part as text, without spaces around it.
    String text(Part part) {
        return new String(body, part.from, part.to - part.from, StandardCharsets.UTF_8).strip();
    }

    private boolean startsWith(byte[] wanted, int from) {
        int to = from + wanted.length;
        return to <= length && Arrays.equals(wanted, 0, wanted.length, body, from, to);
    }

    private int find(byte[] wanted, int from, int to) {
        int last = to - wanted.length;
        for (int i = from; i <= last; i++) {
            if (body[i] == wanted[0] && Arrays.equals(wanted, 0, wanted.length, body, i, i + wanted.length)) {
                return i;
            }
        }
        return -1;
    }
}

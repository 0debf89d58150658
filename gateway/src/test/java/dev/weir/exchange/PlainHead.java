package dev.weir.exchange;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// A second reader of heads, slow and obvious: the grammar of RFC 9112 as regular expressions over the whole text. It knows
/// nothing of [HeadCheck]; what that accepts, this must read as exactly one request.
record PlainHead(boolean chunked, long length) {
    private static final Pattern HEAD = Pattern.compile(
            "(?:\r\n)?([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!\"$-\\[\\]-~]+) HTTP/1\\.([01])\r\n"
                    + "((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\\x20-\\x7e\\x80-\\xff]*\r\n)*)\r\n");

    static Optional<PlainHead> read(String text) {
        var head = HEAD.matcher(text);
        if (!head.matches()) {
            return Optional.empty();
        }
        List<String> lines = head.group(4).lines().toList();
        List<String> hosts = values(lines, "host");
        List<String> lengths = values(lines, "content-length");
        List<String> codings = values(lines, "transfer-encoding");
        boolean oneReading = hosts.size() == 1 && lengths.size() + codings.size() <= 1
                && lengths.stream().allMatch(length -> length.matches("[0-9]{1,18}"))
                && codings.stream().allMatch(coding -> coding.equals("chunked") && head.group(3).equals("1"))
                && !head.group(2).matches("[^?]*/(\\.|%2[eE]){1,2}([/?;].*)?") && lines.size() <= 100
                && !head.group(2).matches(".*%(?![0-9A-Fa-f]{2}).*") && values(lines, "upgrade").isEmpty();
        return oneReading
                ? Optional.of(new PlainHead(!codings.isEmpty(), lengths.isEmpty() ? 0 : Long.parseLong(lengths.get(0))))
                : Optional.empty();
    }

    private static List<String> values(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.substring(0, line.indexOf(':')).equalsIgnoreCase(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .toList();
    }
}

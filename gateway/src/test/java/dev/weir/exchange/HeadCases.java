package dev.weir.exchange;

import static dev.weir.exchange.HeadRefusal.*;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The table of heads that both the pure check and the running server are held against.
final class HeadCases {
    /// @param name a sentence
    /// @param head the bytes of one head, as ISO-8859-1
    /// @param refusal what is expected, or null where the head is good
    record Case(String name, String head, @Nullable HeadRefusal refusal) {
        byte[] bytes() {
            return head.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private final List<Case> cases = new ArrayList<>();

    static List<Case> refused() {
        var table = new HeadCases();
        table.requestLines();
        table.targets();
        table.hosts();
        table.lines();
        table.framing();
        table.asks();
        table.sizes();
        return table.cases;
    }

    static List<Case> good() {
        var table = new HeadCases();
        table.goodOnes();
        return table.cases;
    }

    private void requestLines() {
        line("lineWithoutVersion", "GET /", REQUEST_LINE);
        line("twoSpacesBeforeTarget", "GET  / HTTP/1.1", REQUEST_LINE);
        line("twoSpacesBeforeVersion", "GET /  HTTP/1.1", REQUEST_LINE);
        line("tabBeforeTarget", "GET\t/ HTTP/1.1", METHOD);
        line("tabBeforeVersion", "GET /\tHTTP/1.1", REQUEST_LINE);
        line("trailingSpace", "GET / HTTP/1.1 ", REQUEST_LINE);
        line("leadingSpace", " GET / HTTP/1.1", METHOD);
        line("rawSpaceInTarget", "GET /a b HTTP/1.1", REQUEST_LINE);
        line("methodAlone", "GET", METHOD);
        line("emptyMethod", " / HTTP/1.1", METHOD);
        line("methodWithSlash", "GE/T / HTTP/1.1", METHOD);
        line("methodWithColon", "GET: / HTTP/1.1", METHOD);
        line("methodWithBrackets", "G(E)T / HTTP/1.1", METHOD);
        line("methodWithNul", "GE\0T / HTTP/1.1", METHOD);
        line("methodBeyondAscii", "G\u00c9T / HTTP/1.1", METHOD);
        line("methodOf33Bytes", "M".repeat(33) + " / HTTP/1.1", METHOD);
        line("connect", "CONNECT weir:443 HTTP/1.1", CONNECT);
        line("trace", "TRACE / HTTP/1.1", TRACE);
        line("http2InARequestLine", "GET / HTTP/2.0", VERSION);
        line("http12", "GET / HTTP/1.2", VERSION);
        line("http09Named", "GET / HTTP/0.9", VERSION);
        line("httpWithTwoDigits", "GET / HTTP/1.10", VERSION);
        line("lowerCaseHttp", "GET / http/1.1", REQUEST_LINE);
        line("versionWithComma", "GET / HTTP/1,1", VERSION);
        line("crInVersion", "GET / HTTP/1.1\r", VERSION);
        whole("prefaceCutShort", "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n", TARGET_FORM);
    }

    private void targets() {
        target("fragment", "/a#b", TARGET_FRAGMENT);
        target("fragmentInQuery", "/a?b#c", TARGET_FRAGMENT);
        target("backslash", "/a\\b", TARGET_BACKSLASH);
        target("backslashInQuery", "/a?b\\c", TARGET_BACKSLASH);
        target("rawUtf8", "/\u00c3\u00a9", TARGET_NOT_ASCII);
        target("rawUtf8InQuery", "/?q=\u00c3\u00a9", TARGET_NOT_ASCII);
        target("nul", "/a\0b", TARGET_CONTROL);
        target("delete", "/a\u007fb", TARGET_CONTROL);
        target("bareCr", "/a\rb", TARGET_CONTROL);
        target("percentAlone", "/100%", TARGET_PERCENT_CODING);
        target("percentWithOneDigit", "/a%2", TARGET_PERCENT_CODING);
        target("percentWithLetters", "/a%zz", TARGET_PERCENT_CODING);
        target("percentOfIisUnicode", "/a%u002e", TARGET_PERCENT_CODING);
        target("badPercentInQuery", "/a?q=%g1", TARGET_PERCENT_CODING);
        target("overlongSlash", "/a%c0%af", TARGET_PERCENT_CODING);
        target("overlongDots", "/%c0%ae%c0%ae/a", TARGET_PERCENT_CODING);
        target("loneContinuationByte", "/a%80", TARGET_PERCENT_CODING);
        target("encodedNul", "/a%00.json", TARGET_ENCODED_CONTROL);
        target("encodedLineEnd", "/a%0d%0aHost:b", TARGET_ENCODED_CONTROL);
        target("encodedDelete", "/a%7f", TARGET_ENCODED_CONTROL);
        target("dotSegment", "/a/./b", TARGET_DOT_SEGMENT);
        target("dotDotSegment", "/openai/../anthropic", TARGET_DOT_SEGMENT);
        target("dotDotAtTheEnd", "/openai/..", TARGET_DOT_SEGMENT);
        target("dotDotBeforeQuery", "/openai/..?a", TARGET_DOT_SEGMENT);
        target("dotDotFirst", "/../etc", TARGET_DOT_SEGMENT);
        target("encodedDotDot", "/a/%2e%2E/b", TARGET_DOT_SEGMENT);
        target("halfEncodedDotDot", "/a/.%2e/b", TARGET_DOT_SEGMENT);
        target("dotDotWithParameter", "/a/..;x=1/b", TARGET_DOT_SEGMENT);
        target("dotDotBesideEncodedSlash", "/a/..%2fb", TARGET_DOT_SEGMENT);
        target("dotDotBesideEncodedBackslash", "/a/b%5c..%5Cc", TARGET_DOT_SEGMENT);
        target("twoSlashesFirst", "//openai/v1", TARGET_EMPTY_FIRST_SEGMENT);
        target("noSlash", "openai/v1", TARGET_FORM);
        target("queryOnly", "?a=b", TARGET_FORM);
        target("asteriskWithGet", "*", TARGET_FORM);
        target("authorityForm", "weir:443", TARGET_FORM);
        target("unknownScheme", "ftp://weir/", TARGET_FORM);
        target("schemeWithoutAuthority", "http:///a", AUTHORITY);
        target("absoluteWithAnotherAuthority", "http://other/a", AUTHORITY);
        target("absoluteWithAnotherPort", "http://weir:80/a", AUTHORITY);
        target("absoluteWithUserInformation", "http://weir@other/a", AUTHORITY);
        target("absoluteWithQueryForAPath", "http://weir?a", AUTHORITY);
        target("absoluteWithDotDot", "http://weir/a/../b", TARGET_DOT_SEGMENT);
    }

    private void hosts() {
        whole("noHost", "GET / HTTP/1.1\r\n\r\n", HOST_MISSING);
        whole("noHostInHttp10", "GET / HTTP/1.0\r\n\r\n", HOST_MISSING);
        fields("twoHosts", "Host: other", HOST_REPEATED);
        fields("sameHostTwice", "hOST: weir", HOST_REPEATED);
        host("emptyHost", "", HOST_FORM);
        host("hostWithSpace", "we ir", HOST_FORM);
        host("hostWithComma", "weir,other", HOST_FORM);
        host("hostWithSlash", "weir/other", HOST_FORM);
        host("hostWithUser", "user@weir", HOST_FORM);
        host("hostWithPercent", "we%69r", HOST_FORM);
        host("hostWithHash", "weir#a", HOST_FORM);
        host("hostWithBackslash", "weir\\a", HOST_FORM);
        host("hostBeyondAscii", "w\u00ebir", HOST_FORM);
        host("hostWithEmptyPort", "weir:", HOST_FORM);
        host("hostWithWordForPort", "weir:http", HOST_FORM);
        host("hostWithPortTooLarge", "weir:65536", HOST_FORM);
        host("hostWithLongPort", "weir:000080", HOST_FORM);
        host("hostWithTwoPorts", "weir:80:80", HOST_FORM);
        host("hostWithPortOnly", ":80", HOST_FORM);
        host("bareIpv6", "::1", HOST_FORM);
        host("brokenBrackets", "[::1", HOST_FORM);
        host("bracketsWithName", "[weir]", HOST_FORM);
        host("bracketsWithZone", "[fe80::1%25eth0]", HOST_FORM);
        host("bracketsWithTail", "[::1]a", HOST_FORM);
    }

    private void lines() {
        whole("bareLfAfterRequestLine", "GET / HTTP/1.1\nHost: weir\r\n\r\n", BARE_LF);
        whole("bareLfAfterField", "GET / HTTP/1.1\r\nHost: weir\nA: b\r\n\r\n", BARE_LF);
        whole("bareLfAtTheEnd", "GET / HTTP/1.1\r\nHost: weir\r\n\n", BARE_LF);
        whole("bareLfsOnly", "GET / HTTP/1.1\nHost: weir\n\n", BARE_LF);
        fields("bareCrInValue", "A: b\rTransfer-Encoding: chunked", BARE_CR);
        fields("twoCrsAtLineEnd", "A: b\r", BARE_CR);
        fields("nulInValue", "A: b\0c", VALUE_CONTROL);
        fields("verticalTabInValue", "A: b\u000bc", VALUE_CONTROL);
        fields("escapeInValue", "A: \u001b[31m", VALUE_CONTROL);
        fields("deleteInValue", "A: b\u007f", VALUE_CONTROL);
        fields("foldWithSpace", "A: b\r\n c", OBS_FOLD);
        fields("foldWithTab", "A: b\r\n\tc", OBS_FOLD);
        whole("foldBeforeTheFirstField", "GET / HTTP/1.1\r\n Host: weir\r\n\r\n", OBS_FOLD);
        fields("lineOfSpaces", "   ", OBS_FOLD);
        fields("emptyName", ": b", NAME_EMPTY);
        fields("spaceBeforeColon", "Content-Length : 5", NAME_SPACE);
        fields("tabBeforeColon", "Transfer-Encoding\t: chunked", NAME_SPACE);
        fields("spaceInName", "A B: c", NAME_SPACE);
        fields("noColon", "Abc", NAME_FORM);
        fields("nulInName", "A\0: b", NAME_FORM);
        fields("bracketInName", "A[0]: b", NAME_FORM);
        fields("slashInName", "A/B: c", NAME_FORM);
        fields("quoteInName", "\"A\": c", NAME_FORM);
        fields("nameBeyondAscii", "\u00c4: c", NAME_FORM);
        fields("crInName", "A\rB: c", NAME_FORM);
    }

    private void framing() {
        fields("lengthAndCoding", "Content-Length: 5\r\nTransfer-Encoding: chunked", LENGTH_AND_CODING);
        fields("codingAndLength", "Transfer-Encoding: chunked\r\nContent-Length: 5", LENGTH_AND_CODING);
        fields("codingAndLengthZero", "Transfer-Encoding: chunked\r\nContent-Length: 0", LENGTH_AND_CODING);
        fields("sameLengthTwice", "Content-Length: 5\r\nContent-Length: 5", LENGTH_REPEATED);
        fields("twoLengths", "Content-Length: 5\r\ncontent-length: 6", LENGTH_REPEATED);
        fields("lengthList", "Content-Length: 5, 5", LENGTH_FORM);
        fields("lengthWithPlus", "Content-Length: +5", LENGTH_FORM);
        fields("negativeLength", "Content-Length: -5", LENGTH_FORM);
        fields("hexLength", "Content-Length: 0x5", LENGTH_FORM);
        fields("lengthWithPoint", "Content-Length: 5.0", LENGTH_FORM);
        fields("lengthWithInnerSpace", "Content-Length: 5 5", LENGTH_FORM);
        fields("emptyLength", "Content-Length:", LENGTH_FORM);
        fields("lengthOf19Digits", "Content-Length: 9223372036854775807", LENGTH_FORM);
        fields("arabicDigits", "Content-Length: \u00b2", LENGTH_FORM);
        fields("codingIdentity", "Transfer-Encoding: identity", CODING);
        fields("codingGzipChunked", "Transfer-Encoding: gzip, chunked", CODING);
        fields("codingChunkedGzip", "Transfer-Encoding: chunked, gzip", CODING);
        fields("codingChunkedTwiceInAList", "Transfer-Encoding: chunked, chunked", CODING);
        fields("codingChunkedTwice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", CODING);
        fields("codingUpperCase", "Transfer-Encoding: CHUNKED", CODING);
        fields("codingWithComma", "Transfer-Encoding: chunked,", CODING);
        fields("codingQuoted", "Transfer-Encoding: \"chunked\"", CODING);
        fields("codingWithParameter", "Transfer-Encoding: chunked;q=1", CODING);
        fields("codingMisspelt", "Transfer-Encoding: xchunked", CODING);
        fields("emptyCoding", "Transfer-Encoding:", CODING);
        fields("codingWithVerticalTab", "Transfer-Encoding: \u000bchunked", VALUE_CONTROL);
        whole("codingInHttp10", "POST / HTTP/1.0\r\nHost: weir\r\nTransfer-Encoding: chunked\r\n\r\n",
                CODING_IN_HTTP_1_0);
    }

    private void asks() {
        fields("unknownExpectation", "Expect: 200-ok", EXPECT);
        fields("emptyExpectation", "Expect:", EXPECT);
        fields("expectationTwice", "Expect: 100-continue\r\nExpect: 100-continue", EXPECT);
        fields("expectationList", "Expect: 100-continue, a=b", EXPECT);
        fields("upgradeToWebSocketByPost", "Connection: upgrade\r\nUpgrade: websocket", WEBSOCKET_FORM);
        handshake("webSocketWhereNoneIsServed", "Upgrade: websocket\r\nConnection: Upgrade", WEBSOCKET_NOT_HERE);
        fields("upgradeToH2c", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
                UPGRADE);
        fields("http2SettingsAlone", "HTTP2-Settings: AAMAAABk", UPGRADE);
        fields("upgradeWithoutConnection", "Upgrade: foo", UPGRADE);
    }

    private void sizes() {
        target("targetOver8KiB", "/" + "a".repeat(8192), REQUEST_LINE_TOO_LONG);
        fields("headOver32KiB", "A: " + "b".repeat(32 << 10), HEAD_TOO_LARGE);
        fields("manyLongFields", "A: bbbbbbbb\r\n".repeat(80) + "A: " + "b".repeat(32 << 10), HEAD_TOO_LARGE);
        fields("fields101", "A: b\r\n".repeat(99) + "A: b", TOO_MANY_FIELDS);
    }

    private void goodOnes() {
        line("plainGet", "GET /openai/v1/models HTTP/1.1", null);
        line("rootPath", "GET / HTTP/1.1", null);
        line("http10WithHost", "GET /a HTTP/1.0", null);
        line("unknownMethod", "PROPFIND /a HTTP/1.1", null);
        line("lowerCaseMethod", "get /a HTTP/1.1", null);
        line("methodOf32Bytes", "M".repeat(32) + " /a HTTP/1.1", null);
        line("asteriskWithOptions", "OPTIONS * HTTP/1.1", null);
        target("query", "/a?b=c&d=%20e", null);
        target("serviceNowQuery", "/now?sysparm_query=active=true^priority=1|x={y}[0]", null);
        target("queryWithDotDotAndSlashes", "/a?b=../../c//d", null);
        target("queryWithEncodedNul", "/a?b=%00", null);
        target("questionMarkInQuery", "/a?b?c", null);
        target("encodedSlash", "/a/b%2Fc", null);
        target("encodedUtf8", "/caf%C3%A9", null);
        target("threeDots", "/a/.../b", null);
        target("dotFile", "/a/.well-known/..b/c..", null);
        target("innerDoubleSlash", "/a//b", null);
        target("geminiColon", "/gemini/v1beta/models/x:generateContent?alt=sse", null);
        target("absoluteWithSameAuthority", "http://weir/a?b", null);
        target("absoluteInOtherCase", "HTTP://WEIR/a", null);
        target("absoluteWithoutPath", "http://weir", null);
        target("doublyEncodedDots", "/a/%252e%252e/b", null);
        target("lineOfExactly8KiB", "/" + "a".repeat(8192 - 14), null);
        host("hostWithPort", "weir:8080", null);
        host("hostAsIpv4", "127.0.0.1:8080", null);
        host("hostAsIpv6", "[::1]:8080", null);
        host("hostWithBlanksAround", " \t weir \t ", null);
        whole("emptyLineFirst", "\r\nGET / HTTP/1.1\r\nHost: weir\r\n\r\n", null);
        fields("emptyValue", "A:", null);
        fields("noBlankAfterColon", "A:b", null);
        fields("tabInValue", "A: b\tc", null);
        fields("obsoleteBytesInValue", "A: \u00e9", null);
        fields("everyTokenByte", "!#$%&'*+-.^_`|~09azAZ: b", null);
        fields("sameFieldTwice", "Accept: a\r\nAccept: b", null);
        fields("expectContinue", "Expect: 100-Continue", null);
        fields("lengthZero", "Content-Length: 0", null);
        fields("teTrailers", "TE: trailers", null);
        fields("connectionClose", "Connection: close", null);
        fields("fields100", "A: b\r\n".repeat(98) + "A: b", null);
    }

    private void handshake(String name, String fields, @Nullable HeadRefusal refusal) {
        whole(name, "GET /a HTTP/1.1\r\nHost: weir\r\n" + fields
                + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", refusal);
    }

    private void line(String name, String line, @Nullable HeadRefusal refusal) {
        whole(name, line + "\r\nHost: weir\r\n\r\n", refusal);
    }

    private void target(String name, String target, @Nullable HeadRefusal refusal) {
        whole(name, "GET " + target + " HTTP/1.1\r\nHost: weir\r\n\r\n", refusal);
    }

    private void host(String name, String host, @Nullable HeadRefusal refusal) {
        whole(name, "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", refusal);
    }

    private void fields(String name, String fields, @Nullable HeadRefusal refusal) {
        whole(name, "POST /a HTTP/1.1\r\nHost: weir\r\n" + fields + "\r\n\r\n", refusal);
    }

    private void whole(String name, String head, @Nullable HeadRefusal refusal) {
        cases.add(new Case(name, head, refusal));
    }
}

package dev.weir.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/// The answer to a refused head: a small RFC 9457 problem that says what is wrong and why the connection closes.
final class HeadProblem {
    static final String MEDIA_TYPE = "application/problem+json";

    private HeadProblem() {}

    static String json(HeadRefusal reason) {
        String title = HttpResponseStatus.valueOf(reason.status()).reasonPhrase();
        return """
                {"title":"%s","status":%d,"detail":"%s. Refused before routing; the connection is closed.","code":"%s"}
                """.formatted(title, reason.status(), reason.detail(), reason.code());
    }

    /// Head and body as they go over the wire where no codec stands in the pipeline yet.
    static ByteBuf response(HeadRefusal reason) {
        byte[] body = json(reason).getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + HttpResponseStatus.valueOf(reason.status()) + "\r\ncontent-type: " + MEDIA_TYPE
                + "\r\ncontent-length: " + body.length + "\r\nconnection: close\r\n\r\n";
        return Unpooled.wrappedBuffer(head.getBytes(StandardCharsets.US_ASCII), body);
    }
}

package dev.weir.exchange;

import java.io.Serial;

/// Carries a refusal through the pipeline, where only a [Throwable] can go. Has no stack trace: it is no surprise.
final class RefusedHead extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final HeadRefusal reason;

    RefusedHead(HeadRefusal reason) {
        super(reason.code(), null, false, false);
        this.reason = reason;
    }

    HeadRefusal reason() {
        return reason;
    }
}

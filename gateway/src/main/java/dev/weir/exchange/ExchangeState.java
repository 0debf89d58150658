package dev.weir.exchange;

/// Where a call stands. Each ending goes through `Exchange.end`, from any state but [#ENDED].
enum ExchangeState {
    /// The head is here and passed its check; route and key are being found.
    RECEIVED,
    /// The body of an `llm` request is being held, within its bound.
    HOLDING_BODY,
    /// The request is known; limits are being asked, on the loop or, for an exact count, off it.
    ADMITTING,
    /// An attempt's opening record is kept; a connection is being found for it.
    CONNECTING,
    /// The attempt's request is on its way or sent; no byte of an answer yet.
    AWAITING_ANSWER,
    /// The answer passes to the client.
    STREAMING,
    /// The client is gone; the upstream is read on, because its usage is still to come.
    READING_ON,
    /// The upstream's part is over; usage is being read to its end and the settlement kept.
    SETTLING,
    /// Between two attempts.
    RETRYING,
    /// The client has its answer, or is gone; nothing happens any more.
    ENDED;

    /// Whether an answer is coming in.
    boolean isPassing() {
        return this == STREAMING || this == READING_ON;
    }
}

package dev.weir.control;

/// What one operation of the document does. Straight-line code on a virtual thread: it may wait.
@FunctionalInterface
interface Operation {
    /// @param request already validated against the document
    Reply answer(Request request);
}

/// An upstream inside the process that answers like the real ones, for demos, tests and load; it needs no key.
///
/// - **is** a small HTTP server on loopback that speaks the providers' text APIs and a plain connector
/// - **is not** a model, a recording, or part of the path of a call: the gateway reaches it over a socket like any upstream
/// - **owns** what it says, and counts what it says and reads by a real tokenizer
/// - **promises** the same text for the same request, usage that a second count of its text confirms, and faults on request
///   (design decision 20)
/// - **may import** `dialect`, `usage`
@NullMarked
package dev.weir.sandbox;

import org.jspecify.annotations.NullMarked;

/// The control plane: what administrators and auditors ask of Weir over HTTP.
///
/// - **is** one OpenAPI document, a router that serves exactly what it declares, one class per resource
/// - **is not** the data plane (`exchange`), nor SQL (`postgres`)
/// - **owns** who may call what ([Role]), the form of errors ([Problem]), the reading of requests
/// - **promises** deny by default: an operation without declared roles does not start (G10.2); a key is shown once (G9.1);
///   no secret and no stack trace in an answer (G9.3)
/// - **may import** `config`, `storage`, `meter-engine`; never `exchange`
@NullMarked
package dev.weir.control;

import org.jspecify.annotations.NullMarked;

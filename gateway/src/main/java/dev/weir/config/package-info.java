/// What an operator can set: one record tree, read once, checked against itself, then immutable.
///
/// - **is** [dev.weir.config.GatewayConfig] with the types of its values, the reader of `config/weir.yaml`, environment
///   overrides and command-line options, and the words of its mistakes
/// - **is not** what changes while Weir runs (tenants, keys, limits: the control plane) and opens nothing it names
/// - **owns** the file's format, the names of the `WEIR_…` variables and [dev.weir.config.Secret]
/// - **promises** that a bad configuration is refused whole with every problem named (G13.2), that no secret is ever
///   printed (G9.3), and that every deadline and size has a limit (G7)
/// - **may import** `tenant`, `usage`, `money`
@NullMarked
package dev.weir.config;

import org.jspecify.annotations.NullMarked;

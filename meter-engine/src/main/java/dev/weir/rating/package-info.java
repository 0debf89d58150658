/// Usage becomes money at a dated list price.
///
/// - **is** the price book (immutable versions, effective-dated rows, overrides per tenant) and what it says of a usage
/// - **is not** what a tenant pays (`Charge`, in `invoice`) and no limit (`tenant`)
/// - **promises** a pure function: the same usage at the same version costs the same, exactly, with at most one division,
///   half-up, per event (G15); a model without a price is `Unpriced`, never free; nothing here throws on a client's values
/// - **may import** `usage`, `money`
///
/// Tenants are named by their id's text, because this package knows no tenants.
@NullMarked
package dev.weir.rating;

import org.jspecify.annotations.NullMarked;

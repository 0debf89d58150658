/// PostgreSQL: the store of record, and the little server that comes along where none is configured.
///
/// - **is** all SQL, the migrations, the roles, one class per table, the embedded server
/// - **is not** the decision when to ship (`spool`), or what a total means (`rollup`)
/// - **owns** the schema `weir`, its four roles, and the folder `postgres` under the data folder
/// - **promises** exactly once (G4: events, rollup deltas and watermark move in one transaction, rows already there change
///   nothing; what is missing is on record, and an audit finds what is not) and tenant isolation by the database itself
///   (G10.1: row-level security enabled and forced on every tenant table)
/// - **may import** `spool`, and of the engine all but `dialect`, `meter`, `admission`
///
/// Everything here blocks and belongs on virtual threads, never on an event loop.
@NullMarked
package dev.weir.postgres;

import org.jspecify.annotations.NullMarked;

//! Who may do what: one table of every request of the API, driven in every way
//! that must be refused and in the one that must not.
//!
//! A request that the table does not have fails a test that names it. What a row
//! promises is in [`table::Right`].

mod executes;
mod kinds;
mod logins;
mod reads;
mod requests;
mod routes;
mod table;
mod wire;
mod world;
mod writes;

pub use world::World;

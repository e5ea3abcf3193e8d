//! The authenticated, multiplexed websocket between Core and Periphery. Knows
//! frames, not their meaning.
//!
//! Either side may dial (Komodo 2.3 agent protocol). [`dial`](dial()) opens a
//! websocket, [`handshake`] shows each side who the other is, and a [`Link`]
//! carries requests and answers over one socket after another for as long as
//! its owner wants. Confidentiality is the business of TLS.

mod connection;
mod dial;
mod files;
pub mod frame;
mod gate;
pub mod handshake;
pub mod key;
#[cfg(feature = "axum")]
pub mod listen;
mod socket;
mod timings;

pub use connection::{Context, Driver, Handler, Link, RequestOptions, State};
pub use dial::{Dialed, Tls, address, dial};
pub use files::raise_open_files;
pub use gate::{Gate, Gated, LOGIN_LIMIT};
#[cfg(feature = "axum")]
pub use socket::AxumSocket;
pub use socket::{Message, READ_BUFFER, Socket, TungsteniteSocket};
pub use timings::{Backoff, Patience, Timings};

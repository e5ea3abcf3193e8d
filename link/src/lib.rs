//! The authenticated, multiplexed websocket between Core and Periphery. Knows frames, not their meaning.

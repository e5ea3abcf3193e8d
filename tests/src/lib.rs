//! Starts real parts and drives them through public doors only.

//! The door: C in, C out. Only here are raw pointers, `unsafe`, and the process around us.
//!
//! A call passes the wrapper that [`functions`] makes for it, the [`gate`], and the function of its chapter, which
//! turns pointers into values by [`pointers`] and hands them to `token`.

#![allow(unsafe_code, reason = "the C ABI is made of raw pointers; the rest of the crate has none")]

mod digesting;
mod functions;
mod gate;
mod general;
mod interfaces;
mod memory;
mod objects;
mod pointers;
mod process;
mod random;
mod refuse;
mod sessions;
mod signing;
mod slots;
mod verifying;

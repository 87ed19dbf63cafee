//! A Home Assistant server through its REST API.
//!
//! Its entities become the devices of the smart home, and commands its services. Every operation names the server by
//! `url`, the base address without `/api`, and `token`, a long-lived access token. Requests go through the
//! `http_client` interface.
#![forbid(unsafe_code)]

pub mod api;
pub mod camera;
pub mod control;
pub mod devices;
mod entity;
mod hidden;
mod peers;
mod server;
pub mod services;

#[cfg(test)]
mod testing;

lmms::module!();

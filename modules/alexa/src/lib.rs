//! Answers directives of the Alexa Smart Home API, version 3.
//!
//! [`process_directive`](process::process_directive) takes an event as Alexa sends it and gives the answer, both as
//! JSON text. It always has one: whatever is wrong with the event, the device or the home becomes the error response
//! that the API defines for it. The home itself is reached through the `devices` interface.
#![forbid(unsafe_code)]

mod authorization;
mod brightness;
mod camera;
mod color;
mod control;
mod diagnostic;
pub mod directive;
pub mod discovery;
pub mod error;
mod home;
mod interface;
mod later;
mod lock;
mod media;
mod message;
mod opening;
mod peers;
mod power;
pub mod process;
pub mod report;
mod scene;
mod settings;
pub mod thermostat;

#[cfg(test)]
mod any_event;
#[cfg(test)]
mod testing;

lmms::module!();

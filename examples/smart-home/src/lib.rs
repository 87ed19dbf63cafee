//! A smart-home engine: it answers Alexa Smart Home directives, and every feature of it is a module
//! that is loaded when it is needed and unloaded when it is not.
//!
//! The program `smart-home` is a thin shell around this library. [`gateway::SmartHome`] knows all
//! operations and links none of them; [`home::Session`] is an opened gateway together with the home
//! it is for; [`ask`] puts questions to it and tells answers in a few words; the other modules are
//! the program's commands.
#![forbid(unsafe_code)]

pub mod afterwards;
pub mod ask;
pub mod call;
pub mod chart;
pub mod cli;
pub mod demo;
pub mod effects;
pub mod entities;
pub mod error;
pub mod events;
pub mod gateway;
pub mod home;
pub mod invoke;
pub mod operations;
pub mod output;
pub mod recording;
pub mod replay;
pub mod report;
pub mod summary;
pub mod timeline;

pub use error::Error;

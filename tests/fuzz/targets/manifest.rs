//! See `lmms_fuzz::manifest`.

#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lmms_fuzz::manifest::run(input));

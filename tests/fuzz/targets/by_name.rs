//! See `lmms_fuzz::by_name`.

#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    lmms_fuzz::by_name::run(input);
});

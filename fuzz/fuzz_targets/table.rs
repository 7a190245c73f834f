//! Whatever bytes a file holds, reading it gives a table or a reason, within the limits.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kaofa_fuzz::check(bytes));

//! Whatever a text says, reading questions from it takes each or names a fault with its line, and what is taken can be asked.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kaofa_fuzz::questions::check(bytes));
